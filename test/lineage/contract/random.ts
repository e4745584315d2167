/** Random graphs, and the oracle's word on what a store makes of them. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Fact, LineageStore, Traversal } from '../../../mesh/lineage/store.ts';
import { edgeFact, minute, nodeFact } from '../build.ts';
import { graphOf, traverse } from '../oracle.ts';

export interface Scenario {
  readonly batches: readonly (readonly Fact[])[];
  readonly traversals: readonly Required<Traversal>[];
}

const ids = ['a', 'b', 'c', 'd', 'e', 'ö', 'Z'].map((name) => `product:flights/${name}`);
const id = fc.constantFrom(...ids);
const at = fc.integer({ min: 1, max: 59 }).map(minute);
const facts = fc.oneof(
  fc.tuple(id, fc.constantFrom({}, { owner: 'ops' }, { owner: 'air', rank: 1 })).map((parts) => [nodeFact(...parts)]),
  fc.tuple(id, at).map(([node, when]): Fact[] => [{ fact: 'redeclared', node, at: when }]),
  fc
    .tuple(id, id, fc.record({ kind: fc.constantFrom('DECLARED', 'OBSERVED'), at }))
    .map(([from, to, parts]) => [nodeFact(from), nodeFact(to), edgeFact(from, to, parts)]),
);
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  batches: fc.array(
    fc.array(facts, { maxLength: 12 }).map((lists) => lists.flat()),
    { minLength: 1, maxLength: 4 },
  ),
  traversals: fc.array(
    fc.record({
      from: id,
      direction: fc.constantFrom('up', 'down'),
      depth: fc.integer({ min: 0, max: 5 }),
      nodes: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

export async function agreesWithOracle(store: LineageStore, { batches, traversals }: Scenario): Promise<void> {
  await store.clear();
  for (const [index, batch] of batches.entries()) await store.apply(batch, index + 1);
  const oracle = graphOf(batches.flat());
  assert.deepEqual(await store.dump(), oracle);
  for (const traversal of traversals) {
    assert.deepEqual(await store.traverse(traversal), traverse(oracle, traversal), JSON.stringify(traversal));
  }
}
