/** Supergraphs that others composed: older and newer versions of their specifications, other habits, links of other vendors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type Resolvers, createSubgraph, federation } from '../../support/subgraph.ts';

/** Two subgraphs: books, and what they cost where they are sold. */
const books = [
  { id: '1', title: 'Ulysses' },
  { id: '2', title: 'Emma' },
];
const catalogue: Resolvers = {
  Query: { books: () => books },
  Book: { __resolveReference: ({ id }: { id: string }) => books.find((book) => book.id === id) },
};
const shop: Resolvers = {
  Book: {
    __resolveReference: (book: unknown) => book,
    price: ({ id }: { id: string }) => Number(id) * 10,
    label: ({ title, id }: { title: string; id: string }) => `${title} ${id}`,
  },
};

function createBooks(supergraph: string) {
  const a = createSubgraph(
    'catalogue',
    `${federation('@key')} type Query { books: [Book!]! } type Book @key(fields: "id") { id: ID! title: String }`,
    catalogue,
  );
  const b = createSubgraph(
    'shop',
    `${federation('@key', '@external', '@requires')} type Book @key(fields: "id") { id: ID! title: String @external price: Int label: String @requires(fields: "title") }`,
    shop,
  );
  return createTestGateway([a, b], { supergraph });
}

const types = `
enum join__Graph { CATALOGUE @join__graph(name: "catalogue", url: "http://catalogue.test") SHOP @join__graph(name: "shop", url: "http://shop.test") }
type Query @join__type(graph: CATALOGUE) @join__type(graph: SHOP) { books: [Book!]! @join__field(graph: CATALOGUE) }
type Book @join__type(graph: CATALOGUE, key: "id") @join__type(graph: SHOP, key: "id") {
  id: ID!
  title: String @join__field(graph: CATALOGUE) @join__field(graph: SHOP, external: true)
  price: Int @join__field(graph: SHOP)
  label: String @join__field(graph: SHOP, requires: "title")
}`;

const common = `
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }`;

const joinField = (more = '') =>
  `directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean${more}) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION`;

const schema = (version: string, links = '') => `schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/${version}", for: EXECUTION)
  ${links}
{ query: Query }`;

const newer = `${joinField(', overrideLabel: String, contextArguments: [join__ContextArgument!]')}
input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }
scalar join__FieldValue
scalar join__DirectiveArguments
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION`;

const supergraphs = {
  'join v0.3': [schema('v0.3'), joinField(), common, types],
  'join v0.4, with @join__directive and its arguments': [
    `schema
      @link(url: "https://specs.apollo.dev/link/v1.0")
      @link(url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION)
      @join__directive(graphs: [SHOP], name: "link", args: { url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect"] })
    { query: Query }`,
    `${joinField(', overrideLabel: String')}
    scalar join__DirectiveArguments
    directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION`,
    common,
    types.replace(
      'price: Int @join__field(graph: SHOP)',
      'price: Int @join__field(graph: SHOP) @join__directive(graphs: [SHOP], name: "connect", args: { http: { GET: "/prices" } })',
    ),
  ],
  'join v0.5': [schema('v0.5'), newer, common, types],
  'no arguments at types of all subgraphs, extensions, other orders': [
    types.replace('key: "id") {', 'key: "id", extension: true, resolvable: true) {'),
    common,
    newer,
    schema('v0.5'),
  ],
  '@tag, @inaccessible, @cost and @listSize': [
    schema(
      'v0.5',
      `@link(url: "https://specs.apollo.dev/tag/v0.3")
      @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
      @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])`,
    ),
    newer,
    `directive @tag(name: String!) repeatable on FIELD_DEFINITION | INTERFACE | OBJECT | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
    directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
    directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
    directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION`,
    common,
    types
      .replace('books: [Book!]!', 'books: [Book!]! @listSize(assumedSize: 10) @tag(name: "public")')
      .replace('price: Int', 'price: Int @cost(weight: 5)'),
  ],
} as const;

for (const [name, parts] of Object.entries(supergraphs)) {
  test(`a supergraph is served as it comes: ${name}`, async () => {
    const gateway = createBooks(parts.join('\n'));
    assert.deepEqual(await gateway.ask('{ books { title price label } }'), {
      data: {
        books: [
          { title: 'Ulysses', price: 10, label: 'Ulysses 1' },
          { title: 'Emma', price: 20, label: 'Emma 2' },
        ],
      },
    });
    const { data } = await gateway.ask('{ __schema { types { name } directives { name } } }');
    const { types: known, directives } = (data?.['__schema'] ?? {}) as {
      types: { name: string }[];
      directives: { name: string }[];
    };
    assert.deepEqual(
      [...known, ...directives].filter((one) => /^(join|link)|^(tag|inaccessible|cost|listSize)$/.test(one.name)),
      [],
    );
  });
}

