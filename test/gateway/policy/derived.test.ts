/** Fields that tell of others: what they are derived from, and the counts and pages of rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PruneOptions } from '../../../gateway/policy/prune.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { prune } from '../../support/pruned.ts';
import { composeRuled } from '../../support/ruled.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

/** Coordinates that are denied, with the rules that deny them. */
function deniedIn(sdl: string, query: string, options: Partial<PruneOptions> = {}): readonly (readonly string[])[] {
  return prune(sdl, query, options).denied.map(({ coordinate, rule }) => [coordinate, rule.coordinate]);
}

const people = `
  type Query { person: Person oldest: Int @derivedFrom(coordinates: ["Person.age"]) adults: Int @derivedFrom(coordinates: ["Person"]) }
  type Person @rows(where: "object.public") {
    email: String @authenticated
    domain: String @derivedFrom(coordinates: ["Person.email"])
    country: String @derivedFrom(coordinates: ["Person.domain"])
    digest: String @derivedFrom(coordinates: ["Person.email"], masking: true)
    phone: String @mask(with: LAST4)
    prefix: String @derivedFrom(coordinates: ["Person.phone"])
    same: String @mask(with: LAST4) @derivedFrom(coordinates: ["Person.phone"])
    other: String @mask(with: FIRST1) @derivedFrom(coordinates: ["Person.phone"])
    none: String @mask(with: REDACT) @derivedFrom(coordinates: ["Person.phone"])
    gone: String @mask(with: NULL) @derivedFrom(coordinates: ["Person.phone"])
    age: Int
    decade: Int @derivedFrom(coordinates: ["Person.age"])
    rank: Int @derivedFrom(coordinates: ["Person"])
    score: Score
  }
  type Score @derivedFrom(coordinates: ["Person.email"]) { value: Int }`;

const inPerson = (fields: string) => deniedIn(people, `{ person { ${fields} } }`);

test('what is derived from a denied field is denied by its rule, by way of others too, unless that masks it', () => {
  assert.deepEqual(inPerson('domain country digest'), [
    ['Person.domain', 'Person.email'],
    ['Person.country', 'Person.email'],
  ]);
});

test('what is derived from a masked field is denied unless it is masked as strictly', () => {
  assert.deepEqual(inPerson('prefix same other none gone'), [
    ['Person.prefix', 'Person.phone'],
    ['Person.other', 'Person.phone'],
  ]);
});

test('what is made of rows that are filtered is denied, but not what goes with its own row', () => {
  assert.deepEqual(inPerson('decade age'), []);
  assert.deepEqual(inPerson('rank'), [['Person.rank', 'Person']]);
  assert.deepEqual(deniedIn(people, '{ oldest adults }'), [
    ['Query.oldest', 'Person'],
    ['Query.adults', 'Person'],
  ]);
});

test('one that counts the rows alone that the subject sees is not', () => {
  const isSafeAggregate = (coordinate: string) => coordinate === 'Query.adults';
  assert.deepEqual(deniedIn(people, '{ oldest adults }', { isSafeAggregate }), [['Query.oldest', 'Person']]);
});

test('a whole type that is derived from something denied is denied', () => {
  assert.deepEqual(inPerson('score { value }'), [['Person.score', 'Person.email']]);
});

test('what is made of a field that gives rows is made of these rows, unless it gives them itself', () => {
  const sdl = `
    type Query {
      orders: [Order] page: OrderConnection
      count: Int @derivedFrom(coordinates: ["Query.orders"])
      pages: Int @derivedFrom(coordinates: ["Query.page"])
      late: [Order] @derivedFrom(coordinates: ["Query.orders"])
      next: Order @derivedFrom(coordinates: ["Query.count"])
    }
    type OrderConnection { nodes: [Order] }
    type Order @rows(where: "object.open") { id: ID }`;
  assert.deepEqual(deniedIn(sdl, '{ count pages late { id } next { id } }'), [
    ['Query.count', 'Order'],
    ['Query.pages', 'Order'],
    ['Query.next', 'Order'],
  ]);
});

test('sources that are derived from one another come to an end', () => {
  const sdl = `type Query {
    a: Int @derivedFrom(coordinates: ["Query.b"]) b: Int @derivedFrom(coordinates: ["Query.a", "Query.c", "Nowhere.at"])
    c: Int @authenticated
  }`;
  assert.deepEqual(deniedIn(sdl, '{ a b }'), [
    ['Query.a', 'Query.c'],
    ['Query.b', 'Query.c'],
  ]);
});

