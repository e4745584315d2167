/** Search by words: the text is cut into words, then every airport that holds them all is ranked. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput } from '../../../mesh/sdk/index.ts';
import { selectAirports } from '../airport.ts';
import type { Airport } from '../airport.ts';

type Input = QueryInput<{ text: string; first: number | null }>;
type Session = { words: readonly string[]; hits: readonly Airport[] };

const hitsMax = 100;

export const searchAirports = defineProcess({
  name: 'searchAirports',
  logics: [
    logic<Input, Session>('split', ({ input, session }) => {
      session.set('words', input.args.text.toLowerCase().split(/\s+/).filter(Boolean));
    }),
    logic<Input, Session>('search', async ({ sql, session }) => {
      const hits = await selectAirports(
        sql,
        `where len($words::varchar[]) > 0 and list_bool_and(
           list_transform($words::varchar[], lambda word: contains(lower(concat_ws(' ', iata, name, city)), word)))
         order by lower(iata) = array_to_string($words::varchar[], ' ') desc, name, iata
         limit ${hitsMax}`,
        { words: session.get('words') },
      );
      session.set('hits', hits);
    }),
  ],
  aggregator: aggregator<Input, Session>('cut', ({ input, session, result }) => {
    result.finalize(session.get('hits').slice(0, Math.max(input.args.first ?? hitsMax, 0)));
  }),
});
