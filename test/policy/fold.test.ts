/** Row conditions: what is left of them for a subject, and that it decides as the whole condition would. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../mesh/core/json.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import { type FieldTree } from '../../mesh/policy/reads.ts';
import { compileRowCondition } from '../../mesh/policy/row-condition.ts';

const now = Date.UTC(2026, 10, 26, 9);
const ana: Subject = {
  ...anonymous,
  id: 'ana',
  roles: ['editor'],
  scopes: ['a'],
  purpose: 'safety',
  claims: { regions: ['EU', 'US'], level: 3, admin: false, name: 'say "hi"\\\n', nested: { key: 'x' }, 'a.b/c': 7 },
};

const filterOf = (text: string, subject: Subject = ana) => compileRowCondition(text).filterFor(subject, now);
const namesOf = (fields: FieldTree): unknown =>
  Object.fromEntries(Array.from(fields, ([name, below]) => [name, namesOf(below)]));

describe('filterFor()', () => {
  for (const [text, left] of [
    ['object.region in subject.claims.regions', 'object.region in ["EU", "US"]'],
    ['object.level >= subject.claims.level', 'object.level >= 3.0'],
    ['subject.claims.admin || object.owner == subject.id', 'object.owner == "ana"'],
    ['subject.claims.missing || object.owner == subject.id', 'object.owner == "ana"'],
    ['subject.claims.missing && object.owner == subject.id', 'false'],
    ['!(subject.claims.missing && object.hidden)', '!(1 / 0 && object.hidden)'],
    ['"editor" in subject.roles || object.open', 'true'],
    ['subject.claims.level > 3 && object.open', 'false'],
    ['subject.id == "ana" ? object.a : object.b', 'object.a'],
    ['(subject.id == "ana" && object.a) == true', '(true && object.a) == true'],
    ['object.name == subject.claims.name', 'object.name == "say \\"hi\\"\\\\\\n"'],
    ['object.key == subject.claims["a.b/c"]', 'object.key == 7.0'],
    ['object.tags.exists(t, t in subject.roles)', 'object.tags.exists(t, t in ["editor"])'],
    ['subject.claims.regions.exists(r, r == object.region)', '["EU", "US"].exists(r, r == object.region)'],
    ['subject.roles.all(r, r == "editor") && object.a', 'object.a'],
    ['object.rows.filter(r, r.n > subject.claims.level).size() > 0', 'object.rows.filter(r, r.n > 3.0).size() > 0'],
    ['object.rows.all(r, r.tags.exists(t, t == purpose))', 'object.rows.all(r, r.tags.exists(t, t == "safety"))'],
    ['has(object.a) && has(subject.claims.level)', 'has(object.a)'],
    ['timestamp(object.until) > now', 'timestamp(object.until) > timestamp("2026-11-26T09:00:00Z")'],
    ['now < timestamp("2027-01-01T00:00:00Z") && object.a', 'object.a'],
    ['now.getFullYear() == 2027 && object.a', 'false'],
    ['object.a == subject.claims.nested', 'object.a == {"key": "x"}'],
    ['type(object.a) == int', 'type(object.a) == int'],
    ['unknown == 1 || object.a', 'object.a'],
    ['object.a == constructor', 'false'],
    ['subject.scopes.map(s, s + "x") == object.a', '["ax"] == object.a'],
  ] as const) {
    test(`leaves of ${text}: ${left}`, () => assert.equal(filterOf(text).text, left));
  }

  test('gives the fields that are left to read', () => {
    const condition = compileRowCondition('subject.claims.admin || object.a.b == 1 || (subject.id == "x" && object.c)');
    assert.deepEqual(namesOf(condition.fields), { a: { b: {} }, c: {} });
    assert.deepEqual(namesOf(condition.filterFor(ana, now).fields), { a: { b: {} } });
    assert.deepEqual(namesOf(condition.filterFor({ ...ana, claims: { admin: true } }, now).fields), {});
  });

  test('takes whole numbers of JSON and of the text for equal, in lists too', () => {
    const subject = { ...ana, claims: { ids: [7, 8], age: 18 } };
    for (const [text, object, holds] of [
      ['object.level >= 3', { level: 3 }, true],
      ['object.level in [1, 2]', { level: 2 }, true],
      ['object.level in [1, 2]', { level: 3 }, false],
      ['subject.claims.age >= 18', {}, true],
      ['object.id in subject.claims.ids', { id: 7 }, true],
      ['object.id in subject.claims.ids', { id: '7' }, false],
      ['object.level == 3.0', { level: 3 }, true],
      ['size(object.tags) == object.level', { tags: [1, 2, 3], level: 3 }, true],
    ] as const) {
      assert.equal(filterOf(text, subject).holds(object as JsonObject), holds, text);
    }
  });

  test('lets nothing through when the object lacks what is asked, or it is of another type', () => {
    for (const text of ['object.a', 'object.a == 1', '!object.a', 'object.a > 1', 'object.list.all(x, x > 1)'])
      for (const object of [{}, { a: null, list: [null] }, { a: 'text', list: ['text'] }])
        assert.equal(filterOf(text).holds(object), false, `${text} of ${JSON.stringify(object)}`);
  });

  test('lets nothing through for claims that cannot be written', () => {
    let deep: JsonObject[string] = 1;
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    for (const claims of [{ a: deep }, { a: '\ud800' }]) {
      const filter = filterOf('object.a != subject.claims.a', { ...ana, claims });
      assert.equal(filter.holds({ a: 1 }), false);
      assert.match(filter.text, /^(false|object.a != 1 \/ 0)$/);
    }
  });

  test('tells of what cannot be worked out, and only of that', () => {
    for (const [text, code] of [
      ['object.region in subject.claims.missing', 'CONDITION_FAILED'],
      ['subject.claims.level', 'CONDITION_FAILED'],
      ['subject.claims.missing && object.a', 'CONDITION_FAILED'],
      ['subject.claims.missing || subject.id == "bo"', 'CONDITION_FAILED'],
      ['subject.id == "bo" || subject.claims.missing', 'CONDITION_FAILED'],
      ['subject.id == "bo" && subject.claims.missing', undefined],
      ['subject.claims.missing || subject.id == "ana"', undefined],
      ['subject.claims.missing || object.a', undefined],
      ['subject.id == "bo"', undefined],
      ['object.a', undefined],
    ] as const)
      assert.equal(filterOf(text).code, code, text);
  });

  test('reads fields whatever they are called in JavaScript', () => {
    for (const object of [{ constructor: 'x' }, Object.assign(Object.create(null) as object, { constructor: 'x' })])
      assert.equal(filterOf('object.constructor == "x"').holds({ ...object }), true);
    assert.equal(filterOf('has(object.toString)').holds({}), false);
  });
});

/** Expressions over what the subjects and objects below have, and lack. */
const { condition } = fc.letrec<{ value: string; condition: string }>((tie) => {
  const pick = (...words: readonly string[]) => fc.constantFrom(...words);
  const [value, test] = [tie('value'), tie('condition')];
  const atoms = pick(
    ...'object.a object.b object.s object.list object.rows object.nested.x object.missing.y'.split(' '),
    ...'subject.id subject.roles subject.claims.a subject.claims.b subject.claims.s subject.claims.list'.split(' '),
    ...'subject.claims.missing subject purpose now nowhere subject.claims.nested.x subject.expiresAt'.split(' '),
    ...'1 2 -3 1.5 "s" \'é\\n\' true false null [] [1,2] ["s","t"] {"x":1} 3u b"x" int duration("90s")'.split(' '),
    'timestamp("2026-11-26T09:00:00Z")',
  );
  return {
    value: fc.oneof(
      { withCrossShrink: true },
      { weight: 6, arbitrary: atoms },
      { weight: 2, arbitrary: test },
      fc.tuple(value, pick('+', '-', '*', '/', '%'), value).map(([a, sign, b]) => `(${a} ${sign} ${b})`),
      fc.tuple(test, value, value).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(value, value).map(([a, b]) => `[${a}, ${b}]`),
      fc.tuple(value, value).map(([a, b]) => `{"x": ${a}, ${b}: 1}`),
      fc.tuple(value, value).map(([a, b]) => `(${a})[${b}]`),
      fc.tuple(pick('size', 'string', 'int', 'double', 'type', 'timestamp'), value).map(([name, a]) => `${name}(${a})`),
      fc.tuple(value, test).map(([a, b]) => `(${a}).filter(t, ${b})`),
      fc.tuple(value, value).map(([a, b]) => `(${a}).map(t, ${b})`),
    ),
    condition: fc.oneof(
      { withCrossShrink: true },
      {
        weight: 3,
        arbitrary: fc.tuple(value, pick('==', '!=', '<', '>=', 'in'), value).map((parts) => `(${parts.join(' ')})`),
      },
      { weight: 2, arbitrary: fc.tuple(test, pick('&&', '||'), test).map((parts) => `(${parts.join(' ')})`) },
      test.map((a) => `!${a}`),
      pick('true', 'false', 'object.b', 'subject.claims.b', 't', 't == object.a', 't > 1', 'u == t'),
      pick(
        'has(object.a)',
        'has(object.missing)',
        'has(subject.claims.missing)',
        'has(object.nested.x)',
        'has(nowhere.x)',
      ),
      value.map((a) => `(${a} == null)`),
      fc.tuple(test, test, test).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc
        .tuple(value, pick('exists', 'all', 'exists_one'), pick('t', 'u', 'object', 'subject'), test)
        .map(([a, name, variable, b]) => `(${a}).${name}(${variable}, ${b})`),
      fc.tuple(value, pick('startsWith', 'contains', 'matches'), value).map(([a, name, b]) => `(${a}).${name}(${b})`),
    ),
  };
});

