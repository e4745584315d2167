/** What is left of a schema for a subject: always a schema, and nothing of what it is denied. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type GraphQLSchema,
  buildSchema,
  introspectionFromSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  printSchema,
  validate,
  validateSchema,
  buildClientSchema,
} from 'graphql';
import { findHidden, hiddenNames } from '../../../gateway/policy/hidden.ts';
import { buildVisibleSchema } from '../../../gateway/policy/visible-schema.ts';
import type { Rule } from '../../../mesh/policy/rules.ts';
import { denialOf } from '../../../mesh/policy/reason.ts';
import type { Verdict } from '../../../mesh/policy/view.ts';

const sdl = `
  type Query { shop(id: ID!, by: Order = PRICE): Shop items(where: Where, first: Int! = 3): [Item] node: Node find(kind: Kind!): Hit deep: Deep }
  type Mutation { buy(what: Purchase!): Receipt }
  interface Node { id: ID! note(lang: Lang = EN): String }
  interface Priced implements Node { id: ID! note(lang: Lang = EN): String price(in: Currency): Float }
  type Item implements Priced & Node { id: ID! note(lang: Lang = EN): String price(in: Currency): Float kind: Kind maker: Maker }
  type Maker implements Node { id: ID! note(lang: Lang = EN): String items: [Item!]! }
  type Shop { name: String hits: [Hit] }
  union Hit = Item | Maker | Ghost
  type Ghost { boo: Int }
  type Receipt { total: Float at: Date }
  type Deep { deeper: Deeper }
  type Deeper { deepest: Deep end: Bottom }
  type Bottom { x: Int of: Item }
  type Lone { bottom: Bottom item: Item }
  scalar Date
  enum Order { PRICE NAME }
  enum Kind { TOY TOOL }
  enum Lang { EN NL }
  enum Currency { EUR USD }
  input Where { kind: Kind = TOY and: [Where!] price: Range near: Near! = { lat: 1 } }
  input Range { from: Float to: Float }
  input Near { lat: Float lng: Float }
  input Purchase { item: ID! gift: Gift }
  input Gift { text: String wrap: Kind! }
`;
const schema = buildSchema(sdl);

function coordinatesOf(all: GraphQLSchema): readonly string[] {
  return Object.values(all.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) return [];
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => `${type.name}.${name}`)];
    if (isInputObjectType(type))
      return [type.name, ...Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)];
    if (!isObjectType(type) && !isInterfaceType(type)) return [type.name];
    const fields = Object.values(type.getFields()).flatMap(({ name, args }) => [
      `${type.name}.${name}`,
      ...args.map((argument) => `${type.name}.${name}(${argument.name}:)`),
    ]);
    return [type.name, ...fields];
  });
}

/** What is left where these coordinates are denied. */
function leave(denied: readonly string[]) {
  const rules = new Map(
    denied.map((coordinate): [string, Rule[]] => [
      coordinate,
      [{ kind: 'authenticated', coordinate, text: '@authenticated' }],
    ]),
  );
  const verdicts = { get: (rule: Rule): Verdict => denialOf(rule, 'ANONYMOUS') };
  const hidden = findHidden({ schema, policy: { rules, derivations: new Map() }, verdicts });
  return { hidden, left: buildVisibleSchema(schema, hidden) };
}

const all = coordinatesOf(schema);

test('whatever is denied, what is left is a schema of what is not', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...all), { maxLength: 8 }), (denied) => {
      const { hidden, left } = leave(denied);
      const read = buildClientSchema(introspectionFromSchema(left));
      assert.deepEqual(validateSchema(read), [], denied.join(' '));
      assert.deepEqual(validateSchema(buildSchema(printSchema(left))), []);
      const shown = new Set(coordinatesOf(left));
      for (const coordinate of denied.filter((one) => one !== 'Query')) assert.ok(!shown.has(coordinate), coordinate);
      for (const coordinate of shown) assert.ok(all.includes(coordinate) || coordinate === 'Query._', coordinate);
      for (const name of hiddenNames(hidden, schema)) {
        if (name !== 'Query')
          assert.doesNotMatch(printSchema(left), new RegExp(`\\b${name}\\b`), `${name} of ${denied.join(' ')}`);
      }
    }),
    { numRuns: 300 },
  );
});

const documents = [
  '{ shop(id: 1) { name hits { ... on Item { id price } ... on Ghost { boo } } } }',
  '{ items(where: { kind: TOOL, price: { from: 1 } }, first: 2) { id maker { id items { note(lang: NL) } } } }',
  '{ node { id note ... on Priced { price(in: USD) } ... on Maker { items { kind } } } }',
  'query ($k: Kind!) { find(kind: $k) { __typename ... on Node { id } } }',
  'mutation ($p: Purchase!) { buy(what: $p) { total at } }',
  '{ deep { deeper { end { x } } } items { id } }',
].map((text) => parse(text));

test('a document that fits what is left fits the whole', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...all), { maxLength: 5 }),
      fc.constantFrom(...documents),
      (denied, document) => {
        const { left } = leave(denied);
        if (validate(left, document).length === 0) assert.deepEqual(validate(schema, document), []);
      },
    ),
    { numRuns: 300 },
  );
});

describe('what goes with what is denied', () => {
  const cases: readonly (readonly [
    what: string,
    denied: readonly string[],
    gone: readonly string[],
    left: readonly string[],
  ])[] = [
    ['a type takes the fields that give it', ['Maker'], ['Item.maker'], ['Item', 'Node', 'Hit']],
    ['what only hidden fields lead to', ['Query.deep'], ['Deep', 'Deeper', 'Bottom'], ['Query.items']],
    ['also from types to which nothing leads', ['Query.deep'], ['Lone.bottom'], ['Lone.item']],
    ['a value takes nothing but itself', ['Kind.TOOL'], [], ['Kind', 'Kind.TOY', 'Item.kind']],
    ['an argument that must be given takes its field', ['Query.find(kind:)'], ['Query.find'], ['Kind']],
    [
      'an argument that may be left out goes alone',
      ['Query.items(where:)'],
      ['Where', 'Range', 'Near'],
      ['Query.items'],
    ],
    [
      'an input field that must be given takes its type',
      ['Gift.wrap'],
      ['Gift', 'Purchase.gift'],
      ['Mutation.buy', 'Purchase'],
    ],
    [
      'and that takes what must be given it',
      ['Purchase.item'],
      ['Purchase', 'Mutation.buy', 'Mutation', 'Receipt', 'Date'],
      ['Query'],
    ],
    [
      'a member takes its union when it is the last',
      ['Item', 'Maker', 'Ghost'],
      ['Hit', 'Query.find', 'Shop.hits'],
      ['Shop.name'],
    ],
    [
      'a field of one implementation takes that of the interface',
      ['Maker.note'],
      ['Node.note'],
      ['Item.note', 'Priced'],
    ],
  ];
  for (const [what, denied, gone, stays] of cases) {
    test(what, () => {
      const shown = new Set(coordinatesOf(leave(denied).left));
      for (const coordinate of [...denied, ...gone]) assert.ok(!shown.has(coordinate), coordinate);
      for (const coordinate of stays) assert.ok(shown.has(coordinate), coordinate);
    });
  }

  test('a default that names what is hidden is not told, and what had it may be left out', () => {
    const printed = printSchema(leave(['Order.PRICE', 'Near.lat', 'Lang.EN']).left);
    assert.match(printed, /by: Order\)/);
    assert.match(printed, /near: Near\n/);
    assert.match(printed, /note\(lang: Lang\)/);
  });
});
