/** Flights by id: one that is asked for, and batches of those that other domains and live events refer to. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, QueryInput } from '../../../mesh/sdk/index.ts';
import { rowOf, selectFlights } from '../model/flight.ts';
import type { Flight } from '../model/flight.ts';

type One = QueryInput<{ id: string }>;
type Many = EntitiesInput<{ id: string }>;
type Session = { flights: readonly Flight[] };

export const flight = defineProcess({
  name: 'flight',
  logics: [
    logic<One, Session>('load', async ({ sql, input, session }) => {
      const row = rowOf(input.args.id);
      session.set('flights', await selectFlights(sql, 'where file_row_number = $row::bigint', { row }));
    }),
  ],
  aggregator: aggregator<One, Session>('pick', ({ session, result }) => {
    result.finalize(session.get('flights')[0] ?? null);
  }),
});

export const flightsById = defineProcess({
  name: 'flightsById',
  logics: [
    logic<Many, Session>('load', async ({ sql, input, session }) => {
      const rows = input.references.map((reference) => rowOf(reference.id));
      const clauses = 'where file_row_number in (select unnest($rows)::bigint)';
      session.set('flights', await selectFlights(sql, clauses, { rows }));
    }),
  ],
  aggregator: aggregator<Many, Session>('align', ({ input, session, result }) => {
    const byId = new Map(session.get('flights').map((flight) => [flight.id, flight]));
    result.finalize(input.references.map((reference) => byId.get(reference.id) ?? null));
  }),
});