/** Objects as JSON.parse makes them. */
const plain = { noNullPrototype: true };
const scalar = fc.oneof(
  fc.constantFrom(1, 2, -3, 1.5, 's', 't', 'é\n', '"\\\u0000\u2028', true, false, null, 1e300, -0, 5e-7),
  fc.string({ unit: 'grapheme', maxLength: 3 }),
);
const json = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.record({ x: scalar }, plain));
const claims = fc.record(
  { a: json, b: fc.boolean(), s: json, list: fc.array(scalar, { maxLength: 3 }), nested: json },
  { ...plain, requiredKeys: [] },
);
const objects = fc.record(
  {
    a: json,
    b: fc.boolean(),
    s: scalar,
    list: fc.array(scalar, { maxLength: 3 }),
    rows: fc.array(fc.record({ x: scalar }, plain)),
    nested: json,
  },
  { ...plain, requiredKeys: [] },
);
const subjects: fc.Arbitrary<Subject> = fc.record(
  {
    id: fc.constantFrom('ana', null),
    roles: fc.subarray(['s', 't']),
    scopes: fc.constant([]),
    purpose: fc.constantFrom('s', null),
    domain: fc.constant(null),
    claims: claims as fc.Arbitrary<JsonObject>,
    expiresAt: fc.constantFrom(1, null),
  },
  plain,
);

test('what is left decides every object as the whole condition does', () => {
  const counts = { true: 0, false: 0 };
  fc.assert(
    fc.property(condition, subjects, fc.array(objects, { minLength: 1, maxLength: 3 }), (text, subject, rows) => {
      const whole = compileCondition(text);
      const filter = compileRowCondition(text).filterFor(subject, now);
      for (const object of rows) {
        const expected = whole({ subject, purpose: subject.purpose, now, object });
        counts[`${expected}`] += 1;
        assert.equal(filter.holds(object), expected, `${text}\nleft: ${filter.text}`);
        if (filter.text === 'true' || filter.text === 'false') assert.equal(String(expected), filter.text);
      }
      assert.doesNotMatch(filter.text.replaceAll(/"(?:\\.|[^"\\])*"/g, ''), /\b(purpose|now)\b/, text);
    }),
    { numRuns: 600 },
  );
  assert.ok(counts.true > 50 && counts.false > 50, JSON.stringify(counts));
});
