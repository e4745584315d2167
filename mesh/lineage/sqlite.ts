/**
 * The embedded lineage store: SQLite in a thread of its own, so that the event loop never waits for a disk. For one
 * machine; `neo4j.ts` is for more.
 */
import { Thread } from '../events/thread.ts';
import { changeOf } from './change.ts';
import type { GraphCalls } from './sqlite-worker.ts';
import type { LineageStore } from './store.ts';

/**
 * Opens the store in a file, made with its folder when missing. Throws `STORE_CORRUPT`, the file untouched, when it is
 * no lineage database of this version.
 */
export async function openSqliteStore({ path }: { readonly path: string }): Promise<LineageStore> {
  const thread = new Thread<GraphCalls>(new URL('./sqlite-worker.ts', import.meta.url), `lineage store "${path}"`);
  try {
    await thread.ask('open', path);
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  return {
    location: `sqlite ${path}`,
    cursor: async () => await thread.ask('cursor', null),
    apply: async (facts, cursor) => await thread.ask('apply', { change: changeOf(facts), cursor }),
    traverse: async (traversal) => await thread.ask('traverse', traversal),
    nodes: async (query) => await thread.ask('nodes', query),
    executions: async (query) => await thread.ask('executions', query),
    eventsOf: async (query) => await thread.ask('eventsOf', query),
    dump: async () => await thread.ask('dump', null),
    clear: async () => await thread.ask('clear', null),
    close: async () => {
      if (thread.gone === null) await thread.ask('close', null).finally(async () => await thread.terminate());
    },
  };
}
