/** Mutations over several subgraphs, one after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('mutations run in the order in which they stand, over subgraphs', async () => {
  const calls: string[] = [];
  const note =
    (name: string) =>
    async (_: unknown, { id }: { id: string }) => {
      calls.push(`${name}${id} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      calls.push(`${name}${id} ends`);
      if (id === '0') throw new Error('No.');
      return { id };
    };
  const sdl = (name: string) =>
    `${federation('@key')} type Query { ${name}: Int } type Mutation { ${name}Set(id: ID!): Item } type Item @key(fields: "id") { id: ID! ${name}: String }`;
  const resolvers = (name: string) => ({
    Mutation: { [`${name}Set`]: note(name) },
    Item: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      [name]: ({ id }: { id: string }) => (calls.push(`${name} of ${id}`), `${name}${id}`),
    },
  });
  const [a, b] = [createSubgraph('a', sdl('a'), resolvers('a')), createSubgraph('b', sdl('b'), resolvers('b'))];
  const { data, errors } = await createTestGateway([a, b]).ask(
    'mutation { one: aSet(id: 1) { a b } two: bSet(id: 2) { a b } three: aSet(id: 0) { b } four: aSet(id: 4) { a } __typename five: bSet(id: 5) { id } }',
  );
  assert.deepEqual(data, {
    one: { a: 'a1', b: 'b1' },
    two: { a: 'a2', b: 'b2' },
    three: null,
    four: { a: 'a4' },
    __typename: 'Mutation',
    five: { id: '5' },
  });
  assert.deepEqual(
    errors?.map(({ path }) => path),
    [['three']],
  );
  assert.deepEqual(
    calls.filter((call) => !call.includes('of')),
    ['a1', 'b2', 'a0', 'a4', 'b5'].flatMap((call) => [`${call} begins`, `${call} ends`]),
  );
  const positions = ['b of 1', 'b2 begins', 'a of 2', 'a0 begins'].map((call) => calls.indexOf(call));
  assert.deepEqual(
    positions,
    positions.toSorted((x, y) => x - y),
    'what a mutation selects is read before one of another subgraph begins',
  );
});

test('mutations in fragments run in the order in which they stand', async () => {
  const counts: number[] = [];
  const a = createSubgraph('a', 'type Query { a: Int } type Mutation { add(by: Int!): Int other: Int }', {
    Mutation: { add: (_: unknown, { by }: { by: number }) => counts.push(by), other: () => counts.push(0) },
  });
  const { data } = await createTestGateway([a]).ask(
    'mutation { ...F other ... on Mutation { two: add(by: 2) ... { three: add(by: 3) } } } fragment F on Mutation { one: add(by: 1) }',
  );
  assert.deepEqual(counts, [1, 0, 2, 3]);
  assert.deepEqual(data, { one: 1, other: 2, two: 3, three: 4 });
});

test('below a mutation that gives the query root again, other subgraphs answer their root fields', async () => {
  const asked: string[] = [];
  const a = createSubgraph(
    'a',
    `${federation('@shareable')}
    type Query { here: Int @shareable }
    type Mutation { save(times: Int!): Saved }
    type Saved { done: [Done] }
    type Done { query: Query id: Int }`,
    {
      Query: { here: () => 1 },
      Mutation: {
        save: (_: unknown, { times }: { times: number }) => ({
          done: Array.from({ length: times }, (_, id) => (id === 1 ? null : { id, query: id === 3 ? null : {} })),
        }),
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')} type Query { user(id: ID!): User broken: Int } type User @key(fields: "id") { id: ID! name: String }`,
    {
      Query: {
        user: (_: unknown, { id }: { id: string }) => (asked.push(id), { id, name: `n${id}` }),
        broken: () => {
          throw new Error('No.');
        },
      },
    },
  );
  const gateway = createTestGateway([a, b]);
  const save = (times: number, fields: string) =>
    gateway.ask(`mutation { save(times: ${times}) { done { id again: query { ${fields} } } } }`);
  const users = 'here one: user(id: "1") { name } user(id: "2") { id }';
  const again = { here: 1, one: { name: 'n1' }, user: { id: '2' } };
  assert.deepEqual(await save(4, users), {
    data: { save: { done: [{ id: 0, again }, null, { id: 2, again }, { id: 3, again: null }] } },
  });
  assert.deepEqual(asked, ['1', '2']);
  assert.deepEqual(await save(0, users), { data: { save: { done: [] } } });
  assert.deepEqual(asked, ['1', '2']);
  const { data, errors } = await save(3, 'here broken');
  const rest = { here: 1, broken: null };
  assert.deepEqual(data, { save: { done: [{ id: 0, again: rest }, null, { id: 2, again: rest }] } });
  assert.deepEqual(errors?.map(({ path }) => path?.join('.')).toSorted(), [
    'save.done.0.again.broken',
    'save.done.2.again.broken',
  ]);
});