test('roots may bear names of their own: clients see those', async () => {
  const rename = (text: string) => text.replaceAll(/\bQuery\b/g, 'Library');
  const supergraph = [
    rename(schema('v0.5')).replace('query: Library', 'query: Library mutation: Desk'),
    newer,
    common,
    rename(types),
    'type Desk @join__type(graph: CATALOGUE) { lend(id: ID!): Book @join__field(graph: CATALOGUE) }',
  ].join('\n');
  const a = createSubgraph(
    'catalogue',
    `${federation('@key')} schema { query: Library mutation: Desk }
    type Library { books: [Book!]! } type Desk { lend(id: ID!): Book } type Book @key(fields: "id") { id: ID! title: String }`,
    {
      Library: catalogue['Query'] ?? {},
      Desk: { lend: (_: unknown, { id }: { id: string }) => books[Number(id) - 1] },
    },
  );
  const b = createSubgraph('shop', `${federation('@key')} type Book @key(fields: "id") { id: ID! price: Int }`, {
    Book: { __resolveReference: (book: unknown) => book, price: ({ id }: { id: string }) => Number(id) * 10 },
  });
  const gateway = createTestGateway([a, b], { supergraph });
  assert.deepEqual(
    await gateway.ask('{ __typename ...F __schema { queryType { name } } } fragment F on Library { books { price } }'),
    {
      data: {
        __typename: 'Library',
        books: [{ price: 10 }, { price: 20 }],
        __schema: { queryType: { name: 'Library' } },
      },
    },
  );
  assert.deepEqual(await gateway.ask('mutation { ... on Desk { lend(id: 2) { title price } } }'), {
    data: { lend: { title: 'Emma', price: 20 } },
  });
  assert.equal((await gateway.ask('{ ... on Query { books { id } } }')).data, undefined);
});

test('rules of @authenticated, @requiresScopes and @policy bind, whoever composed the supergraph', async () => {
  const links = `@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
    @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
    @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)`;
  const definitions = `directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    scalar requiresScopes__Scope
    scalar policy__Policy`;
  const protectedTypes = types
    .replace('price: Int', 'price: Int @authenticated')
    .replace('title: String', 'title: String @requiresScopes(scopes: [["read:title"]])')
    .replace('label: String', 'label: String @policy(policies: [["adult"]])');
  const gateway = createBooks([schema('v0.5', links), newer, definitions, common, protectedTypes].join('\n'));
  const { data, errors } = await gateway.ask('{ books { id title price label } }');
  assert.deepEqual(((data?.['books'] ?? []) as unknown[])[0], { id: '1', title: null, price: null, label: null });
  assert.deepEqual(errors?.map(({ extensions }) => extensions['coordinate']).toSorted(), [
    'Book.label',
    'Book.price',
    'Book.title',
  ]);
});

test('a directive of the subgraphs’ own may be written in an operation; no subgraph is sent what it may not know', async () => {
  const links = (argument: string) => `extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.1", import: ["@key", "@composeDirective"])
    @link(url: "https://words.test/hint/v1.0", import: ["@hint"]) @composeDirective(name: "@hint")
    directive @hint(${argument}) on FIELD | QUERY
    enum Urgency { HIGH LOW }`;
  const a = createSubgraph('a', `${links('urgency: Urgency!')} type Query { one: String }`, {
    Query: { one: () => 'a' },
  });
  const b = createSubgraph('b', `${links('urgency: Urgency! = LOW')} type Query { two: String }`, {
    Query: { two: () => 'b' },
  });
  const gateway = createTestGateway([a, b]);
  const answer = await gateway.ask('query @hint { one @hint two @hint(urgency: HIGH) }');
  assert.deepEqual(answer, { data: { one: 'a', two: 'b' } });
  assert.equal(
    (await gateway.ask('{ one @hint(urgency: NONE) }')).errors?.[0]?.extensions.code,
    'GRAPHQL_VALIDATION_FAILED',
  );
});

test('what is no supergraph is refused', () => {
  for (const text of ['type Query { a: Int }', 'type Query {', schema('v0.3') + common + types]) {
    assert.throws(
      () => readSupergraph(text),
      /^WeftError: Cannot read the supergraph: found .*, wanted a supergraph schema/s,
    );
  }
});
