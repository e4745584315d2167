/** How the parts of the contract get a store. */
import type { LineageStore } from '../../../mesh/lineage/store.ts';

/** A test with a store of its own; `reopen` opens the same one once more. All are closed afterwards. */
export type WithStore = (
  work: (store: LineageStore, reopen: () => Promise<LineageStore>) => Promise<void>,
) => () => Promise<void>;
