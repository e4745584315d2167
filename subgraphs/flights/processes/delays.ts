/** The product `delays`: load → join → summarise → aggregate. The lake counts; what belongs together is put together here. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput, SqlAgent } from '../../../mesh/sdk/index.ts';

type Input = QueryInput<{ first: number | null; minFlights: number | null }>;

/** What one end of its flights adds up to at an airport. */
export type Totals = {
  readonly iata: string;
  readonly flights: number;
  readonly minutes: number;
  /** Delayed by more than 15 minutes. */
  readonly late: number;
};

type Turnover = { readonly departures: Totals; readonly arrivals: Totals | null };

export type DelaySummary = {
  readonly airport: { readonly iata: string };
  readonly departures: number;
  readonly meanDelay: number;
  readonly lateShare: number;
  readonly arrivals: number;
  readonly meanArrivalDelay: number | null;
};

type Session = {
  departures: readonly Totals[];
  arrivals: readonly Totals[];
  turnovers: readonly Turnover[];
  summaries: readonly DelaySummary[];
};

const summariesMax = 500;

export const delays = defineProcess({
  name: 'delays',
  logics: [
    logic<Input, Session>('load', async ({ sql, session }) => {
      session.set('departures', await totalsBy(sql, 'origin'));
      session.set('arrivals', await totalsBy(sql, 'destination'));
    }),
    logic<Input, Session>('join', ({ session }) => {
      session.set('turnovers', joinTotals(session.get('departures'), session.get('arrivals')));
    }),
    logic<Input, Session>('summarise', ({ session }) => {
      session.set('summaries', session.get('turnovers').map(summarise));
    }),
  ],
  aggregator: aggregator<Input, Session>('aggregate', ({ input, session, result }) => {
    const { first, minFlights } = input.args;
    const summaries = session
      .get('summaries')
      .filter((summary) => summary.departures >= (minFlights ?? 0))
      .toSorted((a, b) => b.meanDelay - a.meanDelay || a.airport.iata.localeCompare(b.airport.iata));
    result.finalize(summaries.slice(0, Math.min(Math.max(first ?? summariesMax, 0), summariesMax)));
  }),
});

/** Puts the departures of an airport beside its arrivals; an airport where nothing departs is left out. */
export function joinTotals(departures: readonly Totals[], arrivals: readonly Totals[]): Turnover[] {
  const arrivalsAt = new Map(arrivals.map((totals) => [totals.iata, totals]));
  return departures.map((totals) => ({ departures: totals, arrivals: arrivalsAt.get(totals.iata) ?? null }));
}

/** Turns sums into means and shares. */
export function summarise({ departures, arrivals }: Turnover): DelaySummary {
  return {
    airport: { iata: departures.iata },
    departures: departures.flights,
    meanDelay: departures.minutes / departures.flights,
    lateShare: departures.late / departures.flights,
    arrivals: arrivals?.flights ?? 0,
    meanArrivalDelay: arrivals && arrivals.minutes / arrivals.flights,
  };
}

function totalsBy(sql: SqlAgent, end: 'origin' | 'destination'): Promise<Totals[]> {
  return sql.query<Totals>(
    `select ${end} as iata, count(*)::int as flights, sum(delay)::int as minutes,
            (count(*) filter (delay > 15))::int as late
     from flights group by ${end}`,
  );
}
