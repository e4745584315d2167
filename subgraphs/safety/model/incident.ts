/** An incident as the reports have it, and as the schema shows it once its airport is known. */
import type { SqlAgent, SqlValue } from '../../../mesh/sdk/index.ts';
import type { Match } from './match.ts';

export type Report = {
  readonly id: string;
  readonly airportName: string;
  readonly state: string;
  readonly date: string;
  readonly aircraft: string;
  readonly operator: string;
  readonly phase: string;
  readonly wildlifeSize: string;
  readonly species: string;
  readonly damage: string;
  readonly costTotal: number;
};

export type Incident = Report & {
  readonly airport: { readonly iata: string } | null;
  readonly matchScore: number | null;
};

/** The airports found, by site: the name and the state in a report. */
export type Matches = ReadonlyMap<string, Match>;

const reports = `
  with reports as (
    select row_number() over () - 1 as row, concat_ws('|', "Airport Name", "Origin State") as site,
           "Airport Name" as "airportName", "Origin State" as state, strftime("Flight Date", '%Y-%m-%d') as date,
           "Aircraft Make Model" as aircraft, "Aircraft Airline Operator" as operator, "Phase of flight" as phase,
           "Wildlife Size" as "wildlifeSize", "Wildlife Species" as species,
           "Effect Amount of damage" as damage, "Cost Total $"::int as "costTotal"
    from birdstrikes
  )`;

/** The reports that `clauses` (everything after `from`) lets through; inside them are `row` and `site` besides the fields. */
export function selectReports(
  sql: SqlAgent,
  clauses: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<Report[]> {
  return sql.query<Report>(
    `${reports} select row::varchar as id, * exclude (row, site) from reports ${clauses}`,
    parameters,
  );
}

/** What the reports of one site add up to. */
export type SiteTotals = {
  readonly airportName: string;
  readonly state: string;
  readonly incidents: number;
  readonly damaging: number;
  /** US dollars. */
  readonly costTotal: number;
};

/** Every site that is named in a report. Their order is fixed, so that means over them are the same to the last digit. */
export function selectSites(sql: SqlAgent): Promise<SiteTotals[]> {
  return sql.query<SiteTotals>(
    `${reports}
     select "airportName", state, count(*)::int as incidents,
            (count(*) filter (damage <> 'None'))::int as damaging, sum("costTotal")::double as "costTotal"
     from reports group by "airportName", state order by "airportName", state`,
  );
}

/** The same of incidents that are at hand. */
export function sumBySite(incidents: readonly Report[]): SiteTotals[] {
  return Array.from(Map.groupBy(incidents, siteOf).values(), (ofSite) => ({
    airportName: ofSite[0]?.airportName ?? '',
    state: ofSite[0]?.state ?? '',
    incidents: ofSite.length,
    damaging: ofSite.filter(({ damage }) => damage !== 'None').length,
    costTotal: ofSite.reduce((total, { costTotal }) => total + costTotal, 0),
  }));
}

/** The key of `Matches`. */
export function siteOf({ airportName, state }: Pick<Report, 'airportName' | 'state'>): string {
  return `${airportName}|${state}`;
}

/** Puts the airport to a report. */
export function locate(report: Report, matches: Matches): Incident {
  const match = matches.get(siteOf(report));
  return { ...report, airport: match ? { iata: match.iata } : null, matchScore: match?.score ?? null };
}

/** The row number that an id stands for; -1 when it is no id of an incident. */
export function rowOf(id: string): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : -1;
}
