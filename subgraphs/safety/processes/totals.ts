/** The product `incidentsByAirport`: the totals of all sites that are one airport, put together. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput } from '../../../mesh/sdk/index.ts';
import { siteOf } from '../model/incident.ts';
import type { Matches, SiteTotals } from '../model/incident.ts';
import { matching, sift } from './matching.ts';
import type { Matching } from './matching.ts';

type Input = QueryInput<{ first: number | null }>;

export type IncidentTotal = {
  readonly airport: { readonly iata: string };
  readonly incidents: number;
  readonly damaging: number;
  readonly costTotal: number;
};

type Session = Matching & { totals: readonly IncidentTotal[] };

const totalsMax = 500;

export const incidentsByAirport = defineProcess({
  name: 'incidentsByAirport',
  logics: [
    ...matching,
    sift,
    logic<Input, Session>('sum', ({ session }) => {
      session.set('totals', sumByAirport(session.get('sites'), session.get('matches')));
    }),
  ],
  aggregator: aggregator<Input, Session>('rank', ({ input, session, result }) => {
    const ranked = session
      .get('totals')
      .toSorted((a, b) => b.incidents - a.incidents || a.airport.iata.localeCompare(b.airport.iata));
    result.finalize(ranked.slice(0, Math.min(Math.max(input.args.first ?? totalsMax, 0), totalsMax)));
  }),
});

/** Adds up sites that match the same airport; those that match none are left out. */
export function sumByAirport(sites: readonly SiteTotals[], matches: Matches): IncidentTotal[] {
  const byAirport = Map.groupBy(sites, (site) => matches.get(siteOf(site))?.iata ?? '');
  byAirport.delete('');
  return [...byAirport].map(([iata, sites]) => ({
    airport: { iata },
    incidents: sum(sites.map((site) => site.incidents)),
    damaging: sum(sites.map((site) => site.damaging)),
    costTotal: sum(sites.map((site) => site.costTotal)),
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
