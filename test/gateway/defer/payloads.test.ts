/** What an answer in parts says, payload by payload. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Payload } from './merge.ts';
import { createShop } from './shop.ts';

test('a fragment in a list has one entry for each item, with its path and label', async () => {
  const payloads = await createShop().defer('{ products { id ... @defer(label: "talk") { reviews { text } } } }');
  assert.deepEqual(payloads, [
    { data: { products: [{ id: '1' }, { id: '2' }] }, hasNext: true },
    {
      incremental: [
        { data: { reviews: [{ text: 'On 1' }] }, path: ['products', 0], label: 'talk' },
        { data: { reviews: [{ text: 'On 2' }] }, path: ['products', 1], label: 'talk' },
      ],
      hasNext: false,
    },
  ]);
});

test('a fragment inside another comes after it, and at the root everything may be deferred', async () => {
  const query = `{ ... @defer(label: "a") { product(id: "1") { name ... @defer(label: "b") { reviews { text ...F } } } } }
    fragment F on Review { ... on Review @defer(label: "c") { by { age } } }`;
  const payloads = await createShop().defer(query);
  assert.deepEqual(payloads[0], { data: {}, hasNext: true });
  assert.deepEqual(
    payloads.flatMap(({ incremental = [] }) => incremental),
    [
      { data: { product: { name: 'Axe' } }, path: [], label: 'a' },
      { data: { reviews: [{ text: 'On 1' }] }, path: ['product'], label: 'b' },
      { data: { by: { age: 40 } }, path: ['product', 'reviews', 0], label: 'c' },
    ],
  );
});

test('a named fragment that is spread in several places is deferred in each', async () => {
  const payloads = await createShop().defer(
    '{ a: product(id: "1") { ...F @defer(label: "f") } b: product(id: "2") { x: id ...F } } fragment F on Product { name }',
  );
  assert.deepEqual(payloads, [
    { data: { a: {}, b: { x: '2', name: 'Bow' } }, hasNext: true },
    { incremental: [{ data: { name: 'Axe' }, path: ['a'], label: 'f' }], hasNext: false },
  ]);
});

test('what the client has is not sent again, but a list is sent whole', async () => {
  const payloads = await createShop().defer(`{ product(id: "1") {
    __typename name size { width } reviews { text } maker { id }
    ... @defer { __typename name size { width height } maker { id } reviews { text by { id } } }
  } }`);
  assert.deepEqual(payloads[1], {
    incremental: [{ data: { size: { height: 2 }, reviews: [{ text: 'On 1', by: { id: 'x' } }] }, path: ['product'] }],
    hasNext: false,
  });
});

test('"if" turns a @defer off, by value, variable or default, and each value has its own plan', async () => {
  const { defer } = createShop();
  const query = 'query($later: Boolean = true) { product(id: "1") { id ... @defer(if: $later) { name } } }';
  const whole = [{ data: { product: { id: '1', name: 'Axe' } } }];
  const parts = [
    { data: { product: { id: '1' } }, hasNext: true },
    { incremental: [{ data: { name: 'Axe' }, path: ['product'] }], hasNext: false },
  ];
  for (const [later, expected] of [
    [true, parts],
    [false, whole],
    [true, parts],
  ] as const) {
    assert.deepEqual(await defer(query, { variables: { later } }), expected);
  }
  assert.deepEqual(await defer(query), parts);
  assert.deepEqual(await defer('{ product(id: "1") { id ... @defer(if: false) { name } } }'), whole);
  assert.deepEqual(await defer(query.replace(' = true', '')), parts, 'a variable that is not given leaves the default');
});

test('where one answer is asked for, @defer does nothing, before or after one in parts', async () => {
  const { gateway, defer } = createShop();
  const query = '{ product(id: "1") { id ... @defer { reviews { text } } } }';
  const whole = { data: { product: { id: '1', reviews: [{ text: 'On 1' }] } } };
  assert.deepEqual(await gateway.ask(query), whole);
  assert.equal((await defer(query)).length, 2);
  assert.deepEqual(await gateway.ask(query), whole);
});

test('a fragment of an object that is not there has no payload', async () => {
  const { defer } = createShop();
  assert.deepEqual(await defer('{ product(id: "9") { id ... @defer { name } } }'), [
    { data: { product: null }, hasNext: false },
  ]);
});

test('a null that may not be ends at the fragment, and its error is told there', async () => {
  const payloads = await createShop().defer('{ products { id ... @defer { rating } } }');
  assert.deepEqual(payloads, [
    { data: { products: [{ id: '1' }, { id: '2' }] }, hasNext: true },
    {
      incremental: [
        {
          data: null,
          path: ['products', 0],
          errors: [
            {
              message: 'Not rated.',
              path: ['products', 0, 'rating'],
              extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'talk' },
            },
          ],
        },
        { data: { rating: 5 }, path: ['products', 1] },
      ],
      hasNext: false,
    },
  ]);
});

test('an error is told with the part that selects its place, whichever fetch brought it', async () => {
  // Nobody can look up a size by itself, so the first fetch brings all of it.
  const { defer, goods } = createShop();
  goods.fetch = async () => ({
    data: { product: { size: { width: 1, height: null } } },
    errors: [{ message: 'No height.', path: ['product', 'size', 'height'] }],
  });
  const [first, second] = await defer('{ product(id: "1") { size { width ... @defer { height } } } }');
  assert.deepEqual(first, { data: { product: { size: { width: 1 } } }, hasNext: true });
  assert.deepEqual(
    second?.incremental?.map(({ data, errors }) => [data, errors?.map(({ message }) => message)]),
    [[{ height: null }, ['No height.']]],
  );
});

test('what the client has as null stays null, whatever a fragment would put there', async () => {
  const payloads = await createShop().defer(`{
    product(id: "1") { id rating }
    ... @defer { product(id: "1") { name } topic }
  }`);
  assert.equal(payloads[0]?.data?.['product'], null);
  assert.deepEqual(payloads[1]?.incremental, [{ data: { topic: 'Tools' }, path: [] }]);
});

test('a fragment has no payload where another has left null meanwhile', async () => {
  const { gateway, talk } = createShop();
  const failed = Promise.withResolvers<void>();
  const { fetch } = talk;
  talk.fetch = async (request, signal) => {
    if (request.query.includes('reviews')) await failed.promise;
    return fetch(request, signal);
  };
  const query = `{
    product(id: "1") { id ... @defer(label: "late") { reviews { text } } }
    ... @defer(label: "bad") { product(id: "1") { rating } }
  }`;
  const payloads: unknown[] = [];
  for await (const payload of gateway.follow(query, new AbortController().signal)) {
    payloads.push(payload);
    if (payloads.length === 2) failed.resolve();
  }
  const [first, second, ...others] = payloads as Payload[];
  assert.deepEqual(first, { data: { product: { id: '1' } }, hasNext: true });
  assert.deepEqual(
    second?.incremental?.map(({ data, label }) => [data, label]),
    [[{ product: null }, 'bad']],
  );
  assert.deepEqual(others, [{ hasNext: false }]);
});

test('fields of a mutation are deferred; its effect happens once', async () => {
  const { defer, goods } = createShop();
  const payloads = await defer(
    'mutation { rename(id: "2", name: "Box") { name ... @defer { reviews { text } size { width } } } }',
  );
  assert.deepEqual(payloads, [
    { data: { rename: { name: 'Box' } }, hasNext: true },
    { incremental: [{ data: { reviews: [{ text: 'On 2' }], size: { width: 3 } }, path: ['rename'] }], hasNext: false },
  ]);
  assert.deepEqual(goods.requests.map(({ operationKind }) => operationKind).toSorted(), ['mutation', 'query']);
});

test('introspection may be deferred as well', async () => {
  const [first, second] = await createShop().defer('{ topic ... @defer { __type(name: "Size") { name } } }');
  assert.deepEqual(first, { data: { topic: 'Tools' }, hasNext: true });
  assert.deepEqual(second?.incremental, [{ data: { __type: { name: 'Size' } }, path: [] }]);
});
