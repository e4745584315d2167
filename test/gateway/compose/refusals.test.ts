/** What composition refuses: a policy that would be lost, weakened or gone around, where it stands and with a way out. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compose, links, refusals, refusalsOf } from './mesh.ts';

/** The one refusal of these subgraphs. */
function refusal(...sdls: string[]): string {
  const all = refusalsOf(sdls);
  assert.equal(all.length, 1, all.join('\n'));
  return all[0] ?? '';
}

function accepts(...sdls: string[]): void {
  assert.deepEqual(refusalsOf(sdls), []);
}

test('a refusal shows the place in the subgraph', () => {
  const [error] = refusals(['type Query {\n  a: Int @mask(with: LAST4)\n}']);
  assert.equal(error?.at?.file, 'a.graphql');
  assert.deepEqual([error.at.line, error.at.column], [4, 10]);
  assert.match(error.at.frame ?? '', /> 4 \|   a: Int @mask\(with: LAST4\)\n +\| +\^/);
  assert.match(
    error.message,
    /^Cannot mask "Query\.a" with LAST4: found a field of type Int, wanted one of REDACT, NULL, HASH, ROUND, BUCKET\. /,
  );
});

test('every mistake of every subgraph is told at once', () => {
  const all = refusalsOf(['type Query { a: Int @mask(with: NOPE) }', 'type Query { b: Int @classified(as: []) }']);
  assert.equal(all.length, 2);
  assert.match(all[0] ?? '', /^a\.graphql:3 Cannot read mask "NOPE"/);
  assert.match(all[1] ?? '', /^b\.graphql:3 .* found an empty "as"/);
});

describe('directives that would be lost', () => {
  const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])\n';
  for (const [what, sdl, words] of [
    [
      'look like ours and are not linked',
      `${federation}type Query { a: String @mask(with: HASH) } directive @mask(with: String) on FIELD_DEFINITION`,
      /^a\.graphql:2 Cannot tell whether "@mask" at "Query\.a" is a rule: found no link that gives it this name/,
    ],
    [
      'stand in a namespace that is not linked',
      `${federation}type Query { a: String @weft__purpose(allow: "p") }`,
      /"@weft__purpose" at "Query\.a"/,
    ],
    [
      'look like the standard ones and are not linked',
      `${federation}type Query { a: String @authenticated } directive @authenticated on FIELD_DEFINITION`,
      /"@authenticated" at "Query\.a"/,
    ],
    [
      'are imported under another name and used under their own',
      `${federation}extend schema @link(url: "https://weft.dev/weft/v1.0", import: [{ name: "@mask", as: "@veil" }]) type Query { a: String @mask(with: HASH) }`,
      /"@mask" at "Query\.a"/,
    ],
    [
      'come from a version that nobody knows',
      `${federation}extend schema @link(url: "https://weft.dev/weft/v9.0", import: ["@mask"]) type Query { a: String @mask(with: HASH) }`,
      /Cannot link "https:\/\/weft\.dev\/weft\/v9\.0"/,
    ],
    [
      'come from an address that is nearly ours',
      `${federation}extend schema @link(url: "http://weft.dev/weft/v1.0", import: ["@mask"]) type Query { a: String @mask(with: HASH) }`,
      /Cannot link "http:\/\/weft\.dev/,
    ],
    [
      'stand where they cannot',
      `${links}type Query { a(x: Int @mask(with: HASH)): Int }`,
      /Cannot read "@mask" at "Query\.a\(x:\)": found it on ARGUMENT_DEFINITION, wanted it on FIELD_DEFINITION/,
    ],
    [
      'stand at the schema, where they bind nothing',
      `${links}extend schema @authenticated type Query { a: Int }`,
      /Cannot bind anything by "@authenticated" here/,
    ],
    [
      'have an argument of another name',
      `${links}type Query { a: Int @classified(ass: ["PII"]) }`,
      /found an argument "ass", wanted one of as/,
    ],
    [
      'lack an argument',
      `${links}type Query { a: Int @requiresScopes }`,
      /Cannot read "@requiresScopes" at "Query\.a"/,
    ],
    [
      'have a value of another type',
      `${links}type Query { a: String @mask(with: HASH, unless: 7) }`,
      /Cannot read "@mask" at "Query\.a"/,
    ],
    [
      'have a condition that cannot be read',
      `${links}type Query { a: A } type A @rows(where: "object.b ==") { b: Int }`,
      /Cannot read condition "object\.b =="/,
    ],
  ] as const) {
    test(`are refused when they ${what}`, () => {
      assert.match(refusalsOf([sdl])[0] ?? '', words);
    });
  }

  test('are taken for something else when they are linked from elsewhere', () => {
    accepts(
      `${federation}extend schema @link(url: "https://masks.example/masks/v1.0", import: ["@mask"]) type Query { a: String @mask } directive @mask on FIELD_DEFINITION`,
    );
  });
});

