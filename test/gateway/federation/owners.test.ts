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

test('@override moves a field; with a label it stays until the label is gone', async () => {
  const create = (label: string) => {
    const a = createSubgraph(
      'a',
      `${federation('@key')} type Query { bill: Bill } type Bill @key(fields: "id") { id: ID! sum: Int }`,
      {
        Query: { bill: () => ({ id: '1', sum: 1 }) },
        Bill: { __resolveReference: ({ id }: { id: string }) => ({ id, sum: 1 }) },
      },
    );
    const b = createSubgraph(
      'b',
      `${federation('@key', '@override')} type Bill @key(fields: "id") { id: ID! sum: Int @override(from: "a"${label}) }`,
      { Bill: { __resolveReference: ({ id }: { id: string }) => ({ id, sum: 2 }) } },
    );
    return createTestGateway([a, b]);
  };
  assert.deepEqual((await create('').ask('{ bill { sum } }')).data, { bill: { sum: 2 } });
  assert.deepEqual((await create(', label: "percent(40)"').ask('{ bill { sum } }')).data, { bill: { sum: 1 } });
  assert.deepEqual((await create(', label: "percent(0)"').ask('{ bill { sum } }')).data, { bill: { sum: 1 } });
});
