/** Costs: weights of a real supergraph, estimates worked out by hand, and a second estimate that takes the long way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type OperationDefinitionNode, Kind, parse } from 'graphql';
import { createCostLimit } from '../../../gateway/plan/cost-limit.ts';
import { createCostEstimator } from '../../../gateway/plan/cost.ts';
import { sizeAt } from '../../../gateway/plan/input-cost.ts';
import { parseDocument } from '../../../gateway/plan/document.ts';
import { normaliseOperation } from '../../../gateway/plan/normalise.ts';
import { readWeights } from '../../../gateway/plan/weights.ts';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeForTest, createSubgraph, federation } from '../../support/subgraph.ts';

const library = createSubgraph(
  'library',
  `${federation('@cost', '@listSize', '@key')}
  type Query {
    book: Book
    priced: Int @cost(weight: 5)
    argued(by: Int @cost(weight: 10)): Int
    mood: Mood
    money: Money
    chest: Chest
    chests: [Chest]
    filtered(where: Filter): Int
    shelf: [Book]
    assumed: [Book] @listSize(assumedSize: 200, requireOneSlicingArgument: false)
    words: [String!] @listSize(assumedSize: 2000, requireOneSlicingArgument: false)
    first(first: Int, last: Int): [Book] @listSize(slicingArguments: ["first", "last"])
    either(first: Int, last: Int): [Book] @listSize(assumedSize: 7, slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
    page(first: Int = 10): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"])
    plain: Page
    any: Media
  }
  type Mutation { lend: Book }
  type Page { items: [Book] total: Int }
  interface Media { title: String }
  type Book implements Media @key(fields: "id") { id: ID title: String dear: Int @cost(weight: 3) author: Author editions: [Book!]! }
  type Author { name: String books: [Book] }
  type Chest @cost(weight: 40) { id: ID }
  enum Mood @cost(weight: 15) { GOOD BAD }
  scalar Money @cost(weight: 30)
  input Filter { dear: Int @cost(weight: 20) cheap: Int mood: Mood and: [Filter!] }`,
  {},
);
const supergraph = readSupergraph(composeForTest([library]));
const schema = supergraph.planner.apiSchema;
const options = { schema, weights: readWeights(parse(supergraph.sdl)), listSize: 10 };
const estimate = createCostEstimator(options);

function costOf(text: string, variables = {}): number {
  const document = parseDocument(text, { schema, limits: defaultConfig.limits });
  const [operation] = document.operations;
  assert.ok(operation);
  return estimate(document, operation, variables);
}

const table: readonly (readonly [text: string, cost: number, why: string])[] = [
  ['{ __typename }', 0, 'a type name is free'],
  ['{ __schema { types { name } } }', 0, 'the gateway answers introspection itself'],
  ['{ book { id title } }', 1, 'an object is 1, leaves are free'],
  ['{ book { author { name } } }', 2, 'objects add up'],
  ['{ any { title } }', 1, 'an interface is an object'],
  ['{ priced }', 5, 'a weight of a field'],
  ['{ argued(by: 3) }', 10, 'a weight of an argument that is given'],
  ['{ argued(by: null) argued2: argued }', 0, 'and not of one that is null or not given'],
  ['{ mood }', 15, 'a weight of an enum'],
  ['{ money }', 30, 'a weight of a scalar'],
  ['{ chest { id } }', 40, 'a weight of a type'],
  ['{ chests { id } }', 400, 'for each item'],
  ['{ book { dear } }', 4, 'a weight below'],
  ['{ shelf { dear } }', 40, 'for each item of a list of ten'],
  ['{ filtered(where: { dear: 10 }) }', 21, 'an input object is 1, and its fields'],
  ['{ filtered(where: { cheap: 10, mood: GOOD }) }', 16, 'a weight of an enum as input'],
  ['{ filtered(where: { and: [{ dear: 1 }, { cheap: 1 }] }) }', 23, 'items of a list of inputs'],
  ['{ assumed { id } }', 200, 'an assumed size'],
  ['{ words }', 0, 'many times nothing'],
  ['{ first(first: 5) { id } }', 5, 'a slicing argument'],
  ['{ first(last: 6) { id } }', 6, 'another one'],
  ['{ either(first: 5, last: 8) { id } }', 8, 'the larger of two'],
  ['{ either { id } }', 7, 'none: the assumed size'],
  ['{ either(first: -5) { id } }', 0, 'less than none is none'],
  ['{ page(first: 5) { items { id } total } }', 6, 'the size of a field below'],
  ['{ page { ...P } } fragment P on Page { items { id } }', 11, 'its default, through a fragment'],
  ['{ shelf { editions { id } } }', 110, 'lists of lists'],
  ['mutation { lend { id } }', 11, 'a mutation starts at ten'],
  [
    '{ book { id } ... on Query { book2: book { id } } ...F ...F } fragment F on Query { chest { id } }',
    82,
    'each spread',
  ],
  [
    '{ book @skip(if: true) { id } chest @include(if: false) { id } priced @skip(if: false) }',
    5,
    'what is left out is free',
  ],
];
for (const [text, cost, why] of table) {
  test(`${why}: ${text}`, () => assert.equal(costOf(text), cost));
}

test('variables say sizes, costs and conditions; what they do not touch is estimated once', () => {
  const sliced = 'query ($n: Int) { first(first: $n) { id } }';
  assert.equal(costOf(sliced, { n: 4 }), 4);
  const [document] = [parseDocument(sliced, { schema, limits: defaultConfig.limits })];
  const operation = document.operations[0];
  assert.ok(operation);
  assert.deepEqual(
    [2, 9].map((n) => estimate(document, operation, { n })),
    [2, 9],
  );
  assert.equal(costOf('query ($w: Filter) { filtered(where: $w) }', { w: { dear: 1, and: [{ dear: 2 }] } }), 42);
  assert.equal(costOf('query ($w: Filter) { filtered(where: $w) }'), 0);
  assert.equal(costOf('query ($n: Int) { filtered(where: { dear: $n }) }', { n: 2 }), 21);
  assert.equal(costOf('query ($no: Boolean!) { chest @skip(if: $no) { id } }', { no: true }), 0);
  assert.equal(costOf('query ($no: Boolean!) { chest @skip(if: $no) { id } }', { no: false }), 40);
});

test('a list that wants one argument to say its length refuses none and two', () => {
  for (const text of ['{ first { id } }', '{ first(first: 1, last: 2) { id } }']) {
    assert.throws(
      () => costOf(text),
      (error) => isWeftError(error, 'GRAPHQL_VALIDATION_FAILED') && error.message.includes('Query.first'),
    );
  }
});

test('a size may be a number or the length of a list, also inside an input object', () => {
  assert.equal(sizeAt(3, []), 3);
  assert.equal(sizeAt(['a', 'b'], []), 2);
  assert.equal(sizeAt({ page: { first: 4 } }, ['page', 'first']), 4);
  for (const value of [undefined, null, 'many', {}, { page: null }, { page: {} }]) {
    assert.equal(sizeAt(value, ['page', 'first']), null);
  }
  assert.equal(sizeAt({}, ['constructor', 'length']), null);
});

test('weights are read whatever their directives are called, texts or numbers', () => {
  const spec = 'https://specs.apollo.dev/cost/v0.1';
  const named = readWeights(
    parse(`schema @link(url: "${spec}", import: [{ name: "@cost", as: "@price" }, "@listSize"]) { query: Q }
      type Q { a(b: Int @price(weight: 2)): [Int] @price(weight: "1.5") @listSize(slicingArguments: ["b.c"]) c: Int @cost(weight: 9) }`),
  );
  assert.deepEqual(
    [...named.costs],
    [
      ['Q.a', 1.5],
      ['Q.a(b:)', 2],
    ],
  );
  assert.deepEqual(named.listSizes.get('Q.a')?.slicingArguments, [['b', 'c']]);
  const spaced = readWeights(
    parse(
      `schema @link(url: "${spec}", as: "c") { query: Q } type Q { a: [Int] @c(weight: 3) @c__listSize(assumedSize: 4) }`,
    ),
  );
  assert.equal(spaced.costs.get('Q.a'), 3);
  assert.equal(spaced.listSizes.get('Q.a')?.assumedSize, 4);
});

/** Random documents with fragments and conditions, and the values of their variables. */
const selections = fc.letrec<{ book: string; query: string }>((tie) => ({
  book: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(
          'id',
          'dear',
          'dear @include(if: $yes)',
          'editions { id }',
          '...B',
          '... @skip(if: $no) { dear }',
        ),
        tie('book').map((inner) => `editions { ${inner} }`),
        tie('book').map((inner) => `author { books { ${inner} } }`),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((fields) => fields.join(' ')),
  query: fc
    .array(
      tie('book').chain((inner) =>
        fc.constantFrom(
          `shelf { ${inner} }`,
          `either(first: $n) { ${inner} }`,
          `page(first: $n) { items { ${inner} } ...P }`,
          `book { ${inner} }`,
          `plain { ...P items { ${inner} } }`,
          '...Q',
          'chest { id }',
        ),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((fields) => fields.map((field, index) => field.replace(/^(\w+)/, `k${index}: $1`)).join(' ')),
}));

test('an estimate is that of the same operation with fragments and conditions resolved', () => {
  const values = fc.record({ n: fc.nat(20), yes: fc.boolean(), no: fc.boolean() });
  const fragments = `fragment B on Book { dear editions { dear @skip(if: $no) } }
    fragment P on Page { items { dear } total } fragment Q on Query { priced shelf { ...B } page(first: $n) { ...P } }`;
  fc.assert(
    fc.property(selections.query, values, (query, variables) => {
      const text = `query ($n: Int, $yes: Boolean!, $no: Boolean!) { ${query} ...Q ... on Page { ...P } } ${fragments}`;
      const ast = parse(text.replace(' ... on Page { ...P }', ''));
      const operation = ast.definitions.find(
        (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
      );
      assert.ok(operation);
      const document = { text, ast, operations: [operation], conditions: [], isDeferring: false };
      const normal = normaliseOperation(operation, ast, variables);
      const resolved = {
        ...document,
        ast: { kind: Kind.DOCUMENT, definitions: [normal] },
        operations: [normal],
      } as const;
      assert.equal(estimate(document, operation, variables), estimate(resolved, normal, variables));
    }),
    { numRuns: 300 },
  );
});

test('an operation that would cost more than the limit is refused before it is planned', async () => {
  const limits = { ...defaultConfig.limits, cost: 100 };
  const gateway = createTestGateway([library], { limits });
  const refused = await gateway.ask('query ($n: Int) { first(first: $n) { id } }', { variables: { n: 101 } });
  assert.deepEqual(
    refused.errors?.map(({ message, extensions }) => [message, extensions.code, extensions['cost']]),
    [
      [
        'Cannot run the operation: found an estimated cost of 101, wanted at most 100. Ask for fewer fields, or for shorter lists.',
        'LIMIT_EXCEEDED',
        101,
      ],
    ],
  );
  assert.equal(library.requests.length, 0);
  const allowed = await gateway.ask('query ($n: Int) { first(first: $n) { id } }', { variables: { n: 100 } });
  assert.deepEqual(allowed, { data: { first: null } });
  assert.equal(createCostLimit({ supergraph, limits: defaultConfig.limits }), null, 'nothing is estimated by default');
});
