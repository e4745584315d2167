/** Fields that are computed from fields of other subgraphs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('@requires reaches into objects, lists and fragments on types of a union', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@shareable')}
    type Query { carts: [Cart!]! }
    type Cart @key(fields: "id") { id: ID! lines: [Line!]! gift: Gift }
    type Line @shareable { count: Int! price: Price! }
    type Price @shareable { cents: Int! }
    union Gift = Card | Bow
    type Card @shareable { text: String! }
    type Bow @shareable { colour: String! }`,
    {
      Query: {
        carts: () => [
          { id: '1', lines: [{ count: 2, price: { cents: 5 } }], gift: { __typename: 'Card', text: 'Hi' } },
          { id: '2', lines: [], gift: { __typename: 'Bow', colour: 'red' } },
          { id: '3', lines: [{ count: 1, price: { cents: 7 } }], gift: null },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires', '@shareable')}
    type Cart @key(fields: "id") {
      id: ID!
      lines: [Line!]! @external
      gift: Gift @external
      total: Int @requires(fields: "lines { count price { cents } }")
      note: String @requires(fields: "gift { ... on Card { text } ... on Bow { colour } }")
    }
    type Line @shareable { count: Int! price: Price! }
    type Price @shareable { cents: Int! }
    union Gift = Card | Bow
    type Card @shareable { text: String! }
    type Bow @shareable { colour: String! }`,
    {
      Cart: {
        __resolveReference: (cart: unknown) => cart,
        total: ({ lines }: { lines: { count: number; price: { cents: number } }[] }) =>
          lines.reduce((sum, { count, price }) => sum + count * price.cents, 0),
        note: ({ gift }: { gift: { text?: string; colour?: string } | null }) => gift?.text ?? gift?.colour ?? 'none',
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ carts { id total note } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    carts: [
      { id: '1', total: 10, note: 'Hi' },
      { id: '2', total: 0, note: 'red' },
      { id: '3', total: 7, note: 'none' },
    ],
  });
});

test('@requires follows a chain over three subgraphs', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { t: [T!]! } type T @key(fields: "id") { id: ID! a: Int! }`,
    {
      Query: {
        t: () => [
          { id: '1', a: 1 },
          { id: '2', a: 2 },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')} type T @key(fields: "id") { id: ID! a: Int! @external b: Int! @requires(fields: "a") }`,
    { T: { __resolveReference: (t: unknown) => t, b: ({ a }: { a: number }) => a + 10 } },
  );
  const c = createSubgraph(
    'c',
    `${federation('@key', '@external', '@requires')} type T @key(fields: "id") { id: ID! a: Int! @external b: Int! @external c: Int! @requires(fields: "a b") }`,
    { T: { __resolveReference: (t: unknown) => t, c: ({ a, b }: { a: number; b: number }) => a * 1000 + b } },
  );
  const { data, errors } = await createTestGateway([a, b, c]).ask('{ t { c } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { t: [{ c: 1011 }, { c: 2012 }] });
});

function createParcels() {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    enum Unit { G KG }
    type Query { parcels: [Parcel!] }
    type Mutation { touch: Parcel! }
    type Parcel @key(fields: "id") { id: ID! weight(unit: Unit = G): Int! box: Box! }
    type Box @key(fields: "id") { id: ID! size(unit: Unit): Int! }`,
    {
      Query: {
        parcels: () => [
          { id: '1', box: { id: 'b1' } },
          { id: '2', box: { id: 'b2' } },
        ],
      },
      Mutation: { touch: () => ({ id: '1', box: { id: 'b1' } }) },
      Parcel: {
        weight: ({ id }: { id: string }, { unit }: { unit: string }) => Number(id) * (unit === 'KG' ? 1 : 1000),
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')}
    enum Unit { G KG }
    type Parcel @key(fields: "id") {
      id: ID!
      weight(unit: Unit = G): Int! @external
      heavy: String @requires(fields: "weight(unit: KG)")
      light: String @requires(fields: "weight(unit: G)")
      plain: String @requires(fields: "weight")
    }`,
    {
      Parcel: {
        __resolveReference: (parcel: unknown) => parcel,
        heavy: ({ weight }: { weight: number }) => `${weight} kg`,
        light: ({ weight }: { weight: number }) => `${weight} g`,
        plain: ({ weight }: { weight: number }) => `${weight} plain`,
      },
    },
  );
  return createTestGateway([a, b]);
}

test('what a field requires with arguments is not what the client asks for with others', async () => {
  const gateway = createParcels();
  for (const query of ['{ parcels { weight heavy } }', '{ parcels { heavy weight(unit: G) } }']) {
    const { data, errors } = await gateway.ask(query);
    assert.equal(errors, undefined);
    assert.deepEqual(data, {
      parcels: [
        { weight: 1000, heavy: '1 kg' },
        { weight: 2000, heavy: '2 kg' },
      ],
    });
  }
  const { data } = await gateway.ask('{ parcels { weight(unit: KG) w: weight light } }');
  assert.deepEqual(data, {
    parcels: [
      { weight: 1, w: 1000, light: '1000 g' },
      { weight: 2, w: 2000, light: '2000 g' },
    ],
  });
});

test('two fields may require one field with different arguments in one operation', async () => {
  const { data, errors } = await createParcels().ask('{ parcels { id heavy light plain } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    parcels: [
      { id: '1', heavy: '1 kg', light: '1000 g', plain: '1000 plain' },
      { id: '2', heavy: '2 kg', light: '2000 g', plain: '2000 plain' },
    ],
  });
});

test('parts of one operation keep to themselves until the answer, errors included', async () => {
  const gateway = createParcels();
  const { data, errors } = await gateway.ask(
    '{ a: parcels { light ...F } b: parcels { heavy box { size(unit: G) } } } fragment F on Parcel { h: heavy }',
  );
  assert.deepEqual(data, {
    a: [
      { light: '1000 g', h: '1 kg' },
      { light: '2000 g', h: '2 kg' },
    ],
    b: null,
  });
  assert.deepEqual(
    errors?.map(({ path }) => path),
    [['b', 0, 'box', 'size']],
  );
});

test('a mutation happens once, however its answer is put together', async () => {
  const { data, errors } = await createParcels().ask('mutation { touch { heavy light weight } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { touch: { heavy: '1 kg', light: '1000 g', weight: 1000 } });
});

test('the chain of one field may require one field in several ways', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@external', '@requires')}
    type Query { t: [T!]! }
    type T @key(fields: "id") { id: ID! w(by: Int! = 1): Int }`,
    {
      Query: { t: () => [{ id: '1' }, { id: '2' }] },
      T: {
        __resolveReference: (t: unknown) => t,
        w: ({ id }: { id: string }, { by }: { by: number }) => Number(id) * by,
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')}
    type T @key(fields: "id") { id: ID! w(by: Int! = 1): Int @external ab: Int @requires(fields: "w(by: 10)") }`,
    { T: { __resolveReference: (t: unknown) => t, ab: ({ w }: { w: number }) => w + 5 } },
  );
  const c = createSubgraph(
    'c',
    `${federation('@key', '@external', '@requires')}
    type T @key(fields: "id") {
      id: ID!
      w(by: Int! = 1): Int @external
      ab: Int @external
      sum: String @requires(fields: "ab w(by: 100)")
      plain: String @requires(fields: "w ab")
    }`,
    {
      T: {
        __resolveReference: (t: unknown) => t,
        sum: ({ ab, w }: { ab: number; w: number }) => `${ab} ${w}`,
        plain: ({ ab, w }: { ab: number; w: number }) => `${ab} ${w} plain`,
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b, c]).ask('{ t { plain sum ab w(by: 7) } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    t: [
      { plain: '15 1 plain', sum: '15 100', ab: 15, w: 7 },
      { plain: '25 2 plain', sum: '25 200', ab: 25, w: 14 },
    ],
  });
});

test('an error of what a field requires is reported at that field', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { t: [T!]! } type T @key(fields: "id") { id: ID! a: Int }`,
    {
      Query: {
        t: () => [
          { id: '1', a: 1 },
          {
            id: '2',
            a: () => {
              throw new Error('No a.');
            },
          },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@external', '@requires')} type T @key(fields: "id") { id: ID! a: Int @external b: Int @requires(fields: "a") c: Int }`,
    {
      T: {
        __resolveReference: (t: unknown) => t,
        b: ({ a }: { a: number | null }) => (a === null ? null : a + 10),
        c: () => 3,
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ t { b c } }');
  assert.deepEqual(data, {
    t: [
      { b: 11, c: 3 },
      { b: null, c: 3 },
    ],
  });
  assert.deepEqual(
    errors?.map(({ path }) => path),
    [['t', 1, 'b']],
  );
});

test('an error of what a required object’s field requires is reported at the field that began it', async () => {
  const asGiven = { __resolveReference: (given: unknown) => given };
  const yard = createSubgraph(
    'yard',
    `${federation('@key')} type Query { ship: Ship } type Ship @key(fields: "id") { id: ID! sister: Ship crane: Crane depth: Int }
    union Crane = Jib | Gantry type Jib @key(fields: "id") { id: ID! } type Gantry @key(fields: "id") { id: ID! }`,
    {
      Query: { ship: () => ({ id: '1' }) },
      Ship: {
        ...asGiven,
        sister: () => ({ id: '2' }),
        crane: ({ id }: { id: string }) => ({ __typename: 'Jib', id }),
        depth: () => {
          throw new Error('No sounding.');
        },
      },
    },
  );
  const works = createSubgraph(
    'works',
    `${federation('@key', '@external', '@requires')}
    type Ship @key(fields: "id") { id: ID! depth: Int @external draught: Int @requires(fields: "depth") }
    type Jib @key(fields: "id") { id: ID! force: Int reach: Int @external load: Int @requires(fields: "reach") }`,
    { Ship: { ...asGiven, draught: () => 3 }, Jib: { ...asGiven, force: () => 8, load: () => 5 } },
  );
  const hoists = createSubgraph('hoists', `${federation('@key')} type Jib @key(fields: "id") { id: ID! reach: Int }`, {
    Jib: {
      ...asGiven,
      reach: () => {
        throw new Error('No reach.');
      },
    },
  });
  const pilot = createSubgraph(
    'pilot',
    `${federation('@key', '@external', '@requires', '@shareable')}
    type Ship @key(fields: "id") {
      id: ID! sister: Ship @external draught: Int @external crane: Crane @external
      route: String @requires(fields: "sister { draught }") berth: String @requires(fields: "crane { ... on Jib { load } }")
    }
    union Crane = Jib | Gantry
    type Jib @key(fields: "id") { id: ID! load: Int @external } type Gantry @key(fields: "id") { id: ID! }`,
    { Ship: { ...asGiven, route: () => 'north', berth: () => 'east' } },
  );
  const gateway = createTestGateway([yard, works, hoists, pilot]);
  const { data, errors } = await gateway.ask('{ ship { id way: route berth } }');
  assert.deepEqual(data, { ship: { id: '1', way: 'north', berth: 'east' } });
  assert.deepEqual(errors?.map(({ path, message }) => [path?.join('.'), message]).toSorted(), [
    ['ship.berth', 'No reach.'],
    ['ship.way', 'No sounding.'],
  ]);
});
