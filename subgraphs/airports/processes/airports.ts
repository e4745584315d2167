/** The list of airports, page by page in the order of their codes. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput } from '../../../mesh/sdk/index.ts';
import { selectAirports } from '../model/airport.ts';
import type { Airport } from '../model/airport.ts';

type Input = QueryInput<{ state?: string | null; first: number | null; after?: string | null }>;
type Session = { page: readonly Airport[] };

const pageMax = 5_000;

export const airports = defineProcess({
  name: 'airports',
  logics: [
    logic<Input, Session>('load', async ({ sql, input, session }) => {
      const { state, first, after } = input.args;
      const page = await selectAirports(
        sql,
        `where ($state::varchar is null or state = $state) and iata > $after
         order by iata limit $first::bigint`,
        { state: state ?? null, after: after ?? '', first: Math.min(Math.max(first ?? pageMax, 0), pageMax) },
      );
      session.set('page', page);
    }),
  ],
  aggregator: aggregator<Input, Session>('answer', ({ session, result }) => {
    result.finalize(session.get('page'));
  }),
});
