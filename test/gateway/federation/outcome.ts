/** What of an answer is compared: which of several errors below a null was met first may differ. */
import type { Answer } from '../../support/gateway.ts';

/** An answer as it is compared. */
export type Outcome = Pick<Answer, 'data'> & {
  readonly errors?: readonly { readonly path?: readonly (string | number)[] }[];
};

/** The data, and the places that are null for an error: which of several errors below them was met first may differ. */
export function outcomeOf({ data, errors }: Outcome) {
  const places = (errors ?? []).map(({ path = [] }) => {
    let value: unknown = data;
    const place: (string | number)[] = [];
    for (const key of path) {
      if (value === null || value === undefined) break;
      value = (value as Record<string | number, unknown>)[key];
      place.push(key);
    }
    return place.join('.');
  });
  return { data, places: [...new Set(places)].toSorted() };
}
