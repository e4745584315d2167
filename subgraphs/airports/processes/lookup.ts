/** Airports by code: one that is asked for, and batches of those that other domains refer to. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, QueryInput } from '../../../mesh/sdk/index.ts';
import { selectAirports } from '../model/airport.ts';
import type { Airport } from '../model/airport.ts';

type One = QueryInput<{ iata: string }>;
type Many = EntitiesInput<{ iata: string }>;
type Session = { airports: readonly Airport[] };

export const airport = defineProcess({
  name: 'airport',
  logics: [
    logic<One, Session>('load', async ({ sql, input, session }) => {
      session.set('airports', await selectAirports(sql, 'where iata = $iata', { iata: input.args.iata }));
    }),
  ],
  aggregator: aggregator<One, Session>('pick', ({ session, result }) => {
    result.finalize(session.get('airports')[0] ?? null);
  }),
});

export const airportsByCode = defineProcess({
  name: 'airportsByCode',
  logics: [
    logic<Many, Session>('load', async ({ sql, input, session }) => {
      const codes = input.references.map((reference) => reference.iata);
      session.set('airports', await selectAirports(sql, 'where iata in (select unnest($codes))', { codes }));
    }),
  ],
  aggregator: aggregator<Many, Session>('align', ({ input, session, result }) => {
    const byCode = new Map(session.get('airports').map((airport) => [airport.iata, airport]));
    result.finalize(input.references.map((reference) => byCode.get(reference.iata) ?? null));
  }),
});