const pages = `
  type Query { orders: Orders list: Page firms: Firms shop: Shop parties: Parties }
  type Order @rows(where: "object.open") { id: ID total: Int }
  type Firm { id: ID }
  union Party = Order | Firm
  type PageInfo { endCursor: String }
  type Orders { edges: [Edge!] nodes: [Order!]! first: Order totalCount: Int pageInfo: PageInfo sum(of: String): Sum }
  type Edge { node: Order! cursor: String note: String }
  type Sum { total: Int }
  type Page { items: [Order] count: Int }
  type Firms { edges: [FirmEdge] totalCount: Int pageInfo: PageInfo }
  type FirmEdge { node: Firm cursor: String }
  type Parties { nodes: [Party] total: Int }
  type Shop { name: String items: [Order] totalCount: Int }`;

test('counts and pages of a connection are denied to whom some of its rows do not exist', () => {
  const query = `{
    orders { edges { node { total } cursor note } nodes { id } first { id } totalCount pageInfo { endCursor } sum { total } }
    list { items { id } count }
    firms { edges { node { id } cursor } totalCount pageInfo { endCursor } }
    parties { nodes { __typename } total }
  }`;
  assert.deepEqual(
    deniedIn(pages, query),
    ['Orders.totalCount', 'Orders.pageInfo', 'Orders.sum', 'Page.count', 'Parties.total'].map((coordinate) => [
      coordinate,
      'Order',
    ]),
  );
  const isSafeAggregate = (coordinate: string) => coordinate !== 'Page.count';
  assert.deepEqual(deniedIn(pages, query, { isSafeAggregate }), [['Page.count', 'Order']]);
});

test('of a thing with a key that only has such rows, its other fields tell of itself', () => {
  const isEntity = (type: string) => type === 'Shop';
  assert.deepEqual(deniedIn(pages, '{ shop { name items { id } totalCount } }', { isEntity }), [
    ['Shop.totalCount', 'Order'],
  ]);
});

test('a field that gives the rows themselves stays: those that do not exist are left out of it', () => {
  const sdl = `type Query { people: [Person] @derivedFrom(coordinates: ["Person"]) first: Being @derivedFrom(coordinates: ["Person"]) named: [Name] @derivedFrom(coordinates: ["Person"]) }
    interface Being { name: String } type Person implements Being @rows(where: "object.public") { name: String public: Boolean } type Name { text: String }`;
  assert.deepEqual(deniedIn(sdl, '{ people { name } first { name } named { text } }'), [['Query.named', 'Person']]);
});

test('counts are asked of those subgraphs alone that leave out what the subject does not see', async () => {
  const sdl = `${federation('@key', '@shareable')} type Query { page: Page total: Int! @shareable } type Page { items: [Order!]! count: Int }
    type Order @key(fields: "id") { id: ID! open: Boolean }`;
  const orders = createSubgraph('orders', sdl, {
    Query: {
      page: () => ({
        items: [
          { id: '1', open: true },
          { id: '2', open: false },
        ],
        count: 424242,
      }),
      total: () => 424242,
    },
  });
  const other = createSubgraph('other', `${federation('@shareable')} type Query { total: Int! @shareable }`, {});
  const rules = {
    Order: '@weft__rows(where: "object.open")',
    'Query.total': '@weft__derivedFrom(coordinates: ["Order"])',
  };
  const supergraph = composeRuled([orders, other], rules);
  const foreign = createTestGateway([orders, other], { supergraph });
  const answer = await foreign.ask('{ page { items { id } count } }');
  assert.deepEqual(answer.data, { page: { items: [{ id: '1' }], count: null } });
  assert.deepEqual(
    answer.errors?.map(({ extensions }) => extensions['coordinate']),
    ['Page.count'],
  );
  assert.doesNotMatch(orders.requests.map(({ query }) => query).join(), /count/);
  const safe = { ...orders, appliesFilters: true };
  const own = createTestGateway([safe, other], { supergraph });
  assert.deepEqual((await own.ask('{ page { count } }')).data, { page: { count: 424242 } });
  assert.equal((await own.ask('{ total }')).data, null, 'another subgraph gives it too');
});
