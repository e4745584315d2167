/** Lineage made anew from the log, for a store that was lost, moved or filled by an older fold. */
import type { EventLog } from '../events/log.ts';
import { startProjector } from './project.ts';
import type { LineageStore } from './store.ts';

/** Empties the store and folds into it the whole log as it stands. No other projector may be at work on the store. */
export async function rebuild({ log, store }: { readonly log: EventLog; readonly store: LineageStore }): Promise<void> {
  const end = await log.end();
  await store.clear();
  const projector = startProjector({ log, store });
  try {
    await projector.caughtUp(end);
  } finally {
    await projector.close();
  }
}
