/**
 * Complaints: the list page by page, a batch by id, and how many there are. A page and a count tell of rows together, so
 * they are made of those that exist for the subject; what decides that is known to the airports domain.
 */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, JsonObject, QueryInput } from '../../../mesh/sdk/index.ts';
import { complaintOf, counts, numberOf } from '../model/people.ts';
import type { Complaint } from '../model/people.ts';

type Many = EntitiesInput<{ id: string }>;
type Page = QueryInput<{ first: number | null; after?: string | null }>;
type Session = { complaints: readonly Complaint[] };
type Listed = { readonly iata: string; readonly state: string | null };

const pageMax = 500;

/** Leaves the complaints that exist for the subject. */
const sift = logic<JsonObject, Session>('sift', async ({ mesh, variables, session, visible, seesAll }) => {
  const all = Array.from({ length: counts.C }, (_, index) => complaintOf(Number(variables.seed), index + 1));
  if (seesAll('Complaint')) return session.set('complaints', all);
  const { airports } = await mesh.query<{ airports: Listed[] }>('query Homes { airports(first: 5000) { iata state } }');
  const states = new Map(airports.map(({ iata, state }) => [iata, state]));
  const located = all.map((complaint) => locate(complaint, states));
  session.set('complaints', visible('Complaint', located));
});

export const complaints = defineProcess({
  name: 'complaints',
  inline: true,
  logics: [sift],
  aggregator: aggregator<Page, Session>('page', ({ input, session, result }) => {
    const { first, after } = input.args;
    const last = after ? numberOf('C', after) : 0;
    const rest = session.get('complaints').filter(({ id }) => numberOf('C', id) > last);
    result.finalize(rest.slice(0, Math.min(Math.max(first ?? pageMax, 0), pageMax)));
  }),
});

export const complaintsById = defineProcess({
  name: 'complaintsById',
  inline: true,
  logics: [],
  aggregator: aggregator<Many>('generate', ({ input, variables, result }) => {
    result.finalize(input.references.map(({ id }) => find(Number(variables.seed), id)));
  }),
});

export const complaintCount = defineProcess({
  name: 'complaintCount',
  inline: true,
  logics: [sift],
  aggregator: aggregator<JsonObject, Session>('count', ({ session, result }) => {
    result.finalize(session.get('complaints').length);
  }),
});

/** Puts the state of the traveller's home airport to a complaint. */
function locate(complaint: Complaint, states: ReadonlyMap<string, string | null>): Complaint {
  const { traveller } = complaint;
  const homeAirport = { ...traveller.homeAirport, state: states.get(traveller.homeAirport.iata) ?? null };
  return { ...complaint, traveller: { ...traveller, homeAirport } };
}

function find(seed: number, id: string): Complaint | null {
  const number = numberOf('C', id);
  return number === 0 ? null : complaintOf(seed, number);
}
