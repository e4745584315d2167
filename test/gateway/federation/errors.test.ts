/** Errors of subgraphs, at places that clients know; and operations that no subgraph can answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubgraphError } from '../../../mesh/core/subgraph.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

/** Trains whose speed is another subgraph's to tell, which adds errors of its own making. */
function createTrains(errors: readonly SubgraphError[]) {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { trains: [Train!] first: Train } type Train @key(fields: "id") { id: ID! weight(unit: String): Int }`,
    {
      Query: { trains: () => [{ id: '1' }, { id: '2' }], first: () => ({ id: '1' }) },
      Train: {
        weight: ({ id }: { id: string }) => {
          if (id === '2') throw new Error('No scales.');
          return 9;
        },
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')}
    type Train @key(fields: "id") {
      id: ID! weight(unit: String): Int @external
      speed: Int brake: Int @requires(fields: "weight(unit: \\"t\\")") load: Int @requires(fields: "weight(unit: \\"kg\\")")
    }`,
    { Train: { __resolveReference: (train: unknown) => train, speed: () => 100, brake: () => 1, load: () => 2 } },
  );
  const fetch: typeof b.fetch = async (request, signal) => {
    const response = await b.fetch(request, signal);
    return errors.length === 0 ? response : { data: response.data ?? null, errors };
  };
  return createTestGateway([a, { ...b, fetch }]);
}

const pathsOf = ({ errors = [] }: { errors?: readonly { path?: readonly unknown[] }[] }) =>
  errors.map(({ path }) => path?.join('.')).toSorted();

test('a path of a subgraph becomes the client’s, aliases and lists included', async () => {
  const path = ['_entities', 1, 'speed'];
  const answer = await createTrains([{ message: 'Slow.', path }]).ask('{ all: trains { speed id } }');
  assert.deepEqual(pathsOf(answer), ['all.1.speed']);
});

test('a path that leads nowhere is told as far as it leads somewhere', async () => {
  for (const [path, told] of [
    [['_entities', 0, 'nothing', 'below'], 'one'],
    [['_entities', 0, 'speed', 'below', 3], 'one.speed'],
    [['_entities', 0, 3], 'one'],
    [['_entities', 0], 'one'],
  ] as const) {
    const answer = await createTrains([{ message: 'Lost.', path }]).ask('{ one: first { speed } }');
    assert.deepEqual(pathsOf(answer), [told], JSON.stringify(path));
    assert.deepEqual(answer.data, { one: { speed: 100 } });
  }
});

test('an error of a lookup as a whole is told where its entities stand', async () => {
  const answer = await createTrains([{ message: 'Closed.', path: ['_entities'] }]).ask('{ all: trains { speed } }');
  assert.deepEqual(pathsOf(answer), ['all']);
});

test('an error without a path, or with one that cannot be read, stays without', async () => {
  for (const error of [{ message: 'Somewhere.' }, { message: 'Else.', path: ['elsewhere', 0] }]) {
    const answer = await createTrains([error]).ask('{ first { speed } }');
    assert.deepEqual(pathsOf(answer), [undefined]);
    assert.deepEqual(answer.data, { first: { speed: 100 } });
  }
});

test('an error of what was only required is told at each field that required it, under its alias', async () => {
  const answer = await createTrains([]).ask('{ trains { stop: brake load } }');
  assert.deepEqual(pathsOf(answer), ['trains.1.load', 'trains.1.stop']);
  const asked = await createTrains([]).ask('{ trains { weight } first { speed } }');
  assert.deepEqual(pathsOf(asked), ['trains.1.weight']);
});

test('a field that failed explains the object that it took along, and no sibling is blamed', async () => {
  const a = createSubgraph('a', `${federation('@key')} type Query { t: T } type T @key(fields: "id") { id: ID! }`, {
    Query: { t: () => ({ id: '1' }) },
  });
  const b = createSubgraph(
    'b',
    `${federation('@key')} type T @key(fields: "id") { id: ID! good: Int! bad(by: Int): Int! }`,
    {
      T: {
        __resolveReference: (t: unknown) => t,
        good: () => 1,
        bad: () => {
          throw new Error('Bad.');
        },
      },
    },
  );
  const answer = await createTestGateway([a, b]).ask('{ t { one: good worse: bad(by: 2) good } }');
  assert.deepEqual(answer.data, { t: null });
  assert.deepEqual(pathsOf(answer), ['t.worse']);
});

test('an operation that no subgraph can answer is refused, not answered with nothing', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { node: Node other: Int } interface Node { id: ID! }`,
    { Query: { node: () => ({ id: '1' }), other: () => 1 } },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@interfaceObject')} type Query { mine: Node } type Node @interfaceObject @key(fields: "id", resolvable: false) { id: ID! field: String }`,
    { Query: { mine: () => ({ id: '1', field: 'here' }) } },
  );
  const gateway = createTestGateway([a, b]);
  assert.deepEqual(await gateway.ask('{ mine { id field } }'), { data: { mine: { id: '1', field: 'here' } } });
  const { data, errors } = await gateway.ask('{ node { field } other }');
  assert.equal(data, undefined);
  assert.match(
    errors?.[0]?.message ?? '',
    /Cannot plan the operation: no subgraph answers "node" with what is asked of it\.$/,
  );
});

test('a field to which no way leads is refused', async () => {
  const node = 'interface Node { id: ID! }';
  const links = federation('@key', '@shareable', '@external');
  const a = createSubgraph(
    'a',
    `${links} type Query { node(id: ID!): Node @shareable } ${node}
    type Cat implements Node @key(fields: "id") { id: ID! name: String } type Dog implements Node @key(fields: "id") { id: ID! @external bark: Int }`,
    { Query: { node: () => ({ __typename: 'Cat', id: 'c', name: 'Tom' }) } },
  );
  const b = createSubgraph(
    'b',
    `${links} type Query { node(id: ID!): Node @shareable } ${node}
    type Cat implements Node @key(fields: "id") { id: ID! @external purr: Int } type Dog implements Node @key(fields: "id") { id: ID! name: String }`,
    { Query: { node: () => ({ __typename: 'Cat', id: 'never' }) } },
  );
  const gateway = createTestGateway([a, b]);
  const { data, errors } = await gateway.ask('{ node(id: "c") { id } }');
  assert.equal(data, undefined);
  assert.match(errors?.[0]?.message ?? '', /Cannot plan the operation: found no way to all of its fields/);
  assert.deepEqual(await gateway.ask('{ node(id: "c") { __typename ... on Cat { id name } } }'), {
    data: { node: { __typename: 'Cat', id: 'c', name: 'Tom' } },
  });
});