describe('masks', () => {
  for (const [type, masks] of [
    ['Int', 'LAST4 FIRST1 EMAIL YEAR MONTH'],
    ['Float', 'LAST4 EMAIL'],
    ['String', 'ROUND(10) BUCKET(5)'],
    ['Boolean', 'HASH LAST4 ROUND(10)'],
    ['E', 'HASH LAST4 YEAR'],
    ['O', 'REDACT HASH LAST4'],
    ['String!', 'NULL'],
    ['[O!]', 'REDACT'],
    ['Blob', 'REDACT HASH LAST4 YEAR'],
    ['Blob!', 'NULL'],
    ['Date', 'HASH LAST4 ROUND(1)'],
  ] as const) {
    for (const mask of masks.split(' ')) {
      test(`${mask} is refused on ${type}`, () => {
        const sdl = `type Query { a: ${type} @mask(with: "${mask}") } enum E { ONE } type O { b: Int } scalar Blob scalar Date`;
        assert.match(refusal(sdl), /Cannot mask "Query\.a" with/);
      });
    }
  }

  test('are taken where they fit', () => {
    accepts(`type Query { a: Int @mask(with: ROUND, n: 10) b: [String!] @mask(with: NULL) c: [[ID!]!]! @mask(with: HASH) d: E @mask(with: REDACT)
      e: Date! @mask(with: YEAR) f: Blob @mask(with: NULL) g: Boolean! @mask(with: REDACT) h: O @mask(with: NULL) i: LocalDateTime @mask(with: REDACT) }
      enum E { ONE } type O { b: Int } scalar Blob scalar Date scalar LocalDateTime`);
  });
});

describe('row conditions are refused when they read', () => {
  const rows = (where: string): string =>
    `type Query { a: A } type A @rows(where: ${JSON.stringify(where)}) { b: B c: Int d(x: Int!): Int e: Int @inaccessible } type B { f: String }`;
  for (const [where, words] of [
    ['object.nope == 1', /"object\.nope", which A does not have, wanted one of b, c, d, e/],
    ['object.b.nope == 1', /"object\.b\.nope", which B does not have/],
    ['object.c.f == 1', /"object\.c\.f", though object\.c is of type Int/],
    ['object.d == 1', /"object\.d", which needs an argument "x"/],
    ['object.e == 1', /"object\.e", which is @inaccessible/],
    ['object.c == user.id', /an unknown variable "user", wanted one of object, subject, purpose, now/],
    ['object.c == subject.region', /"subject\.region", wanted subject\.id, /],
  ] as const) {
    test(where, () => assert.match(refusal(rows(where)), words));
  }

  test('and taken when all of it is there', () => {
    accepts(rows('object.c > 3 && object.b.f in subject.claims.all && [1].exists(x, x == object.c) && purpose == "p"'));
  });
});

