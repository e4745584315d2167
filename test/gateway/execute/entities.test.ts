/** Collecting entities, representing them, and merging what comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCollector, placesAt, staticPrefix } from '../../../gateway/execute/collect.ts';
import { compileMerge, compileRenames } from '../../../gateway/execute/merge.ts';
import { compileRepresentations } from '../../../gateway/execute/represent.ts';
import type { PathStep, RequiredSelection } from '../../../gateway/plan/plan.ts';

const field = (key: string): PathStep => ({ kind: 'field', key });
const items: PathStep = { kind: 'items' };
const possibleTypes = (type: string) => new Set(type === 'Media' ? ['Book', 'Film'] : [type]);
const fragment = (type: string, ...keys: string[]): RequiredSelection => ({
  kind: 'fragment',
  type,
  selections: ['__typename', ...keys].map((key) => ({ kind: 'field', key })),
});

test('a collector goes through fields and lists and leaves out nulls', () => {
  const [one, two, three] = [{ n: 1 }, { n: 2 }, { n: 3 }];
  const data = { people: [{ pets: [one, null] }, { pets: null }, null, { pets: [two, three] }] };
  const path = [field('people'), items, field('pets'), items];
  const found: object[] = [];
  compileCollector(path)(data, found as never);
  assert.deepEqual(found, [one, two, three]);
  const places = placesAt(data, path);
  assert.deepEqual([places.get(one), places.get(three)], [[['people', 0, 'pets', 0]], [['people', 3, 'pets', 1]]]);
  assert.deepEqual(staticPrefix(path), ['people']);
});

test('a step can keep objects of some types', () => {
  const [book, film] = [{ __typename: 'Book' }, { __typename: 'Film' }];
  const path: PathStep[] = [field('media'), { kind: 'items', types: ['Film'] }];
  const found: object[] = [];
  compileCollector(path)({ media: [book, film] }, found as never);
  assert.deepEqual(found, [film]);
  assert.deepEqual([...placesAt({ media: [book, film] }, path)], [[film, [['media', 1]]]]);
});

test('a representation holds what the fragments for its type require, and nothing else', () => {
  const represent = compileRepresentations({
    requires: [fragment('Book', 'isbn'), fragment('Media', 'title')],
    rewrites: [],
    possibleTypes,
  });
  const book = { __typename: 'Book', isbn: 'x', title: 'T"', extra: 1 };
  assert.equal(represent('Book')?.write(book), '{"__typename":"Book","isbn":"x","title":"T\\""}');
  assert.equal(represent('Film')?.write({ __typename: 'Film', title: 'F' }), '{"__typename":"Film","title":"F"}');
  assert.equal(represent('Person'), null);
  assert.equal(represent(undefined), null);
});

test('an object that lacks what is required has no representation; a null is sent', () => {
  const represent = compileRepresentations({
    requires: [fragment('Book', 'isbn', 'price')],
    rewrites: [],
    possibleTypes,
  });
  assert.equal(represent('Book')?.write({ __typename: 'Book', isbn: 'x' }), undefined);
  assert.equal(
    represent('Book')?.write({ __typename: 'Book', isbn: 'x', price: null }),
    '{"__typename":"Book","isbn":"x","price":null}',
  );
});

test('nested requirements are written through lists, and two fragments of one field are joined', () => {
  const nested = (key: string): RequiredSelection => ({
    kind: 'fragment',
    type: 'Book',
    selections: [
      { kind: 'field', key: '__typename' },
      { kind: 'field', key: 'parts', selections: [{ kind: 'field', key }] },
    ],
  });
  const represent = compileRepresentations({ requires: [nested('a'), nested('b')], rewrites: [], possibleTypes });
  const book = { __typename: 'Book', parts: [{ a: 1, b: 2, c: 3 }, null] };
  assert.equal(represent('Book')?.write(book), '{"__typename":"Book","parts":[{"a":1,"b":2},null]}');
  assert.equal(represent('Book')?.write({ __typename: 'Book', parts: [{ a: 1 }] }), undefined);
});

test("a rewrite sets an interface object's type name", () => {
  const represent = compileRepresentations({
    requires: [fragment('Media', 'id')],
    rewrites: [
      {
        kind: 'set',
        path: [
          { kind: 'type', type: 'Media' },
          { kind: 'key', key: '__typename' },
        ],
        value: 'Media',
      },
    ],
    possibleTypes,
  });
  assert.equal(represent('Book')?.write({ __typename: 'Book', id: 1 }), '{"__typename":"Media","id":1}');
});

test('two entities are the same only when all that is required is', () => {
  const requires = [fragment('Book', 'isbn', 'price')];
  const represent = compileRepresentations({ requires, rewrites: [], possibleTypes })('Book');
  assert.ok(represent);
  assert.equal(represent.key({ isbn: 'x', price: 1 }), 'x');
  assert.notEqual(represent.key({ isbn: '1' }), represent.key({ isbn: 1 }));
  assert.ok(represent.isSame({ isbn: 'x', price: 1 }, { isbn: 'x', price: 1, extra: 2 }));
  assert.ok(!represent.isSame({ isbn: 'x', price: 1 }, { isbn: 'x', price: 2 }));
  const nested = compileRepresentations({
    requires: [
      { kind: 'fragment', selections: [{ kind: 'field', key: 'of', selections: [{ kind: 'field', key: 'id' }] }] },
    ],
    rewrites: [],
    possibleTypes,
  })('Book');
  assert.equal(nested?.key({ of: { id: 1 } }), '{"of":{"id":1}}', 'without a scalar the text tells');
});

test('a merge takes only keys that were asked for, and never a prototype', () => {
  const target: Record<string, unknown> = { id: 1 };
  const source = JSON.parse('{"name":"n","secret":"s","__proto__":{"polluted":true}}') as Record<string, unknown>;
  compileMerge(['name', '__proto__'], false)(target, source);
  assert.deepEqual(target, { id: 1, name: 'n' });
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('nested objects and lists are merged item by item', () => {
  const target: Record<string, unknown> = { a: { x: 1 }, list: [{ x: 1 }, null], kept: null };
  compileMerge(['a', 'list', 'kept'], false)(target, { a: { y: 2 }, list: [{ y: 2 }, { y: 3 }], kept: 4 });
  assert.deepEqual(target, { a: { x: 1, y: 2 }, list: [{ x: 1, y: 2 }, { y: 3 }], kept: 4 });
});

test('a shared source is copied, so that two places never hold one object', () => {
  const [one, two]: Record<string, unknown>[] = [{}, {}];
  const source = { nested: { list: [{ x: 1 }] } };
  const merge = compileMerge(['nested'], true);
  merge(one ?? {}, source);
  merge(two ?? {}, source);
  assert.deepEqual(one, two);
  assert.notEqual(one?.['nested'], two?.['nested']);
});

test('renames reach through types, lists and nested keys', () => {
  const rename = compileRenames(
    [
      {
        kind: 'rename',
        path: [
          { kind: 'type', type: 'Media' },
          { kind: 'key', key: 'title__alias_0' },
        ],
        to: 'title',
      },
      {
        kind: 'rename',
        path: [
          { kind: 'key', key: 'parts' },
          { kind: 'key', key: 'n__alias_1' },
        ],
        to: 'n',
      },
    ],
    possibleTypes,
  );
  const film = { __typename: 'Film', title__alias_0: 'F', parts: [{ n__alias_1: 1 }, { n__alias_1: 2 }] };
  rename(film);
  assert.deepEqual(film, { __typename: 'Film', title: 'F', parts: [{ n: 1 }, { n: 2 }] });
  const person = { __typename: 'Person', title__alias_0: 'P' };
  rename(person);
  assert.deepEqual(person, { __typename: 'Person', title__alias_0: 'P' });
});
