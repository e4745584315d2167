/** Travellers: one, a batch by id, and the list page by page. */
import { aggregator, defineProcess } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, FieldInput, QueryInput } from '../../../mesh/sdk/index.ts';
import { counts, numberOf, travellerOf } from '../model/people.ts';

type One = QueryInput<{ id: string }>;
type Many = EntitiesInput<{ id: string }>;
type Booked = FieldInput<{ traveller: { id: string } }>;
type Page = QueryInput<{ first: number | null; after?: string | null }>;

const pageMax = 500;

export const traveller = defineProcess({
  name: 'traveller',
  inline: true,
  logics: [],
  aggregator: aggregator<One>('generate', ({ input, variables, result }) => {
    result.finalize(find(Number(variables.seed), input.args.id));
  }),
});

export const travellersById = defineProcess({
  name: 'travellersById',
  inline: true,
  logics: [],
  aggregator: aggregator<Many>('generate', ({ input, variables, result }) => {
    result.finalize(input.references.map((reference) => find(Number(variables.seed), reference.id)));
  }),
});

/** A booking holds its traveller's id alone. */
export const bookingTraveller = defineProcess({
  name: 'bookingTraveller',
  inline: true,
  logics: [],
  aggregator: aggregator<Booked>('generate', ({ input, variables, result }) => {
    result.finalize(input.parents.map(({ traveller }) => find(Number(variables.seed), traveller.id)));
  }),
});

export const travellers = defineProcess({
  name: 'travellers',
  inline: true,
  logics: [],
  aggregator: aggregator<Page>('generate', ({ input, variables, result }) => {
    const { first, after } = input.args;
    const start = after ? numberOf('T', after) : 0;
    const length = Math.max(Math.min(first ?? pageMax, pageMax, counts.T - start), 0);
    result.finalize(Array.from({ length }, (_, index) => travellerOf(Number(variables.seed), start + index + 1)));
  }),
});

function find(seed: number, id: string) {
  const number = numberOf('T', id);
  return number === 0 ? null : travellerOf(seed, number);
}
