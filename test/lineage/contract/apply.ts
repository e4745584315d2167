/** What applying facts to a lineage store does to it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isWeftError } from '../../../mesh/core/error.ts';
import { fold } from '../../../mesh/lineage/fold.ts';
import type { EventOccurrence, ExecutionOccurrence, LineageStore } from '../../../mesh/lineage/store.ts';
import { edgeFact, eventAt, finished, flows, minute, nodeFact, nodeOf, recordAt } from '../build.ts';
import type { WithStore } from './with-store.ts';

export function describeApply(withStore: WithStore): void {
  it(
    'starts empty, at cursor 0',
    withStore(async (store) => {
      assert.equal(await store.cursor(), 0);
      assert.deepEqual(await store.dump(), { nodes: [], edges: [] });
    }),
  );

  it(
    'apply() moves the cursor with the facts, for whoever opens the store next',
    withStore(async (store, reopen) => {
      await store.apply(flows('a -> b'), 7);
      const again = await reopen();
      assert.equal(await again.cursor(), 7);
      assert.deepEqual(await again.dump(), await store.dump());
      assert.equal((await again.dump()).nodes.length, 2);
    }),
  );

  it(
    'apply() moves the cursor when there are no facts',
    withStore(async (store) => {
      await store.apply([], 3);
      assert.equal(await store.cursor(), 3);
    }),
  );

  it(
    'apply() changes nothing for a cursor that the store has reached',
    withStore(async (store) => {
      await store.apply(flows('a -> b'), 7);
      const before = await store.dump();
      await store.apply(flows('b -> c'), 7);
      await store.apply(flows('b -> c'), 6);
      assert.equal(await store.cursor(), 7);
      assert.deepEqual(await store.dump(), before);
    }),
  );

  it(
    'apply() changes nothing when the same facts come again at a later cursor',
    withStore(async (store) => {
      const facts = [
        ...fold(recordAt(1, 'weft.execution.finished', { process: 'p', executionId: 'x', payload: finished() })),
        ...fold(eventAt(2)),
        { fact: 'redeclared', node: 'product:flights/b', at: minute(2) } as const,
        ...flows('a -> b'),
      ];
      await store.apply(facts, 2);
      const before = await everythingIn(store);
      await store.apply(facts, 3);
      assert.deepEqual(await everythingIn(store), before);
    }),
  );

  it(
    'apply() by two at once counts each batch once',
    withStore(async (store, reopen) => {
      const rival = await reopen();
      for (let cursor = 1; cursor <= 10; cursor++) {
        const mine = [nodeFact(`product:flights/${cursor}`, { by: 'one' })];
        const theirs = [nodeFact(`product:flights/${cursor}`, { by: 'other' }), nodeFact(`label:flights/${cursor}`)];
        await Promise.all([store.apply(mine, cursor), rival.apply(theirs, cursor)]);
      }
      const { nodes } = await store.dump();
      for (const { properties, name } of nodes.filter((node) => node.kind === 'product')) {
        const label = nodes.some((node) => node.id === `label:flights/${name}`);
        assert.equal(label, properties.by === 'other', `batch ${name} was applied in part or twice`);
      }
      assert.equal(await rival.cursor(), 10);
    }),
  );

  it(
    'apply() fills in a node that was mentioned, and no mention empties it again',
    withStore(async (store) => {
      await store.apply([nodeFact('product:flights/a')], 1);
      await store.apply([nodeFact('product:flights/a', { owner: 'ops' })], 2);
      await store.apply([nodeFact('product:flights/a')], 3);
      assert.deepEqual((await store.dump()).nodes, [nodeOf('product:flights/a', { owner: 'ops' })]);
      await store.apply([nodeFact('product:flights/a', { owner: 'air' })], 4);
      assert.deepEqual((await store.dump()).nodes, [nodeOf('product:flights/a', { owner: 'air' })]);
    }),
  );

  it(
    'a redeclaration ends the declared edges into its node, but for those declared anew',
    withStore(async (store) => {
      const observed = edgeFact('product:flights/a', 'product:flights/c', { kind: 'OBSERVED' });
      await store.apply([...flows('a -> c', 'b -> c', 'c -> d'), observed], 1);
      const anew = edgeFact('product:flights/b', 'product:flights/c', { at: minute(5) });
      await store.apply([{ fact: 'redeclared', node: 'product:flights/c', at: minute(5) }, anew], 2);
      assert.deepEqual(
        (await store.dump()).edges.map(({ from, to, kind, ...times }) => [
          from.at(-1),
          to.at(-1),
          kind,
          Object.values(times),
        ]),
        [
          ['a', 'c', 'DECLARED', [minute(1), minute(5), minute(1)]],
          ['a', 'c', 'OBSERVED', [minute(1), null, minute(1)]],
          ['b', 'c', 'DECLARED', [minute(1), null, minute(5)]],
          ['c', 'd', 'DECLARED', [minute(1), null, minute(1)]],
        ],
      );
      const down = await store.traverse({ from: 'product:flights/a', direction: 'down', depth: 1 });
      assert.deepEqual(
        down?.edges.map((edge) => edge.kind),
        ['OBSERVED'],
        'an ended edge is not walked',
      );
    }),
  );

  it(
    'clear() forgets everything, the cursor too',
    withStore(async (store) => {
      await store.apply([...flows('a -> b'), ...fold(eventAt(1))], 5);
      await store.clear();
      assert.equal(await store.cursor(), 0);
      assert.deepEqual(await everythingIn(store), { nodes: [], edges: [], executions: [], events: [] });
      await store.apply(flows('a -> b'), 1);
      assert.equal((await store.dump()).nodes.length, 2);
    }),
  );

  it(
    'refuses every call after close() with STORE_UNAVAILABLE',
    withStore(async (store) => {
      await store.close();
      await assert.rejects(store.cursor(), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
      await assert.rejects(store.apply([], 1), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
    }),
  );
}

async function everythingIn(store: LineageStore): Promise<
  Awaited<ReturnType<LineageStore['dump']>> & {
    readonly executions: readonly ExecutionOccurrence[];
    readonly events: readonly EventOccurrence[];
  }
> {
  const events = await store.eventsOf({ identity: 'flight:17' });
  return { ...(await store.dump()), executions: await store.executions({}), events };
}
