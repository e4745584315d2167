/** Documents and variables made to cost a server much: each is refused or taken in little time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from 'graphql';
import { parseDocument } from '../../../gateway/plan/document.ts';
import { assertInputs } from '../../../gateway/plan/inputs.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import type { Json } from '../../../mesh/core/json.ts';

const schema = buildSchema(`
  type Query { a: Query b: Int c(x: Int, l: [[Int]], i: In): Int n: Node }
  interface Node { a: Node b: Int }
  ${Array.from({ length: 20 }, (_, i) => `type T${i} implements Node { a: Node b: Int }`).join('\n')}
  input In { in: In x: Int }
`);

function codeOf(text: string, limits = defaultConfig.limits): string {
  try {
    parseDocument(text, { schema, limits });
    return 'none';
  } catch (error) {
    assert.ok(isWeftError(error), String(error));
    return error.code;
  }
}

const many = (count: number, text: (index: number) => string, separator = ' '): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(separator);

/** Fragments that each spread the next one twice. */
const doubling = (count: number): string =>
  `{...F0}${many(count, (i) => `fragment F${i} on Query{a{...F${i + 1}...F${i + 1}}}`, '')}fragment F${count} on Query{b}`;

test('fragments that double each other are refused in less than 10 ms', () => {
  const text = doubling(24);
  assert.ok(text.length > 900 && text.length < 1_000, `${text.length} bytes`);
  let best = Infinity;
  // The best of a few: others use this machine too.
  for (let turn = 0; turn < 20; turn++) {
    const startedAt = performance.now();
    assert.equal(codeOf(text), 'LIMIT_EXCEEDED');
    best = Math.min(best, performance.now() - startedAt);
  }
  assert.ok(best < 10, `took ${best} ms`);
});

const crafted: Readonly<Record<string, string>> = {
  'one field thousands of times': `{ a { ${many(7_000, () => 'b')} } }`,
  'one object thousands of times': `{ a { ${many(3_500, () => 'a { b }')} } }`,
  'one object in itself and again': `{ ${many(16, () => `a { ${many(16, () => `a { ${many(16, () => 'b')} }`)} }`)} }`,
  'type names thousands of times': `{ a { ${many(7_000, () => '__typename')} } }`,
  'aliases of one name': `{ n { ${many(90, () => 'a: __typename')} } }`,
  'thousands of fragments of one field': `{ ${many(1_500, (i) => `...F${i}`)} } ${many(1_500, (i) => `fragment F${i} on Query { b }`)}`,
  'fragments that spread all later ones': `{ ...F0 } ${many(60, (i) => `fragment F${i} on Query { b ${many(60 - i, (j) => `...F${i + j + 1}`)} }`)} fragment F60 on Query { b }`,
  'fragments in a large circle': `{ ...F0 } ${many(1_000, (i) => `fragment F${i} on Query { ...F${(i + 1) % 1_000} }`)}`,
  'fragments nobody spreads': `{ b } ${many(1_500, (i) => `fragment F${i} on Query { ...F${i + 1} }`)}`,
  'types of an interface over each other': `{ n { ${many(20, (i) => `... on T${i} { a { ${many(20, (j) => `... on T${j} { a { b } }`)} } }`)} } }`,
  'operations over one fragment': `${many(500, (i) => `query Q${i}($v: Int) { ...F }`)} fragment F on Query { ${many(1_000, () => 'c(x: $v)')} }`,
  'variables nobody uses': `query (${many(3_000, (i) => `$v${i}: Int`)}) { b }`,
  'variables of one name': `query (${many(3_000, () => '$v: Int')}) { b }`,
  'directives nobody knows': `{ b ${many(5_000, () => '@no')} }`,
  'directives once more': `{ b ${many(2_000, () => '@skip(if: false)')} }`,
  'fields nobody knows': `{ a { ${many(7_000, (i) => `nowhere${i}`)} } }`,
  'arguments nobody knows': `{ c(${many(4_000, (i) => `y${i}: 1`)}) }`,
  'a long list': `{ c(l: [${many(14_000, () => '1')}]) }`,
  'brackets within brackets': `{ c(l: ${'['.repeat(7_000)}${']'.repeat(7_000)}) }`,
  'objects within objects': `{ c(i: ${'{in:'.repeat(4_000)}{}${'}'.repeat(4_000)}) }`,
  'fields within fields': `${'{a'.repeat(7_000)}{b}${'}'.repeat(7_000)}`,
  'types within types': `query ($v: ${'['.repeat(7_000)}Int${']'.repeat(7_000)}) { b }`,
  'brackets that never close': '{a'.repeat(7_400),
  'a text of quotes': `{ b } ${'"'.repeat(100_000)}`,
  'a comment of a megabyte': `{ b } #${'x'.repeat(1_000_000)}`,
};
for (const [what, text] of Object.entries(crafted)) {
  test(`a document of ${what} is done with in no time`, () => {
    const startedAt = performance.now();
    const code = codeOf(text);
    const ms = performance.now() - startedAt;
    assert.match(code, /^(none|LIMIT_EXCEEDED|GRAPHQL_(PARSE|VALIDATION)_FAILED)$/);
    assert.ok(ms < 2_000, `took ${ms} ms for ${code}`);
  });
}