describe('what goes around a rule is refused', () => {
  const owner = (rest: string): string => `type Query { t: T } type T @key(fields: "id") { id: ID! ${rest} }`;

  test('@requires of a protected field by one that is not', () => {
    const a = owner('secret: String @requiresScopes(scopes: [["s"]])');
    const b = (rules: string): string =>
      `type T @key(fields: "id") { id: ID! secret: String @external open: String @requires(fields: "secret") ${rules} }`;
    assert.match(
      refusal(a, b('')),
      /^b\.graphql:3 Cannot let @requires of "T\.open" take "T\.secret": found @requiresScopes\(scopes: \[\["s"\]\]\) there, and nothing as strict at "T\.open"\. Put it on "T\.open" too/,
    );
    assert.match(refusal(a, b('@authenticated')), /@requires/);
    assert.match(refusal(a, b('@requiresScopes(scopes: [["s"], ["t"]])')), /@requires/);
    accepts(a, b('@requiresScopes(scopes: [["s", "t"]])'));
    accepts(a, b('').replace('T @key', 'T @requiresScopes(scopes: "s") @key'));
  });

  test('@requires by another name, of a field below, of masked and purpose-bound ones', () => {
    const a = owner('u: U').concat(
      ' type U { masked: String @mask(with: LAST4, unless: [["m"]]) bound: String @purpose(allow: ["p"]) }',
    );
    const b = (set: string, rules: string): string =>
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requiresScopes", { name: "@requires", as: "@needs" }])
       extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@purpose"])
       type T @key(fields: "id") { id: ID! u: U @external open: String @needs(fields: "${set}") ${rules} } type U { ${/\{ (\w+)/.exec(set)?.[1]}: String @external }`;
    assert.match(refusal(a, b('u { masked }', '')), /@requires of "T\.open" take "U\.masked"/);
    assert.match(refusal(a, b('u { bound }', '@purpose(allow: ["p", "q"])')), /"U\.bound"/);
    accepts(a, b('u { bound }', '@purpose(allow: ["p"])'));
    accepts(a, b('u { masked }', '@mask(with: NULL, unless: [["m", "n"]])'));
    accepts(a, b('u { masked }', '@requiresScopes(scopes: [["m"]])'));
  });

  test('@requires of a field that an interface protects', () => {
    const a = `type Query { n: N } interface N { secret: String @authenticated } type T implements N @key(fields: "id") { id: ID! secret: String }`;
    const b = 'type T @key(fields: "id") { id: ID! secret: String @external open: String @requires(fields: "secret") }';
    assert.match(refusal(a, b), /take "T\.secret": found @authenticated there/);
  });

  test('@requires of an interface object, of a field that one type protects', () => {
    const a = `type Query { m: M } interface M @key(fields: "id") { id: ID! title: String }
      type Book implements M @key(fields: "id") { id: ID! title: String @authenticated } type Film implements M @key(fields: "id") { id: ID! title: String }`;
    const b = (rules: string): string =>
      `type M @interfaceObject @key(fields: "id") { id: ID! title: String @external open: String @requires(fields: "title") ${rules} }`;
    assert.match(refusal(a, b('')), /^b\.graphql:3 Cannot let @requires of "Book\.open" take "Book\.title"/);
    accepts(a, b('@authenticated'));
    accepts(a.replace('type Book', 'extend type Book @authenticated type Book'), b(''));
  });

  test('@requires through an interface or a union, of a type that is protected', () => {
    const a = `type Query { t: T } type T @key(fields: "id") { id: ID! m: M } interface M { title: String } type Book implements M @requiresScopes(scopes: [["s"]]) { title: String @shareable }`;
    const b =
      'type T @key(fields: "id") { id: ID! m: M @external open: String @requires(fields: "m { title }") } interface M { title: String } type Book implements M { title: String @shareable }';
    assert.match(refusal(a, b), /@requires of "T\.open" take "Book"/);
  });

  test('@provides of a protected field', () => {
    const a = owner('secret: String @shareable @authenticated');
    const b =
      'type Query { other: T @provides(fields: "secret") } type T @key(fields: "id") { id: ID! secret: String @external }';
    assert.match(refusal(a, b), /^b\.graphql:3 Cannot let @provides of "Query\.other" take "T\.secret"/);
    accepts(a, b.replace('other: T', 'other: T @authenticated'));
  });

  test('@key of a protected field, where others look it up', () => {
    const a = 'type Query { t: T } type T @key(fields: "ssn") { ssn: String! @authenticated a: Int }';
    const b = 'type T @key(fields: "ssn") { ssn: String! b: Int }';
    accepts(a);
    assert.match(
      refusalsOf([a, b])[0] ?? '',
      /Cannot let @key of "T" take "T\.ssn".* Put it on type "T", or use another key\.$/,
    );
    accepts(a.replace('type T', 'type T @authenticated'), b);
  });

  test('@fromContext of a protected field', () => {
    const a = (
      rules: string,
    ): string => `type Query { t: T } type T @key(fields: "id") @context(name: "c") { id: ID! secret: String @authenticated u: U }
      type U @key(fields: "id") { id: ID! open(x: String @fromContext(field: "$c { secret }")): Int ${rules} }`;
    const b = 'type U @key(fields: "id") { id: ID! }';
    assert.match(refusal(a(''), b), /@fromContext of "U\.open" take "T\.secret"/);
    accepts(a('@authenticated'), b);
  });
});

describe('derived data', () => {
  const source =
    'type Query { t: T } type T { secret: String @requiresScopes(scopes: [["s"]]) mail: String @mask(with: EMAIL, unless: [["m"]]) pay: Float @mask(with: ROUND, n: 100) }';

  test('has a source', () => {
    for (const [coordinate, words] of [
      ['T.nope', /found nothing at that coordinate/],
      ['Nope', /nothing/],
      ['T.secret(x:)', /nothing/],
      ['__Type', /nothing/],
    ] as const) {
      assert.match(refusal(`${source} type R { a: Int @derivedFrom(coordinates: ["${coordinate}"]) }`), words);
    }
    accepts(`${source} type R { a(x: Int @derivedFrom(coordinates: ["T.secret"])): Int }`);
  });

  test('is served under no weaker policy than its source', () => {
    const derived = (from: string, rules: string, type = 'String'): string =>
      `${source} type R { a: ${type} @derivedFrom(coordinates: ["${from}"]) ${rules} }`;
    assert.match(
      refusal(derived('T.secret', '')),
      /^a\.graphql:3 Cannot derive "R\.a" from "T\.secret": found a weaker policy than @requiresScopes\(scopes: \[\["s"\]\]\) at "T\.secret"\. Put it there too, or say `masking: true`/,
    );
    assert.match(refusal(derived('T.secret', '@authenticated')), /weaker policy/);
    accepts(derived('T.secret', '@requiresScopes(scopes: [["s"]])'));
    accepts(derived('T.secret', '').replace('["T.secret"])', '["T.secret"], masking: true)'));
    assert.match(refusal(derived('T.mail', '')), /weaker policy than @mask\(with: EMAIL/);
    assert.match(refusal(derived('T.mail', '@mask(with: LAST4, unless: [["m"]])')), /weaker/);
    accepts(derived('T.mail', '@mask(with: REDACT, unless: [["m"]])'));
    const interfaces = 'type Query { m: M } interface M { x: String } type B implements M { x: String @authenticated }';
    assert.match(
      refusal(`${interfaces} type R { a: String @derivedFrom(coordinates: ["M.x"]) }`),
      /weaker policy than @authenticated at "B\.x"/,
    );
    // Whoever sees its sources in part is denied an aggregate when it is asked for.
    accepts(derived('T.pay', '', 'Float'));
  });
});

describe('aggregates over rows that are seen in part', () => {
  const rows = 'type Order @rows(where: "object.region in subject.claims.regions") { region: String amount: Float }';
  for (const [what, sdl, place] of [
    ['a count', 'type Query { orders: [Order] orderCount: Int }', 'Query.orderCount'],
    [
      'a sum of another type',
      'type Query { c: Customer } type Customer { orders: [Order] totalOrders: Float! }',
      'Customer.totalOrders',
    ],
    [
      'a number that bears the name of all rows',
      'type Query { c: Customer } type Customer { orders: Int }',
      'Customer.orders',
    ],
    [
      'statistics',
      'type Query { orders: [Order] orderStats: OrderStats } type OrderStats { mean: Float }',
      'Query.orderStats',
    ],
    [
      'the total of a connection',
      'type Query { orders: OrderConnection } type OrderConnection { edges: [OrderEdge] totalCount: Int } type OrderEdge { node: Order cursor: String }',
      'OrderConnection.totalCount',
    ],
    [
      'what comes after a page',
      'type Query { orders: Found } type Found { items: [Order] hasMore: Boolean }',
      'Found.hasMore',
    ],
  ] as const) {
    test(`are refused without their source: ${what}`, () => {
      const refused = refusal(`${sdl} ${rows}`);
      assert.match(refused, new RegExp(`^a\\.graphql:3 Cannot tell what "${place}" reveals of "Order"`));
      assert.match(refused, /Declare `@derivedFrom\(coordinates: \["Order"\]\)` there/);
    });
  }

  test('are not seen in what a thing with a key has beside a list, but for what speaks of the list', () => {
    const customer =
      'type Query { c: Customer count: Int } type Customer @key(fields: "id") { id: ID! age: Int orders: [Order] total: Float }';
    assert.match(refusal(`${customer} ${rows}`), /"Customer\.total"/);
    accepts(`${customer.replace(' total: Float', '')} ${rows}`);
  });

  test('are taken with it, wherever it is said', () => {
    const connection =
      'type OrderConnection { edges: [OrderEdge] totalCount: Int } type OrderEdge { node: Order cursor: String }';
    const derived = '@derivedFrom(coordinates: ["Order"])';
    accepts(`type Query { orders: OrderConnection ${derived} } ${connection} ${rows}`);
    accepts(`type Query { orders: OrderConnection } ${connection.replace(' {', ` ${derived} {`)} ${rows}`);
    accepts(
      `type Query { orders: [Order] orderCount: Int ${derived} orderNumber: Int customer: Customer } type Customer { orders: [Order] age: Int } ${rows}`,
    );
  });
});

test('a name that merely resembles a protected field is warned of, with its place', () => {
  const sdl = `type Query {
    users(sort: Sort, where: Where, emailLike: String, email: String): [User!]! }
  enum Sort {
    EMAIL_ASC
    NAME }
  input Where { mail: Int e_mail: Int userEmail: String @derivedFrom(coordinates: ["User.email"]) }
  type User { name: String email: String @mask(with: HASH) }`;
  const { warnings } = compose([sdl]);
  assert.deepEqual(
    warnings.map(({ at, message }) => `${at?.line} ${message.split(',')[0]}`),
    [
      '6 "Sort.EMAIL_ASC" may tell of "User.email"',
      '8 "Where.e_mail" may tell of "User.email"',
      '4 "Query.users(emailLike:)" may tell of "User.email"',
    ],
  );
});
