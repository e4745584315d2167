/** What was worked out of the rows of an answer, kept with them: the answer may be shared by many requests. */

/** By the numbers of rows, values that are known so far. */
export type Known = unknown[];

const byRows = new WeakMap<readonly number[], Map<object, Known>>();

/** What is known of the rows of what a worker works out. Whoever works out more puts it there. */
export function knownOf(rows: readonly number[], worker: object): Known {
  let workers = byRows.get(rows);
  if (workers === undefined) byRows.set(rows, (workers = new Map()));
  let known = workers.get(worker);
  if (known === undefined) workers.set(worker, (known = []));
  return known;
}
