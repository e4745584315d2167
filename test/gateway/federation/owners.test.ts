/** Fields that several subgraphs have: shared, provided, external, overridden. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('@shareable fields come from the subgraph that is there already', async () => {
  const sdl = (query: string) =>
    `${federation('@shareable')} type Query { ${query}: Point shared: Int @shareable } type Point @shareable { x: Int! y: Int! }`;
  const a = createSubgraph('a', sdl('here'), { Query: { here: () => ({ x: 1, y: 2 }), shared: () => 7 } });
  const b = createSubgraph('b', sdl('there'), { Query: { there: () => ({ x: 3, y: 4 }), shared: () => 7 } });
  const { data } = await createTestGateway([a, b]).ask('{ here { x y } there { y x } shared }');
  assert.deepEqual(data, { here: { x: 1, y: 2 }, there: { y: 4, x: 3 }, shared: 7 });
});

test('a shared object takes each field from a subgraph that has it', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@shareable')} type Query { place: [Place] @shareable } type Place @shareable { name: String a: Int }`,
    { Query: { place: () => [{ name: 'P', a: 1 }, null, { name: 'Q', a: 2 }] } },
  );
  const b = createSubgraph(
    'b',
    `${federation('@shareable')} type Query { place: [Place] @shareable } type Place @shareable { name: String b: Int }`,
    { Query: { place: () => [{ name: 'P', b: 10 }, null, { name: 'Q', b: 20 }] } },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ place { name a b } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { place: [{ name: 'P', a: 1, b: 10 }, null, { name: 'Q', a: 2, b: 20 }] });
});

test('@provides spares the way to the owner on its path alone', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@provides', '@external')}
    type Query { best: User @provides(fields: "name address { city }") worst: User }
    type User @key(fields: "id") { id: ID! name: String @external address: Address @external }
    type Address { city: String @external }`,
    {
      Query: {
        best: () => ({ id: '1', name: 'near', address: { city: 'near' } }),
        worst: () => ({ id: '2', name: 'wrong' }),
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@shareable')}
    type User @key(fields: "id") { id: ID! name: String @shareable address: Address @shareable }
    type Address @shareable { city: String street: String }`,
    {
      User: {
        __resolveReference: ({ id }: { id: string }) => ({
          id,
          name: `far${id}`,
          address: { city: 'far', street: 'far' },
        }),
      },
    },
  );
  const gateway = createTestGateway([a, b]);
  const { data, errors } = await gateway.ask('{ best { name address { city } } worst { name } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { best: { name: 'near', address: { city: 'near' } }, worst: { name: 'far2' } });
  const whole = await gateway.ask('{ best { name address { street } } }');
  assert.deepEqual(whole.data, { best: { name: 'near', address: { street: 'far' } } });
});

interface BillOptions {
  readonly labels?: readonly string[];
  /** The byte that every draw is made of. */
  readonly draw?: () => number;
}

function createBills(directive: string, { labels = [], draw = () => 0 }: BillOptions = {}) {
  const bill = (sum: number) => ({ __resolveReference: ({ id }: { id: string }) => ({ id, sum }) });
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { bill: Bill } type Bill @key(fields: "id") { id: ID! sum: Int }`,
    { Query: { bill: () => ({ id: '1', sum: 1 }) }, Bill: bill(1) },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@override')} type Bill @key(fields: "id") { id: ID! sum: Int ${directive} }`,
    { Bill: bill(2) },
  );
  return createTestGateway([a, b], { labels, clock: { randomBytes: (size) => new Uint8Array(size).fill(draw()) } });
}

const sumOf = async (...bills: Parameters<typeof createBills>) =>
  (await createBills(...bills).ask('{ bill { sum } }')).data?.['bill'];

test('@override moves a field', async () => {
  assert.deepEqual(await sumOf('@override(from: "a")'), { sum: 2 });
});

test('@override with a percentage moves a field for that share of the requests', async () => {
  const share = (percent: string, draw: number) =>
    sumOf(`@override(from: "a", label: "percent(${percent})")`, { draw: () => draw });
  assert.deepEqual(await share('0', 0), { sum: 1 });
  assert.deepEqual(await share('100', 255), { sum: 2 });
  assert.deepEqual(await share('40', 101), { sum: 2 });
  assert.deepEqual(await share('40', 103), { sum: 1 });
  assert.deepEqual(await share('0.5', 1), { sum: 2 });
  assert.deepEqual(await share('0.5', 2), { sum: 1 });
});

test('each request draws anew, whatever plan an earlier one had', async () => {
  let count = 0;
  const draw = () => (count++ % 2 === 0 ? 0 : 255);
  const gateway = createBills('@override(from: "a", label: "percent(50)")', { draw });
  const sums: unknown[] = [];
  while (sums.length < 4) sums.push((await gateway.ask('{ bill { sum } }')).data?.['bill']);
  assert.deepEqual(sums, [{ sum: 2 }, { sum: 1 }, { sum: 2 }, { sum: 1 }]);
});

test('@override with a label of its own is off until configuration says that it is on', async () => {
  const directive = '@override(from: "a", label: "next-bill")';
  assert.deepEqual(await sumOf(directive), { sum: 1 });
  assert.deepEqual(await sumOf(directive, { labels: ['other', 'next-bill'] }), { sum: 2 });
});
