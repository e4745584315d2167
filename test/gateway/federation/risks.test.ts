/** What is required of objects, and what else a client selects of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const links = federation('@key', '@external', '@requires', '@shareable');
const asGiven = { __resolveReference: (given: unknown) => given };

/** A shop whose totals are computed elsewhere, of items some fields of which fail. */
function createShops() {
  const fail = (text: string) => () => {
    throw new Error(text);
  };
  const stock = createSubgraph(
    'stock',
    `${links}
    type Query { shop: Shop }
    type Mutation { restock: Shop }
    type Shop @key(fields: "id") { id: ID! items: [Item!] }
    type Item @key(fields: "id") { id: ID! count: Int label: String! shelf: Shelf! }
    type Shelf { row: Int! no: Int! }`,
    {
      Query: { shop: () => ({ id: 's' }) },
      Mutation: { restock: () => ({ id: 's' }) },
      Shop: { ...asGiven, items: () => [{ id: '1' }, { id: '2' }] },
      Item: {
        ...asGiven,
        count: ({ id }: { id: string }) => Number(id) * 3,
        label: fail('No label.'),
        shelf: () => ({}),
      },
      Shelf: { row: () => 4, no: fail('No number.') },
    },
  );
  const prices = createSubgraph('prices', `${links} type Item @key(fields: "id") { id: ID! price: Int tax: Int! }`, {
    Item: { ...asGiven, price: ({ id }: { id: string }) => Number(id) * 100, tax: fail('No tax.') },
  });
  type Items = { items: { count: number; price: number; shelf: { row: number } }[] | null };
  const sum = (of: (item: NonNullable<Items['items']>[number]) => number) => (shop: Items) =>
    shop.items?.reduce((total, item) => total + of(item), 0);
  const totals = createSubgraph(
    'totals',
    `${links}
    type Shop @key(fields: "id") {
      id: ID! items: [Item!] @external
      pieces: Int @requires(fields: "items { count }")
      worth: Int @requires(fields: "items { price }")
      rows: Int @requires(fields: "items { shelf { row } }")
    }
    type Item @key(fields: "id") { id: ID! count: Int @external price: Int @external shelf: Shelf! @external }
    type Shelf { row: Int! @external }`,
    {
      Shop: {
        ...asGiven,
        pieces: sum(({ count }) => count),
        worth: sum(({ price }) => price),
        rows: sum(({ shelf }) => shelf.row),
      },
    },
  );
  return { gateway: createTestGateway([stock, prices, totals]), stock };
}

const pathsOf = ({ errors = [] }: { errors?: readonly { path?: readonly unknown[] }[] }) =>
  new Set(errors.map(({ path }) => path?.toSpliced(2, 1, '*').join('.')));

test('what fails beside a required field takes nothing from who requires it', async () => {
  for (const [query, expected, failed] of [
    ['{ shop { pieces items { label } } }', { pieces: 9, items: null }, 'shop.items.*.label'],
    ['{ shop { worth all: items { ... on Item { id tax } } } }', { worth: 300, all: null }, 'shop.all.*.tax'],
    ['{ shop { rows items { shelf { no } } } }', { rows: 8, items: null }, 'shop.items.*.shelf.no'],
    ['mutation { shop: restock { pieces items { label } } }', { pieces: 9, items: null }, 'shop.items.*.label'],
  ] as const) {
    const answer = await createShops().gateway.ask(query);
    assert.deepEqual(answer.data, { shop: expected }, query);
    assert.deepEqual(pathsOf(answer), new Set([failed]), query);
  }
});

test('where nothing can be taken away, what is required is asked for once', async () => {
  const { gateway, stock } = createShops();
  assert.deepEqual(await gateway.ask('{ shop { pieces items { id count } } }'), {
    data: {
      shop: {
        pieces: 9,
        items: [
          { id: '1', count: 3 },
          { id: '2', count: 6 },
        ],
      },
    },
  });
  assert.deepEqual(
    stock.requests.flatMap(({ query }) => query.match(/items\b/g) ?? []),
    ['items'],
  );
});
