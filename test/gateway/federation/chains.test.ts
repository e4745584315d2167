/** Fields that require fields that require fields, over subgraphs and back again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const links = federation('@key', '@external', '@requires', '@shareable');
const asGiven = { __resolveReference: (reference: unknown) => reference };

test('a chain may come back to the subgraph that it began in', async () => {
  const desk = createSubgraph(
    'desk',
    `${links}
    type Query { notes: [Note] }
    type Note @key(fields: "id") { id: ID! isDraft: Boolean! @external isFinal: Boolean! @requires(fields: "isDraft") }
    type Writer @key(fields: "id") { id: ID! years: Int! pen: String }`,
    {
      Query: { notes: () => [{ id: 'n1' }, { id: 'n2' }] },
      Note: { ...asGiven, isFinal: ({ isDraft }: { isDraft: boolean }) => !isDraft },
      Writer: {
        __resolveReference: ({ id }: { id: string }) => ({ id, years: id === 'w1' ? 1 : 9, pen: `pen ${id}` }),
      },
    },
  );
  const press = createSubgraph(
    'press',
    `${links}
    type Note @key(fields: "id") { id: ID! writer: Writer! isDraft: Boolean! @requires(fields: "writer { years }") }
    type Writer @key(fields: "id") { id: ID! years: Int! @external }`,
    {
      Note: {
        ...asGiven,
        writer: ({ id }: { id: string }) => ({ id: id === 'n1' ? 'w1' : 'w2' }),
        isDraft: ({ writer }: { writer: { years: number } }) => writer.years < 5,
      },
      Writer: asGiven,
    },
  );
  const gateway = createTestGateway([desk, press]);
  const finals = [{ isFinal: false }, { isFinal: true }];
  assert.deepEqual(await gateway.ask('{ notes { isFinal } }'), { data: { notes: finals } });
  assert.deepEqual((await gateway.ask('{ notes { isDraft isFinal writer { pen } } }')).data, {
    notes: [
      { isDraft: true, isFinal: false, writer: { pen: 'pen w1' } },
      { isDraft: false, isFinal: true, writer: { pen: 'pen w2' } },
    ],
  });
});

test('a chain gives an object at its end', async () => {
  const desk = createSubgraph(
    'desk',
    `${links}
    type Query { notes: [Note] }
    type Note @key(fields: "id") { id: ID! by: ID @external signature: Signature @requires(fields: "by") }
    type Remark @key(fields: "id") { id: ID! by: ID }
    type Signature { hand: ID! place: Place }
    type Place { name: String }`,
    {
      Query: { notes: () => [{ id: 'n1' }] },
      Note: {
        ...asGiven,
        signature: ({ by }: { by?: string }) => by && { hand: by, place: { name: `at ${by}` } },
      },
      Remark: { __resolveReference: ({ id }: { id: string }) => ({ id, by: `hand of ${id}` }) },
    },
  );
  const press = createSubgraph(
    'press',
    `${links}
    type Note @key(fields: "id") { id: ID! remarks: [Remark] by: ID @requires(fields: "remarks { by }") }
    type Remark @key(fields: "id") { id: ID! by: ID @external }`,
    {
      Note: {
        ...asGiven,
        remarks: ({ id }: { id: string }) => [{ id: `${id}a` }, { id: `${id}b` }],
        by: ({ remarks }: { remarks?: { by: string }[] }) => remarks?.at(-1)?.by,
      },
      Remark: asGiven,
    },
  );
  const answer = await createTestGateway([desk, press]).ask('{ notes { signature { hand place { name } } by } }');
  const hand = 'hand of n1b';
  assert.deepEqual(answer, { data: { notes: [{ signature: { hand, place: { name: `at ${hand}` } }, by: hand }] } });
});

test('a subgraph is never asked for what is another one’s, however a chain passes through it', async () => {
  const left = createSubgraph(
    'left',
    `${links} type Box @key(fields: "code") { code: ID! size: Int! @shareable label: String @requires(fields: "volume") volume: Int @external }`,
    {
      Box: {
        ...asGiven,
        size: ({ code }: { code: string }) => code.length,
        label: ({ volume }: { volume: number }) => `volume ${volume}`,
      },
    },
  );
  const root = createSubgraph('root', `${links} type Query { box: Box } type Box @key(fields: "id") { id: ID! }`, {
    Query: { box: () => ({ id: 'b' }) },
  });
  const middle = createSubgraph(
    'middle',
    `${links}
    type Box @key(fields: "id") @key(fields: "code") @key(fields: "place") {
      id: ID! code: ID! place: Int!
      volume: Int @requires(fields: "height size") height: Int @external size: Int! @external
    }`,
    {
      Box: {
        __resolveReference: (box: object) => ({ id: 'b', code: 'long', place: 7, ...box }),
        volume: ({ height, size }: { height: number; size: number }) => height * size,
        size: () => assert.fail('middle has no size'),
      },
    },
  );
  const tall = createSubgraph('tall', `${links} type Box @key(fields: "place") { place: Int! height: Int }`, {
    Box: { __resolveReference: ({ place }: { place: number }) => ({ place, height: place * 10 }) },
  });
  const other = createSubgraph('other', `${links} type Box @key(fields: "id") { id: ID! size: Int! @shareable }`, {
    Box: { ...asGiven, size: () => 4 },
  });
  const gateway = createTestGateway([left, root, middle, tall, other]);
  assert.deepEqual(await gateway.ask('{ box { place: code label } }'), {
    data: { box: { place: 'long', label: 'volume 280' } },
  });
});

test('coming back with what a field requires takes a key by which the subgraph can be entered', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@shareable')}
    type Part @key(fields: "id") @key(fields: "no", resolvable: false) @key(fields: "spot { x y }", resolvable: false) {
      id: ID! no: ID! spot: Spot! name: String!
    }
    type Spot @shareable { x: Int! y: Int! z: Int! }`,
    { Part: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `part ${id}` }) } },
  );
  const b = createSubgraph(
    'b',
    `${links}
    type Query { parts: [Part!]! }
    type Part
      @key(fields: "spot { x y }", resolvable: false) @key(fields: "no", resolvable: false)
      @key(fields: "id spot { y z }") @key(fields: "id", resolvable: false) {
      id: ID! no: ID! spot: Spot! name: String! @external
      tag: String! @requires(fields: "name")
    }
    type Spot @shareable { x: Int! y: Int! z: Int! }`,
    {
      Query: { parts: () => [{ id: '1', no: 'n', spot: { x: 1, y: 2, z: 3 } }] },
      Part: {
        __resolveReference: (part: unknown) => part,
        tag: ({ id, name, spot }: { id: string; name: string; spot: unknown }) => JSON.stringify([id, name, spot]),
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ parts { id name tag } }');
  assert.equal(errors, undefined);
  const [part] = (data?.['parts'] ?? []) as { tag: string }[];
  assert.deepEqual(JSON.parse(part?.tag ?? ''), ['1', 'part 1', { y: 2, z: 3 }]);
});

test('what another subgraph overrides by a label is not asked for at the end of a chain', async () => {
  const asked: string[] = [];
  const old = createSubgraph(
    'old',
    `${links}
    type Query { shelf: Shelf }
    type Shelf @key(fields: "id") { id: ID! row: Int @external first: Book @requires(fields: "row") }
    type Book @key(fields: "id") { id: ID! title: String pages: Int }`,
    {
      Query: { shelf: () => ({ id: 's' }) },
      Shelf: { ...asGiven, first: ({ row }: { row: number }) => ({ id: `b${row}` }) },
      Book: { ...asGiven, title: () => asked.push('title') && 'old', pages: () => 7 },
    },
  );
  const young = createSubgraph(
    'young',
    `${federation('@key', '@external', '@requires', '@override')}
    type Shelf @key(fields: "id") { id: ID! row: Int first: Book @external note: String @requires(fields: "first { id }") }
    type Book @key(fields: "id") { id: ID! title: String @override(from: "old", label: "new") }`,
    {
      Shelf: {
        ...asGiven,
        row: () => 3,
        note: ({ first }: { first: { id: string } }) => `begins with ${first.id}`,
      },
      Book: { ...asGiven, title: ({ id }: { id: string }) => `title of ${id}` },
    },
  );
  const query = '{ shelf { first { title pages } note } }';
  const note = 'begins with b3';
  const off = createTestGateway([old, young]);
  assert.deepEqual(await off.ask(query), { data: { shelf: { first: { title: 'old', pages: 7 }, note } } });
  assert.deepEqual(asked.splice(0), ['title']);
  const on = createTestGateway([old, young], { labels: ['new'] });
  assert.deepEqual(await on.ask(query), { data: { shelf: { first: { title: 'title of b3', pages: 7 }, note } } });
  assert.deepEqual(asked, []);
});

test('an object of its own type is not asked for before there is what it requires', async () => {
  const rowOf = ({ id, code }: { id?: string; code?: string }) => ({
    id: id ?? code?.slice(1),
    code: code ?? `c${id}`,
  });
  const both = {
    __resolveReference: (given: { id?: string; code?: string }) => ({ ...given, ...rowOf(given) }),
  };
  const stock = createSubgraph(
    'stock',
    `${links}
    type Part @key(fields: "code") {
      code: String! id: ID! @external weight: Int made: Int @external inner: Part @external
      sum: Int @requires(fields: "inner { id made }")
    }`,
    {
      Part: {
        ...both,
        weight: ({ id }: { id: string }) => Number(id) + 10,
        sum: ({ inner }: { inner: { made: number } }) => inner.made + 1000,
      },
    },
  );
  const works = createSubgraph(
    'works',
    `${links} type Part @key(fields: "id") { id: ID! made: Int sum: Int @external price: Int @requires(fields: "sum") }`,
    {
      Part: {
        ...asGiven,
        made: ({ id }: { id: string }) => Number(id) + 100,
        price: ({ sum }: { sum: number }) => sum * 2,
      },
    },
  );
  const desk = createSubgraph(
    'desk',
    `${links}
    type Query { part: Part }
    type Part @key(fields: "id") @key(fields: "code") {
      id: ID! code: String! weight: Int @external inner: Part @requires(fields: "weight")
    }`,
    {
      Query: { part: () => rowOf({ id: '1' }) },
      Part: {
        ...both,
        inner: ({ weight }: { weight?: number }) =>
          weight === undefined ? assert.fail('no weight') : rowOf({ id: `${weight + 1}` }),
      },
    },
  );
  const gateway = createTestGateway([stock, works, desk]);
  assert.deepEqual(await gateway.ask('{ part { inner { sum price id } price } }'), {
    data: { part: { inner: { sum: 1123, price: 2246, id: '12' }, price: 2224 } },
  });
  assert.deepEqual(await gateway.ask('{ part { price: code inner { sum price id } } }'), {
    data: { part: { price: 'c1', inner: { sum: 1123, price: 2246, id: '12' } } },
  });
});
