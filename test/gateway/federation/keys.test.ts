/** Entities by their keys: several, nested, compound, and keys that a subgraph does not resolve. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('a subgraph between two others leads from one key to the next', async () => {
  const shop = createSubgraph(
    'shop',
    `${federation('@key')}
    type Query { items: [Item] }
    type Item @key(fields: "sku") { sku: ID! title: String }`,
    { Query: { items: () => [{ sku: 'a', title: 'Lamp' }, null, { sku: 'b', title: 'Sofa' }] } },
  );
  const index = createSubgraph(
    'index',
    `${federation('@key')} type Item @key(fields: "sku") @key(fields: "ean") { sku: ID! ean: Int! }`,
    { Item: { __resolveReference: ({ sku }: { sku: string }) => ({ sku, ean: sku === 'a' ? 1 : 2 }) } },
  );
  const stock = createSubgraph(
    'stock',
    `${federation('@key')} type Item @key(fields: "ean") { ean: Int! count: Int }`,
    {
      Item: { __resolveReference: ({ ean }: { ean: number }) => ({ ean, count: ean * 10 }) },
    },
  );
  const { data, errors } = await createTestGateway([shop, index, stock]).ask('{ items { count title } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { items: [{ count: 10, title: 'Lamp' }, null, { count: 20, title: 'Sofa' }] });
});

test('a key may be compound and reach into objects and lists of them', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@shareable')}
    type Query { desks: [Desk!]! }
    type Desk @key(fields: "number room { code building { name } } tags { id }") { number: Int! room: Room! tags: [Tag!]! }
    type Room @shareable { code: String! building: Building! }
    type Building @shareable { name: String! }
    type Tag @shareable { id: ID! }`,
    {
      Query: {
        desks: () =>
          [1, 2].map((number) => ({
            number,
            room: { code: 'r', building: { name: 'North' } },
            tags: [{ id: 'x' }, { id: `${number}` }],
          })),
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@shareable')}
    type Desk @key(fields: "number room { code building { name } } tags { id }") { number: Int! room: Room! tags: [Tag!]! owner: String }
    type Room @shareable { code: String! building: Building! }
    type Building @shareable { name: String! }
    type Tag @shareable { id: ID! }`,
    {
      Desk: {
        __resolveReference: (desk: unknown) => desk,
        owner: (desk: { number: number; room: { building: { name: string } }; tags: { id: string }[] }) =>
          `${desk.number} ${desk.room.building.name} ${desk.tags.map(({ id }) => id).join()}`,
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ desks { owner room { code } } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    desks: [
      { owner: '1 North x,1', room: { code: 'r' } },
      { owner: '2 North x,2', room: { code: 'r' } },
    ],
  });
});

test('keys that several subgraphs mix are each told apart', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    type Query { pairs: [User!]! }
    type User @key(fields: "id") @key(fields: "name age") { id: ID! name: String! age: Int! }`,
    {
      Query: {
        pairs: () => [
          { id: '1', name: 'Ann', age: 1 },
          { id: '2', name: 'Ann', age: 2 },
          { id: '3', name: 'Bob', age: 1 },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')} type User @key(fields: "name age") { name: String! age: Int! b: String }`,
    {
      User: {
        __resolveReference: (user: { name: string; age: number }) => ({ ...user, b: `${user.name}${user.age}` }),
      },
    },
  );
  const c = createSubgraph('c', `${federation('@key')} type User @key(fields: "id") { id: ID! c: String }`, {
    User: { __resolveReference: ({ id }: { id: string }) => ({ id, c: `c${id}` }) },
  });
  const { data, errors } = await createTestGateway([a, b, c]).ask('{ pairs { b c } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    pairs: [
      { b: 'Ann1', c: 'c1' },
      { b: 'Ann2', c: 'c2' },
      { b: 'Bob1', c: 'c3' },
    ],
  });
});

test('a subgraph that names a key without resolving it is left by that key, never entered', async () => {
  const reviews = createSubgraph(
    'reviews',
    `${federation('@key')}
    type Query { reviews: [Review!]! }
    type Review { text: String! book: Book! }
    type Book @key(fields: "isbn", resolvable: false) { isbn: ID! }`,
    { Query: { reviews: () => [{ text: 'Good', book: { isbn: '1' } }] } },
  );
  const books = createSubgraph(
    'books',
    `${federation('@key')} type Query { book: Book } type Book @key(fields: "isbn") { isbn: ID! title: String }`,
    {
      Query: { book: () => ({ isbn: '2', title: 'Two' }) },
      Book: { __resolveReference: ({ isbn }: { isbn: string }) => ({ isbn, title: `T${isbn}` }) },
    },
  );
  const gateway = createTestGateway([reviews, books]);
  const { data, errors } = await gateway.ask('{ reviews { text book { title } } book { isbn title } }');
  assert.equal(errors, undefined);
  assert.deepEqual(data, { reviews: [{ text: 'Good', book: { title: 'T1' } }], book: { isbn: '2', title: 'Two' } });
});

test('entities stand in lists of lists, and one that is not found is null', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    type Query { grid: [[Cell]!]! }
    type Cell @key(fields: "id") { id: ID! }`,
    { Query: { grid: () => [[{ id: '1' }, null], [], [{ id: '2' }, { id: '1' }]] } },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')} type Cell @key(fields: "id") { id: ID! value: Int next: Cell }`,
    {
      Cell: {
        __resolveReference: ({ id }: { id: string }) => (id === '1' ? { id, value: 1, next: { id: '2' } } : null),
      },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask('{ grid { id value next { id value } } }');
  assert.equal(errors, undefined);
  const one = { id: '1', value: 1, next: { id: '2', value: null } };
  assert.deepEqual(data, { grid: [[one, null], [], [{ id: '2', value: null, next: null }, one]] });
});
