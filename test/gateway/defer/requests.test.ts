/** What subgraphs are asked for an operation with `@defer`, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../../mesh/core/subject.ts';
import type { RecordedOperation } from '../../../gateway/policy/decided.ts';
import { isStream } from '../../../gateway/server/operation.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { recorderTo } from '../../support/recorder.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';
import { createShop } from './shop.ts';

test('the first payload does not wait for a subgraph that only a fragment needs', async () => {
  const { gateway, talk } = createShop();
  const seen = Promise.withResolvers<void>();
  const { fetch } = talk;
  talk.fetch = async (request, signal) => {
    await seen.promise;
    return fetch(request, signal);
  };
  const query = '{ products { id ... @defer { reviews { text } } } }';
  const payloads: unknown[] = [];
  for await (const payload of gateway.follow(query, new AbortController().signal)) {
    payloads.push(payload);
    seen.resolve();
  }
  assert.equal(payloads.length, 2);
});

test('nor for slow fields of the subgraph that answers first: they are looked up by key', async () => {
  const { defer, goods } = createShop();
  await defer('{ products { id ... @defer { name maker { id ... @defer { name } } size { width } } } }');
  assert.deepEqual(
    goods.requests.map(({ query }) => query),
    [
      '{products{id __typename}}',
      'query($representations:[_Any!]!){_entities(representations:$representations){...on Product{name maker{id __typename}size{width}}}}',
      'query($representations:[_Any!]!){_entities(representations:$representations){...on Maker{name}}}',
    ],
  );
});

test('a part is fetched as soon as what it reads has come, though other things are still awaited', async () => {
  const held = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const slow = createSubgraph('slow', 'type Query { slow: Int }', {
    Query: { slow: () => held.promise.then(() => 1) },
  });
  const { goods, talk } = createShop();
  const { fetch } = talk;
  talk.fetch = (request, signal) => {
    asked.resolve();
    return fetch(request, signal);
  };
  const gateway = createTestGateway([goods, talk, slow]);
  const payloads = gateway.follow(
    '{ slow products { ... @defer { reviews { text } } } }',
    new AbortController().signal,
  );
  const first = payloads[Symbol.asyncIterator]().next();
  await asked.promise;
  held.resolve();
  assert.deepEqual((await first).value, { data: { slow: 1, products: [{}, {}] }, hasNext: true });
});

test('what a deferred field requires is fetched with its part', async () => {
  const { defer, goods, talk } = createShop();
  const payloads = await defer('{ products { id ... @defer { title } } }');
  assert.deepEqual(
    payloads[1]?.incremental?.map(({ data }) => data),
    [{ title: 'The Axe' }, { title: 'The Bow' }],
  );
  assert.deepEqual([goods.requests.length, talk.requests.length], [1, 1]);
  const [request] = talk.requests;
  assert.match(request?.variablesJson ?? '', /"name":"Axe"/);
});

test('what one fragment wants and the fetch of another reads is had early', async () => {
  const { defer, goods } = createShop();
  const payloads = await defer('{ products { id ... @defer(label: "a") { name } ... @defer(label: "b") { title } } }');
  const entries = payloads.flatMap(({ incremental = [] }) => incremental);
  assert.deepEqual(
    entries.filter(({ label }) => label === 'b').map(({ data }) => data),
    [{ title: 'The Axe' }, { title: 'The Bow' }],
  );
  assert.equal(goods.requests.length, 1);
});

test('what is only provided along one way is not looked up by another', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@external', '@provides')}
    type Query { me: User @provides(fields: "name") }
    type User @key(fields: "id") { id: ID! name: String @external age: Int }`,
    {
      Query: { me: () => ({ id: '1', name: 'Ada', age: 36 }) },
      User: { __resolveReference: () => ({ id: '1', age: 36 }) },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@shareable')} type User @key(fields: "id") { id: ID! name: String @shareable }`,
    { User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'Ada' }) } },
  );
  const gateway = createTestGateway([a, b]);
  const query = '{ me { id ... @defer { name } } }';
  const payloads = await Array.fromAsync(gateway.follow(query, new AbortController().signal));
  assert.deepEqual(payloads[1], { incremental: [{ data: { name: 'Ada' }, path: ['me'] }], hasNext: false });
  assert.deepEqual([a.requests.length, b.requests.length], [1, 0]);
});

test('objects behind an interface are looked up each by its own key', async () => {
  const nodes = [
    { __typename: 'A', id: '1', name: 'One', only: 5 },
    { __typename: 'B', code: 'x', name: 'Two' },
  ];
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    type Query { nodes: [Named!]! }
    interface Named { name: String }
    type A implements Named @key(fields: "id") { id: ID! name: String only: Int }
    type B implements Named @key(fields: "code") { code: ID! name: String }`,
    {
      Query: { nodes: () => nodes },
      A: { __resolveReference: () => nodes[0] },
      B: { __resolveReference: () => nodes[1] },
    },
  );
  const gateway = createTestGateway([a]);
  const query = '{ nodes { __typename ... @defer { name ... on A { only } } } }';
  const payloads = await Array.fromAsync(gateway.follow(query, new AbortController().signal));
  assert.deepEqual(payloads[1], {
    incremental: [
      { data: { name: 'One', only: 5 }, path: ['nodes', 0] },
      { data: { name: 'Two' }, path: ['nodes', 1] },
    ],
    hasNext: false,
  });
  assert.doesNotMatch(a.requests[0]?.query ?? '', /\bname|only/);
});

test('fields that require one field differently may be in different parts', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { box: Box } type Box @key(fields: "id") { id: ID! size(unit: String): String }`,
    {
      Query: { box: () => ({ id: '1' }) },
      Box: { __resolveReference: () => ({ id: '1' }), size: (_: unknown, { unit }: { unit: string }) => `1 ${unit}` },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')}
    type Box @key(fields: "id") {
      id: ID! size(unit: String): String @external
      metric: String @requires(fields: "size(unit: \\"cm\\")") imperial: String @requires(fields: "size(unit: \\"in\\")")
    }`,
    {
      Box: {
        __resolveReference: (box: unknown) => box,
        metric: ({ size }: { size: string }) => size,
        imperial: ({ size }: { size: string }) => size,
      },
    },
  );
  const query = '{ box { metric ... @defer { imperial } } }';
  const answers = await Array.fromAsync(createTestGateway([a, b]).follow(query, new AbortController().signal));
  assert.deepEqual(answers, [
    { data: { box: { metric: '1 cm' } }, hasNext: true },
    { incremental: [{ data: { imperial: '1 in' }, path: ['box'] }], hasNext: false },
  ]);
});

test('what policy denies is never asked for, and its error is told with its part', async () => {
  const { defer, goods } = createShop();
  const query = '{ products { id ... @defer { price name } } }';
  const [first, second] = await defer(query);
  assert.deepEqual(first, { data: { products: [{ id: '1' }, { id: '2' }] }, hasNext: true });
  assert.deepEqual(
    second?.incremental?.map(({ data, errors = [] }) => [data, errors.map(({ extensions }) => extensions.code)]),
    [
      [{ price: null, name: 'Axe' }, ['UNAUTHORIZED_FIELD_OR_TYPE']],
      [{ price: null, name: 'Bow' }, []],
    ],
  );
  assert.ok(goods.requests.every((request) => !request.query.includes('price')));
  const [, allowed] = await defer(query, { subject: { ...anonymous, scopes: ['prices'] } });
  assert.deepEqual(allowed?.incremental?.[0]?.data, { price: 7, name: 'Axe' });
  const [alone] = await defer('{ product(id: "9") { id ... @defer { price } } }');
  assert.equal(alone?.errors?.length, 1, 'with nothing to tell it with, it is told at once');
});

test('one access record names everything that the operation reads', async () => {
  const records: RecordedOperation[] = [];
  const { defer } = createShop({
    recorder: recorderTo(({ operation }) => void records.push(operation)),
  });
  await defer('{ products { id ... @defer { price reviews { text } } } }');
  assert.deepEqual(
    records.map(({ coordinates, decided }) => [coordinates, decided.map(({ coordinate }) => coordinate)]),
    [[['Product.id', 'Product.reviews', 'Query.products', 'Review.text'], ['Product.price']]],
  );
});

test('who leaves ends what is under way', async () => {
  const { gateway, talk } = createShop();
  const ended = Promise.withResolvers<void>();
  talk.fetch = (_, signal) =>
    new Promise((_resolve, reject) => {
      const leave = (): void => {
        ended.resolve();
        reject(new Error('Left.'));
      };
      signal.addEventListener('abort', leave);
    });
  const query = '{ products { id ... @defer { reviews { text } } } }';
  const request = { query, operationName: null, variables: {}, subject: anonymous, headers: {}, readOnly: false };
  const outcome = await gateway.pipeline.subscribe(request, new AbortController().signal);
  assert.ok(isStream(outcome) && outcome.kind === 'incremental');
  for await (const payload of outcome.stream) {
    assert.match(payload, /"hasNext":true/);
    break;
  }
  await ended.promise;
});
