/** How a lineage store walks its graph. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { limits } from '../../../mesh/core/limits.ts';
import type { Lineage, LineageStore, Traversal } from '../../../mesh/lineage/store.ts';
import { flows, nodeFact, nodeOf } from '../build.ts';
import type { WithStore } from './with-store.ts';

export function describeTraverse(withStore: WithStore): void {
  const chain = flows('a -> b', 'b -> c', 'c -> d');

  it(
    'traverse() is null for a node that is not there',
    withStore(async (store) => {
      assert.equal(await store.traverse({ from: 'product:flights/none', direction: 'up' }), null);
    }),
  );

  it(
    'traverse() goes down to what depends on a node and up to where it comes from',
    withStore(async (store) => {
      await store.apply(chain, 1);
      assert.equal(shapeOf(await walked(store, { direction: 'down', from: 'b' })), 'b0 c1 d2 | b>c c>d');
      assert.equal(shapeOf(await walked(store, { direction: 'up', from: 'c' })), 'c0 b1 a2 | a>b b>c');
    }),
  );

  it(
    'traverse() gives nodes and edges as they are stored',
    withStore(async (store) => {
      await store.apply([...chain, nodeFact('product:flights/d', { owner: 'ops' })], 1);
      const lineage = await walked(store, { direction: 'up', from: 'd', depth: 0 });
      assert.deepEqual(lineage.nodes, [{ ...nodeOf('product:flights/d', { owner: 'ops' }), depth: 0 }]);
      const { edges } = await walked(store, { direction: 'up', from: 'd', depth: 1 });
      assert.deepEqual(
        edges,
        (await store.dump()).edges.filter((edge) => edge.to === 'product:flights/d'),
      );
    }),
  );

  it(
    'traverse() stops at the depth and says that there is more',
    withStore(async (store) => {
      await store.apply(chain, 1);
      const down = async (depth: number) => shapeOf(await walked(store, { direction: 'down', from: 'a', depth }));
      assert.equal(await down(0), 'a0 | …');
      assert.equal(await down(2), 'a0 b1 c2 | a>b b>c …');
      assert.equal(await down(3), 'a0 b1 c2 d3 | a>b b>c c>d');
    }),
  );

  it(
    'traverse() keeps the first nodes of a hop by id when not all fit',
    withStore(async (store) => {
      await store.apply(flows('a -> z', 'a -> m', 'a -> c', 'c -> b'), 1);
      const down = async (nodes: number) => shapeOf(await walked(store, { direction: 'down', from: 'a', nodes }));
      assert.equal(await down(1), 'a0 | …');
      assert.equal(await down(3), 'a0 c1 m1 | a>c a>m …');
      assert.equal(await down(5), 'a0 c1 m1 z1 b2 | a>c a>m a>z c>b');
      await store.apply(flows('a -> n', 'm -> y', 'n -> d'), 2);
      const second = await walked(store, { direction: 'down', from: 'a', nodes: 7 });
      assert.equal(second.nodes.map((node) => node.name).join(' '), 'a c m n z b d', 'whichever way they were reached');
    }),
  );

  it(
    'traverse() holds its own bounds against a larger wish',
    withStore(async (store) => {
      const long = Array.from({ length: limits.lineageDepthMax + 1 }, (_, step) => `n${step} -> n${step + 1}`);
      await store.apply(flows(...long), 1);
      const lineage = await walked(store, { direction: 'down', from: 'n0', depth: 1_000_000, nodes: 1_000_000 });
      assert.equal(lineage.nodes.at(-1)?.depth, limits.lineageDepthMax);
      assert.equal(lineage.truncated, true);
    }),
  );

  it(
    'traverse() meets each node once on a circle, by the shortest way',
    withStore(async (store) => {
      await store.apply(flows('a -> b', 'b -> c', 'c -> a', 'a -> a', 'a -> c'), 1);
      assert.equal(shapeOf(await walked(store, { direction: 'down', from: 'a' })), 'a0 b1 c1 | a>a a>b a>c b>c c>a');
    }),
  );
}

async function walked(store: LineageStore, { from, ...rest }: Traversal): Promise<Lineage> {
  const lineage = await store.traverse({ from: `product:flights/${from}`, ...rest });
  assert.ok(lineage);
  return lineage;
}

/** `a0 b1 | a>b …`: names with depths, edges, and whether there is more. */
function shapeOf({ nodes, edges, truncated }: Lineage): string {
  const name = (id: string): string => id.slice('product:flights/'.length);
  const arrows = edges.map(({ from, to }) => `${name(from)}>${name(to)}`);
  return [...nodes.map((node) => node.name + node.depth), '|', ...arrows, ...(truncated ? ['…'] : [])].join(' ');
}
