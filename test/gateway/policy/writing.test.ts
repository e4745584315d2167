/** However an input is written, it is refused alike: as a literal, as a variable, inside one, or as a variable's default. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../mesh/core/json.ts';
import { prune } from '../../support/pruned.ts';

const sdl = `
  type Query { people(where: Where, any: JSON, by: [Sort!]): [Person] }
  type Person { name: String email: String @authenticated boss: Boss }
  type Boss { salary: Int @mask(with: REDACT) name: String }
  input Where { name: String = "a" email: String and: [Where!] boss: BossWhere } input BossWhere { salary: Int name: String not: BossWhere }
  enum Sort { name email } scalar JSON`;

/** A field is reached by its name, and so is what lies behind a relation. */
function isRefused(value: Json, names: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => isRefused(item, names));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, child]) => names.includes(key) || isRefused(child ?? null, key === 'boss' ? [...names, 'salary'] : names),
  );
}

/** A value as GraphQL writes it. */
function literal(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, child]) => `${key}: ${literal(child ?? null)}`)
    .join(' ')}}`;
}

const { where } = fc.letrec<{ where: JsonObject; boss: JsonObject }>((tie) => ({
  where: fc.record(
    {
      name: fc.constantFrom('email', null),
      email: fc.constantFrom('a', null),
      and: fc.oneof({ depthSize: 'small' }, tie('where'), fc.array(tie('where'), { maxLength: 2 })),
      boss: tie('boss'),
    },
    { requiredKeys: [] },
  ),
  boss: fc.record(
    {
      name: fc.constant('salary'),
      salary: fc.constantFrom(1, null),
      not: fc.oneof({ depthSize: 'small' }, fc.constant(null), tie('boss')),
    },
    { requiredKeys: [] },
  ),
}));

const isDenied = (query: string, inputs: JsonObject = {}) =>
  prune(sdl, query, { inputs }).denied.some(({ isInput }) => isInput === true);

test('a filter is refused alike as a literal, a variable, a part of one, and a default', () => {
  fc.assert(
    fc.property(where, (value) => {
      const expected = isRefused(value, ['email']);
      const text = literal(value);
      const writings: readonly [string, JsonObject?][] = [
        [`{ people(where: ${text}) { name } }`],
        ['query ($w: Where) { people(where: $w) { name } }', { w: value }],
        [`query ($w: Where = ${text}) { people(where: $w) { name } }`],
        ['query ($w: Where!) { people(where: { and: [$w] }) { name } }', { w: value }],
        [`query ($w: [Where!]) { people(where: { and: $w }) { name } }`, { w: [{}, value] }],
        [`{ ... on Query { same: people(where: { and: { and: ${text} } }) { name } } }`],
      ];
      for (const [query, inputs] of writings) assert.equal(isDenied(query, inputs), expected, query);
      // What a variable stands for when nothing is given is not used when something is.
      assert.equal(isDenied(`query ($w: Where = ${text}) { people(where: $w) { name } }`, { w: {} }), false);
    }),
    { numRuns: 150 },
  );
});

test('so is a value of a custom scalar, in which names may also stand as texts', () => {
  fc.assert(
    fc.property(where, (value) => {
      const isText = (one: Json): boolean =>
        one === 'email' ||
        (typeof one === 'object' && one !== null && Object.values(one).some((child) => isText(child ?? null)));
      const withBoss = (one: Json, inBoss: boolean): boolean =>
        (inBoss && one === 'salary') ||
        (typeof one === 'object' &&
          one !== null &&
          Object.entries(one).some(([key, child]) => withBoss(child ?? null, inBoss || key === 'boss')));
      const expected = isRefused(value, ['email']) || isText(value) || withBoss(value, false);
      assert.equal(isDenied(`{ people(any: ${literal(value)}) { name } }`), expected);
      assert.equal(isDenied('query ($a: JSON) { people(any: $a) { name } }', { a: value }), expected);
      assert.equal(isDenied('query ($a: JSON) { people(any: { or: [1, $a] }) { name } }', { a: value }), expected);
    }),
    { numRuns: 150 },
  );
});
