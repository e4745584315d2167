/** What a change of policy does to whoever asks: weakened, tightened, or neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { coordinatesIn } from '../../mesh/policy/coordinates.ts';
import { type Regime, changeText, diffRegimes, succeed } from '../../mesh/policy/diff.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';

const link = '@link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose", "@derivedFrom"])';

function regime(sdl: string, rest: Partial<Regime> = {}): Regime {
  const document = parse(`extend schema ${link} ${sdl}`);
  return { policy: readPolicy(document), coordinates: coordinatesIn(document), texts: null, agreements: null, ...rest };
}

const changes = (before: string, after: string): readonly string[] =>
  diffRegimes(regime(before), regime(after)).map((change) => `${change.kind} ${changeText(change)}`);

for (const [what, before, after, expected] of [
  ['the same', 'type T { a: Int @authenticated }', 'type T { a: Int @authenticated }', []],
  [
    'a rule taken away',
    'type T { a: Int @authenticated }',
    'type T { a: Int }',
    ['weakened T.a: @authenticated → nothing'],
  ],
  [
    'a rule added',
    'type T { a: Int }',
    'type T { a: Int @authenticated }',
    ['tightened T.a: nothing → @authenticated'],
  ],
  [
    'a scope more that will do',
    'type T { a: Int @requiresScopes(scopes: [["x"]]) }',
    'type T { a: Int @requiresScopes(scopes: [["x"], ["y"]]) }',
    ['weakened T.a: @requiresScopes(scopes: [["x"]]) → @requiresScopes(scopes: [["x"], ["y"]])'],
  ],
  [
    'a rule moved to the type',
    'type T { a: Int @authenticated }',
    'type T @authenticated { a: Int }',
    ['tightened T: nothing → @authenticated'],
  ],
  [
    'a rule moved from the type',
    'type T @authenticated { a: Int }',
    'type T { a: Int @authenticated }',
    ['weakened T: @authenticated → nothing'],
  ],
  [
    'an argument whose field is bound now',
    'type T { a(x: Int @purpose(allow: "p")): Int }',
    'type T { a(x: Int): Int @purpose(allow: "p") }',
    ['tightened T.a: nothing → @purpose(allow: "p")'],
  ],
  ['fields that come and go', 'type T { a: Int @authenticated }', 'type T { b: Int }', []],
  [
    'a condition that reads otherwise',
    'type T @rows(where: "object.a == 1") { a: Int }',
    'type T @rows(where: "object.a > 0") { a: Int }',
    ['weakened T: @rows(where: "object.a == 1") → @rows(where: "object.a > 0")'],
  ],
  [
    'a mask that shows more',
    'type T { a: Date @mask(with: YEAR) } scalar Date',
    'type T { a: Date @mask(with: MONTH) } scalar Date',
    ['weakened T.a: @mask(with: YEAR) → @mask(with: MONTH)'],
  ],
  [
    'a derivation taken away',
    'type T { a(x: Int @derivedFrom(coordinates: "T.a")): Int }',
    'type T { a(x: Int): Int }',
    ['weakened T.a(x:): derived from T.a → nothing'],
  ],
  [
    'a derivation that masks now',
    'enum E { A @derivedFrom(coordinates: "T.a") }',
    'enum E { A @derivedFrom(coordinates: "T.a", masking: true) }',
    ['weakened E.A: derived from T.a → nothing'],
  ],
  [
    'more than one change',
    'type T { a: Int @authenticated b: Int }',
    'type T { a: Int b: Int @authenticated }',
    ['weakened T.a: @authenticated → nothing', 'tightened T.b: nothing → @authenticated'],
  ],
] as const) {
  test(`diffRegimes() on ${what}`, () => assert.deepEqual(changes(before, after), expected));
}

test('what is gone for a while does not come back with less', () => {
  const before = regime('type T { a: Int @authenticated b: Int }');
  const between = succeed(before, regime('type T { b: Int }'));
  const later = succeed(between, regime('type T { b: Int c: Int }'));
  const text = (after: string): readonly string[] => diffRegimes(later, regime(after)).map(changeText);
  assert.deepEqual(text('type T { a: Int b: Int }'), ['T.a: @authenticated → nothing']);
  assert.deepEqual(text('type T { a: Int @authenticated b: Int }'), []);
});

test('diffRegimes() compares named policies that rules name, where both are known', () => {
  const sdl = 'type T { a: Int @policy(policies: [["adult"]]) }';
  const kinds = (before: readonly [string, string][], after: readonly [string, string][]): readonly string[] =>
    diffRegimes(regime(sdl, { texts: new Map(before) }), regime(sdl, { texts: new Map(after) })).map(
      ({ kind, at }) => `${kind} ${at}`,
    );
  assert.deepEqual(kinds([['adult', 'a']], [['adult', 'b']]), ['weakened policy adult']);
  assert.deepEqual(kinds([['adult', 'a']], [['adult', 'a && b']]), ['tightened policy adult']);
  assert.deepEqual(kinds([], [['adult', 'b']]), ['weakened policy adult']);
  assert.deepEqual(kinds([['adult', 'a']], []), ['tightened policy adult']);
  assert.deepEqual(kinds([['other', 'a']], [['other', 'b']]), []);
  assert.deepEqual(diffRegimes(regime(sdl), regime(sdl, { texts: new Map([['adult', 'b']]) })), []);
});

test('diffRegimes() takes agreements that are no longer needed for a weakening, and new ones for none', () => {
  const sdl = 'type T { a: Int }';
  const agreement = { id: 'a', consumer: 'c', products: ['T'], purposes: ['p'], until: 0 };
  const kinds = (before: Partial<Regime>, after: Partial<Regime>): readonly string[] =>
    diffRegimes(regime(sdl, before), regime(sdl, after)).map(({ kind, at }) => `${kind} ${at}`);
  assert.deepEqual(kinds({ agreements: [] }, { agreements: null }), ['weakened agreements']);
  assert.deepEqual(kinds({ agreements: null }, { agreements: [] }), ['tightened agreements']);
  assert.deepEqual(kinds({ agreements: [] }, { agreements: [agreement] }), []);
});
