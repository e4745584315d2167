/** Which lineage store a location means. A store's library is loaded with the first store of its kind. */
import type { LineageStore } from './store.ts';

/** Opens a URL (`bolt://…`, see `openNeo4jStore`, which refuses any but its own) or else the path of an SQLite file. */
export async function openStore(location: string): Promise<LineageStore> {
  if (/^[a-z+]+:\/\//i.test(location)) {
    const { openNeo4jStore } = await import('./neo4j.ts');
    return openNeo4jStore({ url: location });
  }
  const { openSqliteStore } = await import('./sqlite.ts');
  return await openSqliteStore({ path: location });
}
