/** What leaves and what reaches an airport, page by page, for many airports in one look at the lake. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { FieldInput, Process } from '../../../mesh/sdk/index.ts';
import { rowOf, selectFlights } from '../model/flight.ts';
import type { Flight } from '../model/flight.ts';

type Input = FieldInput<{ iata: string }, { first: number | null; after?: string | null }>;
type Session = { flights: readonly Flight[] };

const pageMax = 100;

export const departures = movements('departures', 'origin');
export const arrivals = movements('arrivals', 'destination');

function movements(name: string, end: 'origin' | 'destination'): Process {
  return defineProcess({
    name,
    logics: [
      logic<Input, Session>('load', async ({ sql, input, session }) => {
        const { first, after } = input.args;
        const flights = await selectFlights(
          sql,
          `where ${end} in (select unnest($airports)) and file_row_number > $after::bigint
           qualify row_number() over (partition by ${end} order by file_row_number) <= $first::bigint
           order by file_row_number`,
          {
            airports: input.parents.map((airport) => airport.iata),
            after: after ? rowOf(after) : -1,
            first: Math.min(first ?? pageMax, pageMax),
          },
        );
        session.set('flights', flights);
      }),
    ],
    aggregator: aggregator<Input, Session>('align', ({ input, session, result }) => {
      const byAirport = Map.groupBy(session.get('flights'), (flight) => flight[end].iata);
      result.finalize(input.parents.map((airport) => byAirport.get(airport.iata) ?? []));
    }),
  });
}
