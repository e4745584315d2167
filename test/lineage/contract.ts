/** What every lineage store promises, run on each adapter. */
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { LineageStore } from '../../mesh/lineage/store.ts';
import { describeApply } from './contract/apply.ts';
import { describeQueries } from './contract/query.ts';
import { agreesWithOracle, scenarios } from './contract/random.ts';
import { describeTraverse } from './contract/traverse.ts';
import type { WithStore } from './contract/with-store.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** A store of its own, empty; and the same store opened once more. Both are closed by the suite. */
  open(): Promise<{ readonly store: LineageStore; reopen(): Promise<LineageStore> }>;
  /** How many random graphs it can afford. */
  readonly graphs: number;
  /** Why there is none to test. */
  readonly skip: string | false;
}

export function describeStore({ name, open, graphs, skip }: StoreUnderTest): void {
  describe(name, { skip }, () => {
    const withStore: WithStore = (work) => async () => {
      const { store, reopen } = await open();
      const opened = [store];
      try {
        await work(store, async () => {
          const again = await reopen();
          opened.push(again);
          return again;
        });
      } finally {
        for (const one of opened) await one.close();
      }
    };

    describeApply(withStore);
    describeTraverse(withStore);
    describeQueries(withStore);

    it(
      'holds and walks the graph that fact by fact would make, on random graphs',
      withStore(async (store) => {
        await fc.assert(
          fc.asyncProperty(scenarios, async (scenario) => await agreesWithOracle(store, scenario)),
          { numRuns: graphs },
        );
      }),
    );
  });
}
