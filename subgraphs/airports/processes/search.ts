/** Search by words: every airport that holds them all, ranked. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput } from '../../../mesh/sdk/index.ts';
import { selectAirports } from '../model/airport.ts';
import type { Airport } from '../model/airport.ts';

type Input = QueryInput<{ text: string; first: number | null }>;
type Session = { text: string; hits: readonly Airport[] };

const hitsMax = 100;

export const searchAirports = defineProcess({
  name: 'searchAirports',
  logics: [
    logic<Input, Session>('normalise', ({ input, session }) => {
      session.set('text', input.args.text.trim().toLowerCase().replaceAll(/\s+/g, ' '));
    }),
    logic<Input, Session>('search', async ({ sql, session }) => {
      const hits = await selectAirports(
        sql,
        `where $text <> '' and list_bool_and(list_transform(
           string_split($text, ' '),
           lambda word: contains(lower(concat_ws(' ', iata, name, city)), word)
         ))
         order by lower(iata) = $text desc, name, iata
         limit ${hitsMax}`,
        { text: session.get('text') },
      );
      session.set('hits', hits);
    }),
  ],
  aggregator: aggregator<Input, Session>('cut', ({ input, session, result }) => {
    result.finalize(session.get('hits').slice(0, Math.max(input.args.first ?? hitsMax, 0)));
  }),
});
