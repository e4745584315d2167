/** Aliases that bear the names of what the planner itself asks for: keys of entities, fields that others require. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const parcels = [
  { id: '1', name: 'Lamp', weight: 3 },
  { id: '2', name: 'Sofa', weight: 40 },
];

function fail(): never {
  throw new Error('No.');
}

function open() {
  const shop = createSubgraph(
    'shop',
    `${federation('@key')}
    type Query { parcels: [Parcel!]! }
    type Subscription { packed: Parcel! }
    type Parcel @key(fields: "id") { id: ID! name: String! weight: Int! lost: String }`,
    {
      Query: { parcels: () => parcels },
      Subscription: {
        packed: {
          async *subscribe() {
            for (const packed of parcels) yield { packed };
          },
        },
      },
      Parcel: { lost: fail },
    },
  );
  const post = createSubgraph(
    'post',
    `${federation('@key', '@external', '@requires')}
    type Parcel @key(fields: "id") { id: ID! weight: Int! @external postage: Int! @requires(fields: "weight") stamps: [Stamp!]! late: String }
    type Stamp { id: ID! motif: String! }`,
    {
      Parcel: {
        __resolveReference: (reference: unknown) => reference,
        postage: ({ weight }: { weight: number }) => weight * 2,
        stamps: ({ id }: { id: string }) => [{ id: `s${id}`, motif: 'Bird' }],
        late: fail,
      },
    },
  );
  return createTestGateway([shop, post]);
}

test('an alias may bear the name of a key or of a required field', async () => {
  const { data, errors } = await open().ask(
    '{ parcels { id: stamps { id: motif motif: id } weight: name name: postage key: id stamps: __typename } }',
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    parcels: [
      { id: [{ id: 'Bird', motif: 's1' }], weight: 'Lamp', name: 6, key: '1', stamps: 'Parcel' },
      { id: [{ id: 'Bird', motif: 's2' }], weight: 'Sofa', name: 80, key: '2', stamps: 'Parcel' },
    ],
  });
});

test('an alias that repeats the name of its field changes nothing', async () => {
  const { data, errors } = await open().ask('{ parcels: parcels { id: id id name postage } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    parcels: [
      { id: '1', name: 'Lamp', postage: 6 },
      { id: '2', name: 'Sofa', postage: 80 },
    ],
  });
});

test('an alias may stand for introspection', async () => {
  const { data } = await open().ask('{ parcels: __type(name: "Stamp") { id: name } query: __typename }');
  assert.deepEqual(data, { parcels: { id: 'Stamp' }, query: 'Query' });
});

test('errors of subgraphs come with the aliases of the client', async () => {
  const { errors } = await open().ask('{ id: parcels { id: lost weight: late postage } }');
  assert.deepEqual(errors?.map(({ path }) => path?.join('.')).toSorted(), [
    'id.0.id',
    'id.0.weight',
    'id.1.id',
    'id.1.weight',
  ]);
});

test('each event of a subscription comes with the aliases of the client', async () => {
  const answers = await Array.fromAsync(
    open().follow(
      'subscription { parcel: packed { id: name name: lost weight: postage } }',
      new AbortController().signal,
    ),
  );
  assert.deepEqual(
    answers.map(({ data }) => data),
    [{ parcel: { id: 'Lamp', name: null, weight: 6 } }, { parcel: { id: 'Sofa', name: null, weight: 80 } }],
  );
  assert.deepEqual(
    answers.flatMap(({ errors }) => errors?.map(({ path }) => path?.join('.'))),
    ['parcel.name', 'parcel.name'],
  );
});
