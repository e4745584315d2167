/** How pages of rows are known by the names of their fields, to the gateway and to processes alike. */

/** By which names pages give their rows, beside `edges`. */
export const pageFields: ReadonlySet<string> = new Set([
  'nodes',
  'items',
  'results',
  'records',
  'rows',
  'entries',
  'data',
]);

/** By which names they tell of all rows together. */
export const totalFields: ReadonlySet<string> = new Set([
  'totalCount',
  'count',
  'total',
  'pageInfo',
  'pageCount',
  'hasMore',
  'hasNextPage',
  'hasPreviousPage',
]);
