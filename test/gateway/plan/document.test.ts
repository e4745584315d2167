/** Documents: measured, bounded, brought into normal form, remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OperationDefinitionNode, buildSchema, parse, print, stripIgnoredCharacters } from 'graphql';
import { createCache } from '../../../gateway/plan/cache.ts';
import { parseDocument, selectOperation } from '../../../gateway/plan/document.ts';
import { measureDocument } from '../../../gateway/plan/measure.ts';
import { conditionVariables, normaliseOperation } from '../../../gateway/plan/normalise.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { isWeftError } from '../../../mesh/core/error.ts';

const schema = buildSchema('type Query { a: Query b: Int c(x: Int): Int }');
const options = { schema, limits: defaultConfig.limits };
const codeOf = (text: string, limits = defaultConfig.limits): string => {
  try {
    parseDocument(text, { schema, limits });
    return 'none';
  } catch (error) {
    assert.ok(isWeftError(error));
    return error.code;
  }
};

test('a measure counts a fragment in every place where it is spread', () => {
  const measure = measureDocument(
    parse('{ a { ...F ...F } x: b } fragment F on Query { y: b a { ...G } } fragment G on Query { b }'),
  );
  assert.deepEqual(measure, { depth: 3, aliases: 3, directives: 0, rootFields: 2, selections: 8, reservedAlias: null });
});

test('a measure takes no longer for fragments that double each other', () => {
  const doubling = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Query { a { ...F${i + 1} ...F${i + 1} } }`);
  const measure = measureDocument(parse(`{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { b }`));
  assert.ok(measure.selections > 2 ** 60);
  assert.equal(codeOf(`{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { b }`), 'LIMIT_EXCEEDED');
});

test('fragments that go in circles are refused by validation, not waited for', () => {
  assert.equal(codeOf('{ ...F } fragment F on Query { a { ...F } }'), 'GRAPHQL_VALIDATION_FAILED');
});

test('each limit refuses the first document above it', () => {
  const limits = { ...defaultConfig.limits, depth: 2, aliases: 2, rootFields: 2 };
  assert.equal(codeOf('{ a { b } }', limits), 'none');
  assert.equal(codeOf('{ a { a { b } } }', limits), 'LIMIT_EXCEEDED');
  assert.equal(codeOf('{ x: b y: b }', limits), 'none');
  assert.equal(codeOf('{ x: b y: b a { z: b } }', limits), 'LIMIT_EXCEEDED');
  assert.equal(codeOf('{ a { b } b c }', limits), 'LIMIT_EXCEEDED');
  assert.equal(codeOf('{ b b b b }', { ...limits, tokens: 5 }), 'LIMIT_EXCEEDED');
});

test('an alias that begins with two underscores is refused, for it could pass for a type name', () => {
  assert.equal(codeOf('{ a { __typename: b } }'), 'GRAPHQL_VALIDATION_FAILED');
  assert.equal(codeOf('{ a { __typename } }'), 'none');
});

test('the operation is the only one, or the one that is named', () => {
  const two = parseDocument('query A { b } query B { c }', options);
  assert.equal(selectOperation(two, 'B').name?.value, 'B');
  for (const name of [null, 'C']) {
    assert.throws(
      () => selectOperation(two, name),
      (error) => isWeftError(error, 'OPERATION_NOT_FOUND'),
    );
  }
  assert.throws(() => selectOperation(two, 'C'), {
    message: 'Cannot run operation "C": found "A", "B", wanted its name among them.',
  });
});

function normalise(text: string, variables = {}): string {
  const document = parse(text);
  const operation = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === 'OperationDefinition',
  );
  assert.ok(operation);
  return stripIgnoredCharacters(print(normaliseOperation(operation, document, variables)));
}

test('normal form has fragments in place and conditions decided', () => {
  const text =
    'query($s:Boolean!,$x:Int){a{...F}c(x:$x)@skip(if:$s)}fragment F on Query{b@include(if:$s)a@include(if:false){b}}';
  assert.equal(normalise(text, { s: true }), '{a{...on Query{b}}}');
  assert.equal(normalise(text, { s: false, x: 1 }), 'query($x:Int){a c(x:$x)}');
  assert.deepEqual(conditionVariables(parse(text)), ['s']);
});

test('@skip wins over @include, and other directives stay', () => {
  assert.equal(normalise('{b@skip(if:true)@include(if:true)c}'), '{c}');
  assert.equal(normalise('{b@other(n:1)@include(if:true)}'), '{b@other(n:1)}');
});

test('a cache makes a value once and forgets what was used longest ago', () => {
  let made = 0;
  const cache = createCache<{ n: number }>({ bytesMax: 250, sizeOf: () => 98 });
  const get = (key: string) => cache.get(key, () => ({ n: ++made }));
  get('a');
  get('b');
  get('a');
  get('c');
  assert.equal(made, 3);
  get('a');
  assert.equal(made, 3);
  get('b');
  assert.equal(made, 4, '"b" had been forgotten');
  cache.clear();
  get('a');
  assert.equal(made, 5);
});

test('a cache finds what it has and makes nothing for it; what is found counts as used', () => {
  const cache = createCache<string>({ bytesMax: 250, sizeOf: () => 98 });
  assert.equal(cache.find('a'), undefined);
  cache.get('a', () => 'one');
  cache.get('b', () => 'two');
  assert.equal(cache.find('a'), 'one');
  cache.get('c', () => 'three');
  assert.deepEqual([cache.find('a'), cache.find('b'), cache.find('c')], ['one', undefined, 'three']);
});

test('a cache keeps nothing of a value that could not be made', () => {
  const cache = createCache<object>({ bytesMax: 1_000, sizeOf: () => 1 });
  const fail = () => {
    throw new Error('no');
  };
  assert.throws(() => cache.get('a', fail));
  assert.deepEqual(
    cache.get('a', () => ({ ok: true })),
    { ok: true },
  );
});
