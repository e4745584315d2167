/** Rules of all subgraphs in one supergraph: every one of them binds, whatever else Federation does with what it stands on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { printSchema } from 'graphql';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { compileRowCondition } from '../../../mesh/policy/row-condition.ts';
import { classes, compose, composedRules, links, refusalsOf } from './mesh.ts';

describe('composeSubgraphs() keeps every rule', () => {
  test('wherever a directive may stand', () => {
    const sdl = `
      type Query { a(x: Int @purpose(allow: ["p"]), in: In): A n: N u: U e: E s: S }
      type A @authenticated @rows(where: "object.b == subject.id") { b: String @mask(with: LAST4, unless: [["s"]]) }
      interface N @authenticated { id: ID }
      type M implements N { id: ID }
      union U @purpose(allow: ["p"]) = A
      enum E @requiresScopes(scopes: [["e"]]) { ONE @purpose(allow: ["p"]) TWO }
      scalar S @policy(policies: [["q"]])
      input In @purpose(allow: ["p"]) { c: Int @purpose(allow: ["p"]) }`;
    assert.deepEqual(composedRules([sdl]), {
      'Query.a(x:)': ['@purpose(allow: ["p"])'],
      A: ['@authenticated', '@rows(where: "object.b == subject.id")'],
      'A.b': ['@mask(with: LAST4, unless: [["s"]])'],
      N: ['@authenticated'],
      M: ['@authenticated'],
      U: ['@purpose(allow: ["p"])'],
      E: ['@requiresScopes(scopes: [["e"]])'],
      'E.ONE': ['@purpose(allow: ["p"])'],
      S: ['@policy(policies: [["q"]])'],
      In: ['@purpose(allow: ["p"])'],
      'In.c': ['@purpose(allow: ["p"])'],
    });
  });

  test('under whatever names its subgraph links it', () => {
    const sdl = `extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: [{ name: "@requiresScopes", as: "@needs" }])
        @link(url: "https://weft.dev/weft/v1.0", as: "w", import: [{ name: "@mask", as: "@veil" }])
      type Query { a: String @needs(scopes: [["s"]]) b: Int @fed__authenticated c: String @veil(with: HASH) d: Int @w__purpose(allow: ["p"]) }`;
    assert.deepEqual(composedRules([sdl]), {
      'Query.a': ['@requiresScopes(scopes: [["s"]])'],
      'Query.b': ['@authenticated'],
      'Query.c': ['@mask(with: HASH)'],
      'Query.d': ['@purpose(allow: ["p"])'],
    });
  });

  test('or is refused: where @link itself bears another name, Federation knows none of them', () => {
    const sdl = `schema @core(url: "https://specs.apollo.dev/link/v1.0", as: "core")
        @core(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@authenticated", as: "@in" }]) { query: Query }
      type Query { a: Int @in }`;
    assert.match(refusalsOf([sdl])[0] ?? '', /Unknown directive "@core"/);
  });

  test('on root types that bear other names in their subgraph', () => {
    const sdl = `schema { query: Reads mutation: Writes } type Reads @purpose(allow: ["p"]) { a: Int @authenticated } type Writes { b: Int @authenticated }`;
    assert.deepEqual(composedRules([links + sdl]), {
      Query: ['@purpose(allow: ["p"])'],
      'Query.a': ['@authenticated'],
      'Mutation.b': ['@authenticated'],
    });
  });

  test('of subgraphs that say different things of one field: all of them bind', () => {
    const a =
      'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["a"], ["b"]]) @authenticated }';
    const b =
      'type T @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["c"]]) @purpose(allow: ["p"]) @authenticated }';
    assert.deepEqual(composedRules([a, b]), {
      'T.x': ['@requiresScopes(scopes: [["a", "c"], ["b", "c"]])', '@authenticated', '@purpose(allow: ["p"])'],
    });
  });

  test('of a field that another subgraph overrides, of an external one, and of an extension', () => {
    const a = 'type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @authenticated y: Int }';
    const b = `type T @key(fields: "id") { id: ID! x: Int @override(from: "a") y: Int @external @requiresScopes(scopes: [["y"]])
      z: Int @requires(fields: "y") @requiresScopes(scopes: [["y"]]) } extend type T @purpose(allow: ["p"])`;
    assert.deepEqual(composedRules([a, b]), {
      T: ['@purpose(allow: ["p"])'],
      'T.x': ['@authenticated'],
      'T.y': ['@requiresScopes(scopes: [["y"]])'],
      'T.z': ['@requiresScopes(scopes: [["y"]])'],
    });
  });

  test('of an interface and of an interface object, on everything that implements it', () => {
    const a = `type Query { m: M } interface M @key(fields: "id") { id: ID! title: String @authenticated }
      type Book implements M @key(fields: "id") @inaccessible { id: ID! title: String }`;
    const b = 'type M @interfaceObject @key(fields: "id") { id: ID! stars: Int @requiresScopes(scopes: [["s"]]) }';
    assert.deepEqual(composedRules([a, b]), {
      'M.title': ['@authenticated'],
      'M.stars': ['@requiresScopes(scopes: [["s"]])'],
      'Book.title': ['@authenticated'],
      'Book.stars': ['@requiresScopes(scopes: [["s"]])'],
    });
  });

  test('where the supergraph has a directive of that name already', () => {
    const own =
      'directive @authenticated on FIELD directive @purpose on FIELD type Query { a: Int @federation__authenticated @weft__purpose(allow: ["p"]) }';
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") @link(url: "https://weft.dev/weft/v1.0") ${own}`;
    assert.deepEqual(composedRules([sdl, sdl.replace('a: Int', 'b: Int')]), {
      'Query.a': ['@required_authenticated', '@weft__purpose(allow: ["p"])'],
      'Query.b': ['@required_authenticated', '@weft__purpose(allow: ["p"])'],
    });
  });
});

test('a composed supergraph can be planned, and clients see nothing of policy in it', () => {
  const sdl = `type Query { a(by: S): A } type A @rows(where: "object.r == subject.id") { r: String @mask(with: "HASH") b: Float @mask(with: ROUND, n: 10) }
    enum S { R @derivedFrom(coordinates: ["A.r"]) }`;
  const composed = compose([sdl]).sdl;
  assert.match(
    composed,
    /@link\(url: "https:\/\/weft\.dev\/weft\/v1\.0", for: SECURITY, import: \["@derivedFrom", "@mask", "@rows"\]\)/,
  );
  const { rules, derivations, planner } = readSupergraph(composed);
  assert.deepEqual([...rules.keys()], ['A', 'A.r', 'A.b']);
  assert.deepEqual(derivations.get('S.R'), [{ coordinates: ['A.r'], isMasking: false }]);
  assert.doesNotMatch(printSchema(planner.apiSchema), /weft|mask|rows|derivedFrom|Mask/i);
});

test('the standard rules bind inputs, values and unions too', () => {
  const sdl = `type Query { a(x: Int @authenticated, in: In): U e: E } type A { b: Int } union U @requiresScopes(scopes: "s") = A
    enum E { ONE @policy(policies: "p") } input In @authenticated { c: Int @authenticated }`;
  const { rules, planner } = readSupergraph(compose([sdl]).sdl);
  assert.deepEqual([...rules.keys()].toSorted(), ['E.ONE', 'In', 'In.c', 'Query.a(x:)', 'U']);
  assert.ok(planner.apiSchema.getType('In'));
});

test('a supergraph without policy is as the composer wrote it', () => {
  assert.doesNotMatch(compose(['type Query { a: Int }']).sdl, /weft\.dev|authenticated/);
});

describe('classes', () => {
  const known = classes({
    PII: { mask: { mask: { name: 'REDACT', step: null }, unless: [['pii']] } },
    REGION: { rows: compileRowCondition('object.region in subject.claims.regions'), purposes: ['audit'] },
    SECRET: { scopes: [['secret']] },
  });

  test('stand for rules, which are in the supergraph beside them', () => {
    const sdl = `type Query { t: T } type T @classified(as: ["REGION"]) { region: String mail: String @classified(as: ["PII", "SECRET"]) }`;
    assert.deepEqual(composedRules([sdl], { classes: known }), {
      T: ['@purpose(allow: ["audit"])', '@rows(where: "object.region in subject.claims.regions")'],
      'T.mail': ['@mask(with: REDACT, unless: [["pii"]])', '@requiresScopes(scopes: [["secret"]])'],
    });
    assert.match(compose([sdl], { classes: known }).sdl, /mail: String .*@classified\(as: \["PII", "SECRET"\]\)/);
  });

  test('go where data goes, through any number of derivations, but not through one that masks', () => {
    const a = 'type Query { t: T } type T { mail: String @classified(as: ["PII"]) }';
    const b = `type Query { one: String @derivedFrom(coordinates: ["T.mail"]) two: String @derivedFrom(coordinates: ["Query.one"])
      three: Int @derivedFrom(coordinates: ["T.mail"], masking: true) }`;
    assert.deepEqual(Object.keys(composedRules([a, b], { classes: known })).toSorted(), [
      'Query.one',
      'Query.two',
      'T.mail',
    ]);
  });

  test('of an interface are those of its implementations, and go on from there', () => {
    const sdl = `type Query { n: N one: String @derivedFrom(coordinates: ["T.mail"]) } interface N { mail: String @classified(as: ["PII"]) } type T implements N { mail: String }`;
    assert.deepEqual(Object.keys(composedRules([sdl], { classes: known })).toSorted(), [
      'N.mail',
      'Query.one',
      'T.mail',
    ]);
  });

  test('that nobody defined are refused', () => {
    const sdl = 'type Query { a: Int @classified(as: ["PII", "PPI"]) }';
    assert.deepEqual(refusalsOf([sdl], { classes: known }), [
      'a.graphql:3 Cannot tell what class "PPI" of "Query.a" means: found only "PII", "REGION", "SECRET" in the policies of this mesh. Add it under `classes:` in the file that `policy.file` names.',
    ]);
    assert.match(refusalsOf([sdl])[0] ?? '', /found no classes in the policies of this mesh/);
  });

  test('whose rules cannot bind where they stand are refused', () => {
    const sdl = 'type Query { t: T r: Int @classified(as: ["REGION"]) } type T @classified(as: ["PII"]) { a: Int }';
    const [rows, mask] = refusalsOf([sdl], { classes: known }).toSorted().toReversed();
    assert.match(
      rows ?? '',
      /^a\.graphql:3 Cannot mask "T" with REDACT \(class PII \(policies\.yaml\)\): found no field, wanted a field/,
    );
    assert.match(mask ?? '', /^a\.graphql:3 Cannot decide which rows of "Query\.r" exist .* found no object type/);
  });
});

describe('a part of the mesh that is not here', () => {
  test('binds the rest by its rules, as they were last', () => {
    const here = 'type Query { t: T } type T @key(fields: "id") { id: ID! secret: String }';
    const sdl = `${links} type T @key(fields: "id", resolvable: false) @authenticated { id: ID! } type Other @authenticated { a: Int }`;
    const absent = [{ name: 'away', sdl, origin: 'away.graphql' }];
    assert.deepEqual(composedRules([here], { isPartial: true, absent }), { T: ['@authenticated'] });
  });

  test('keeps what is derived from it from everybody, and the rest is served', () => {
    const sdl = `type Query { sum: Int @derivedFrom(coordinates: ["Flight.delay"]) ok: Int t: T }
      type T @rows(where: "object.region == 'x'") { a: Int }`;
    assert.equal(refusalsOf([sdl]).length, 2);
    const { warnings } = compose([sdl], { isPartial: true });
    assert.deepEqual(
      warnings.map(({ at, message }) => `${at?.line} ${message}`),
      [
        '3 "Query.sum" is kept from everybody: Flight.delay is not here.',
        `4 "T" is kept from everybody: what @rows(where: "object.region == 'x'") reads is not here.`,
      ],
    );
    const rules = composedRules([sdl], { isPartial: true });
    assert.deepEqual(rules['Query.sum'], ['@policy(policies: [["absent: Flight.delay"]])']);
    assert.match(rules['T']?.[0] ?? '', /^@policy\(policies: \[\["absent: /);
  });
});
