/** Bookings: the list page by page, batches by id, and those of travellers and of flights. */
import { aggregator, defineProcess } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, FieldInput, QueryInput } from '../../../mesh/sdk/index.ts';
import { bookingsOf } from '../model/bookings.ts';
import { numberOf } from '../model/people.ts';

type Many = EntitiesInput<{ id: string }>;
type Page = QueryInput<{ first: number | null; after?: string | null }>;
type Owned = FieldInput<{ id: string }>;

const pageMax = 500;

export const bookings = defineProcess({
  name: 'bookings',
  inline: true,
  logics: [],
  aggregator: aggregator<Page>('page', ({ input, variables, result }) => {
    const { first, after } = input.args;
    const start = after ? numberOf('B', after) : 0;
    const length = Math.min(Math.max(first ?? pageMax, 0), pageMax);
    result.finalize(bookingsOf(Number(variables.seed)).all.slice(start, start + length));
  }),
});

export const bookingsById = defineProcess({
  name: 'bookingsById',
  inline: true,
  logics: [],
  aggregator: aggregator<Many>('align', ({ input, variables, result }) => {
    const { all } = bookingsOf(Number(variables.seed));
    result.finalize(input.references.map(({ id }) => all[numberOf('B', id) - 1] ?? null));
  }),
});

export const travellerBookings = defineProcess({
  name: 'travellerBookings',
  inline: true,
  logics: [],
  aggregator: aggregator<Owned>('align', ({ input, variables, result }) => {
    const { byTraveller } = bookingsOf(Number(variables.seed));
    result.finalize(input.parents.map((traveller) => byTraveller.get(traveller.id) ?? []));
  }),
});

export const flightBookings = defineProcess({
  name: 'flightBookings',
  inline: true,
  logics: [],
  aggregator: aggregator<Owned>('align', ({ input, variables, result }) => {
    const { byFlight } = bookingsOf(Number(variables.seed));
    result.finalize(input.parents.map((flight) => byFlight.get(flight.id) ?? []));
  }),
});