test('directives are counted wherever they stand, those of a fragment at each spread', () => {
  const limits = { ...defaultConfig.limits, directives: 3 };
  const one = '@skip(if: false)';
  assert.equal(codeOf(`{ b ${one} ... ${one} { b } ...F ${one} } fragment F on Query { b }`, limits), 'none');
  assert.equal(codeOf(`{ ...F ...F } fragment F on Query { b ${one} b ${one} }`, limits), 'LIMIT_EXCEEDED');
  assert.equal(codeOf(`query ${many(4, () => '@no')} { b }`, limits), 'LIMIT_EXCEEDED');
  assert.equal(codeOf(`query ($v: Int ${many(4, () => '@no')}) { c(x: $v) }`, limits), 'LIMIT_EXCEEDED');
});

test('brackets may go as deep as fields may, and values somewhat deeper', () => {
  const limits = { ...defaultConfig.limits, depth: 300 };
  assert.equal(codeOf(`${'{a'.repeat(299)}{b}${'}'.repeat(299)}`, limits), 'none');
  assert.equal(codeOf(`${'{a'.repeat(300)}{b}${'}'.repeat(300)}`, limits), 'LIMIT_EXCEEDED');
  const nested = (levels: number) => `{ c(i: ${'{in:'.repeat(levels)}{}${'}'.repeat(levels)}) }`;
  assert.equal(codeOf(nested(90)), 'none');
  assert.equal(codeOf(nested(500)), 'LIMIT_EXCEEDED');
  assert.equal(codeOf('{ b } # {{{{ "[[[["', { ...defaultConfig.limits, depth: 1 }), 'none');
});

function inputCode(variables: Readonly<Record<string, Json>>, limits = defaultConfig.limits): string {
  try {
    assertInputs(variables, limits);
    return 'none';
  } catch (error) {
    assert.ok(isWeftError(error), String(error));
    return error.code;
  }
}

test('variables are bounded in depth and in the length of lists', () => {
  const limits = { ...defaultConfig.limits, inputDepth: 2, listItems: 3 };
  assert.equal(inputCode({}, limits), 'none');
  assert.equal(inputCode({ a: [{ b: 1 }], c: { d: [1, 2, 3] } }, limits), 'none');
  assert.equal(inputCode({ a: [{ b: [] }] }, limits), 'LIMIT_EXCEEDED');
  assert.equal(inputCode({ a: [1, 2, 3, 4] }, limits), 'LIMIT_EXCEEDED');
  assert.equal(inputCode({ a: { b: [1, 2, 3, 4] } }, limits), 'LIMIT_EXCEEDED');
  const deep = JSON.parse(`{"v":${'['.repeat(400_000)}${']'.repeat(400_000)}}`) as Readonly<Record<string, Json>>;
  assert.equal(inputCode(deep), 'LIMIT_EXCEEDED');
});
