/** What a lineage store answers about nodes, executions and events. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fold } from '../../../mesh/lineage/fold.ts';
import type { ExecutionOccurrence, Fact } from '../../../mesh/lineage/store.ts';
import { eventAt, finished, nodeFact } from '../build.ts';
import type { WithStore } from './with-store.ts';

export function describeQueries(withStore: WithStore): void {
  const catalogue = [
    nodeFact('product:flights/delays', { description: 'How late, by airport', fields: ['minutes: Int!'], rank: 7 }),
    nodeFact('product:airports/Airport', { description: 'Where AIRCRAFT land', at: { city: 'Zürich' } }),
    nodeFact('dataset:file/airports.csv'),
    nodeFact('process:flights/summarise', { aggregator: 'answer' }),
  ];
  const found = (nodes: readonly { readonly id: string }[]): string => nodes.map(({ id }) => id).join(' ');

  it(
    'nodes() gives all by id, of the kinds, the domain and the number asked for',
    withStore(async (store) => {
      await store.apply(catalogue, 1);
      const all = 'dataset:file/airports.csv process:flights/summarise product:airports/Airport product:flights/delays';
      assert.equal(found(await store.nodes({})), all);
      assert.equal(found(await store.nodes({ kinds: ['dataset', 'process'] })), all.split(' ').slice(0, 2).join(' '));
      assert.equal(found(await store.nodes({ kinds: [] })), '');
      assert.equal(found(await store.nodes({ kinds: ['product'], domain: 'flights' })), 'product:flights/delays');
      assert.equal(found(await store.nodes({ limit: 1 })), 'dataset:file/airports.csv');
    }),
  );

  it(
    'nodes() finds every word, in any case, in name, domain or a value',
    withStore(async (store) => {
      await store.apply(catalogue, 1);
      assert.equal(
        found(await store.nodes({ text: 'AIRPORT' })),
        'dataset:file/airports.csv product:airports/Airport product:flights/delays',
      );
      assert.equal(found(await store.nodes({ text: ' airport  late ' })), 'product:flights/delays');
      assert.equal(found(await store.nodes({ text: 'minutes: int' })), 'product:flights/delays');
      assert.equal(found(await store.nodes({ text: 'ZÜRICH aircraft' })), 'product:airports/Airport');
      assert.equal(
        found(await store.nodes({ text: 'description' })),
        '',
        'the name of a property is no text of the node',
      );
      assert.equal(found(await store.nodes({ text: '%' })), '', 'a wildcard is a character like others');
    }),
  );

  it(
    'nodes() finds what a node says now, not what it said',
    withStore(async (store) => {
      await store.apply([nodeFact('product:flights/a', { description: 'old' })], 1);
      await store.apply([nodeFact('product:flights/a', { description: 'new' })], 2);
      assert.equal(found(await store.nodes({ text: 'old' })), '');
      assert.equal(found(await store.nodes({ text: 'new' })), 'product:flights/a');
    }),
  );

  it(
    'executions() gives them newest first, page by page, as recorded',
    withStore(async (store) => {
      await store.apply([1, 2, 3, 4].map(executionAt), 4);
      assert.deepEqual(
        await store.executions({}),
        [4, 3, 2, 1].map((offset) => executionOf(offset)),
      );
      assert.deepEqual(offsets(await store.executions({ limit: 2 })), [4, 3]);
      assert.deepEqual(offsets(await store.executions({ before: 3, limit: 2 })), [2, 1]);
      assert.deepEqual(offsets(await store.executions({ limit: 0 })), []);
    }),
  );

  it(
    'executions() by id, process and status',
    withStore(async (store) => {
      await store.apply([1, 2, 3, 4].map(executionAt), 4);
      assert.deepEqual(offsets(await store.executions({ id: 'x3' })), [3]);
      assert.deepEqual(offsets(await store.executions({ domain: 'flights', process: 'odd' })), [3, 1]);
      assert.deepEqual(offsets(await store.executions({ domain: 'safety' })), []);
      assert.deepEqual(offsets(await store.executions({ status: 'FAILED', before: 4 })), [2]);
    }),
  );

  it(
    'an execution that ran again is there once, as it ended last',
    withStore(async (store) => {
      const again: ExecutionOccurrence = { ...executionOf(9), id: 'x1', status: 'TIMED_OUT' };
      await store.apply([executionAt(1)], 1);
      await store.apply([{ fact: 'execution', execution: again }], 9);
      assert.deepEqual(await store.executions({}), [again]);
    }),
  );

  it(
    'eventsOf() gives what an identity sent or received, newest first, page by page',
    withStore(async (store) => {
      const ends = [
        ['a', 'b'],
        ['b', 'a'],
        ['a', ''],
        ['c', 'b'],
        ['a', 'a'],
      ];
      const events = ends.map(([source, target], index) => eventAt(500 * (index + 1), { source, target }));
      await store.apply(events.flatMap(fold), 2_500);
      const of = async (identity: string, page = {}) => offsets(await store.eventsOf({ identity, ...page }));
      assert.deepEqual(await of('a'), [2_500, 1_500, 1_000, 500]);
      assert.deepEqual(await of('a', { limit: 2 }), [2_500, 1_500]);
      assert.deepEqual(await of('a', { limit: 1, before: 2_500 }), [1_500]);
      assert.deepEqual(await of('a', { limit: 2, before: 1_500 }), [1_000, 500]);
      assert.deepEqual(await of('a', { limit: 1, before: 500 }), []);
      assert.deepEqual(await of('b'), [2_000, 1_000, 500]);
      assert.deepEqual(await of('nobody'), []);
      assert.deepEqual(await of(''), [], 'no target is not an identity');
      const [event] = await store.eventsOf({ identity: 'c' });
      const fact = fold(eventAt(2_000, { source: 'c', target: 'b' }))[0];
      assert.deepEqual(event, fact?.fact === 'event' && fact.event);
    }),
  );
}

function executionOf(offset: number): ExecutionOccurrence {
  const status = offset % 2 === 0 ? 'FAILED' : 'COMPLETE';
  const process = offset % 2 === 0 ? 'even' : 'odd';
  return {
    ...finished({ status }),
    id: `x${offset}`,
    domain: 'flights',
    process,
    revision: null,
    subject: 'ada',
    offset,
  };
}

function executionAt(offset: number): Fact {
  return { fact: 'execution', execution: executionOf(offset) };
}

function offsets(occurrences: readonly { readonly offset: number }[]): number[] {
  return occurrences.map(({ offset }) => offset);
}
