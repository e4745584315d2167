/** Nulls and errors: how far they reach, and at which places of the answer they are reported. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const fail = () => {
  throw new Error('No.');
};

function createTrees() {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    type Query { trees: [Tree] strict: [Tree!]! groups: [[Tree!]] }
    type Tree @key(fields: "id") { id: ID! name: String! bark: String }`,
    {
      Query: {
        trees: () => [{ id: '1', name: 'Oak' }, null, { id: '2', name: 'Elm' }, { id: '1', name: 'Oak' }],
        strict: () => [
          { id: '1', name: 'Oak' },
          { id: '2', name: 'Elm' },
        ],
        groups: () => [
          [{ id: '1', name: 'Oak' }],
          null,
          [
            { id: '3', name: 'Ash' },
            { id: '2', name: 'Elm' },
          ],
        ],
      },
      Tree: { bark: ({ id }: { id: string }) => (id === '2' ? fail() : 'rough') },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')}
    type Tree @key(fields: "id") { id: ID! height: Int! age: Int leaves: [Leaf] crown: Crown! }
    type Leaf { colour: String! veins: [Int!] }
    type Crown { width: Int! }`,
    {
      Tree: {
        __resolveReference: async ({ id }: { id: string }) => (id === '3' ? fail() : { id }),
        height: ({ id }: { id: string }) => (id === '2' ? fail() : 10),
        age: ({ id }: { id: string }) => (id === '1' ? fail() : 100),
        leaves: ({ id }: { id: string }) => [
          { colour: 'green', veins: [1] },
          null,
          { colour: id === '1' ? fail : 'red', veins: [1, null] },
        ],
        crown: ({ id }: { id: string }) => ({ width: id === '2' ? fail : 5 }),
      },
    },
  );
  return createTestGateway([a, b]);
}

const places = (answer: { errors?: readonly { path?: readonly (string | number)[] }[] }) =>
  answer.errors?.map(({ path }) => path?.join('.')).toSorted();

test('an error of an entity is reported wherever the entity stands', async () => {
  const answer = await createTrees().ask('{ oaks: trees { n: name years: age bark } }');
  assert.deepEqual(answer.data, {
    oaks: [
      { n: 'Oak', years: null, bark: 'rough' },
      null,
      { n: 'Elm', years: 100, bark: null },
      { n: 'Oak', years: null, bark: 'rough' },
    ],
  });
  assert.deepEqual(places(answer), ['oaks.0.years', 'oaks.2.bark', 'oaks.3.years']);
});

test('a null that may not be travels through the entity to where one may', async () => {
  const answer = await createTrees().ask('{ trees { name height } strict { id crown { width } } }');
  assert.equal(answer.data, null);
  assert.deepEqual(places(answer), ['strict.1.crown.width', 'trees.2.height']);
  const kept = await createTrees().ask('{ trees { id height } groups { id height } }');
  assert.deepEqual(kept.data, {
    trees: [{ id: '1', height: 10 }, null, null, { id: '1', height: 10 }],
    groups: [[{ id: '1', height: 10 }], null, null],
  });
  assert.deepEqual(places(kept), ['groups.2.0', 'groups.2.1.height', 'trees.2.height']);
});

test('errors inside lists of an entity keep their positions', async () => {
  const answer = await createTrees().ask('{ trees { id l: leaves { c: colour v: veins } } }');
  const one = { id: '1', l: [{ c: 'green', v: [1] }, null, null] };
  assert.deepEqual(answer.data, {
    trees: [one, null, { id: '2', l: [{ c: 'green', v: [1] }, null, { c: 'red', v: null }] }, one],
  });
  assert.deepEqual(places(answer), ['trees.0.l.2.c', 'trees.2.l.2.v.1', 'trees.3.l.2.c']);
});
