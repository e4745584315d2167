/** Conditions that hold only where others do, held against working both out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileCondition } from '../../mesh/policy/condition.ts';
import { impliesCondition } from '../../mesh/policy/condition-implies.ts';

for (const [one, other, isImplied] of [
  ['subject.claims.age >= 21', 'subject.claims.age >= 18', true],
  ['subject.claims.age >= 18', 'subject.claims.age >= 21', false],
  ['subject.claims.age > 18', 'subject.claims.age >= 18', true],
  ['subject.claims.age >= 18', 'subject.claims.age > 18', false],
  ['18 <= subject.claims.age', 'subject.claims.age > 17', true],
  ['subject.claims.age == 20', 'subject.claims.age >= 18', true],
  ['subject.claims.age >= 18.0', 'subject.claims.age >= 18', false],
  ['subject.claims.age >= 21', 'subject.claims.years >= 18', false],
  ['false', 'subject.claims.age >= 18', true],
  ['subject.claims.age >= 18', 'true', true],
  ['true', 'subject.claims.age >= 18', false],
  ['a == 1 && b == 2', 'a == 1', true],
  ['a == 1', 'a == 1 && b == 2', false],
  ['a == 1', 'a == 1 || b == 2', true],
  ['a == 1 || b == 2', 'a == 1', false],
  ['(a == 1 || b == 2) && c == 3', 'b == 2 || a == 1', true],
  ["'x' in subject.roles", "'x' in subject.roles || 'y' in subject.roles", true],
  ["'x' in subject.roles", "'y' in subject.roles", false],
  ["subject.id in ['a']", "subject.id in ['a', 'b']", true],
  ["subject.id == 'b'", "subject.id in ['a', 'b']", true],
  ["subject.id in ['a', 'b']", "subject.id == 'b'", false],
  ['!(a == 1)', '!(a == 1)', true],
  ['!(a == 1)', 'a == 1', false],
  ['subject.roles.exists(r, r == "x")', 'subject.roles.exists(r, r == "x")', true],
  ['subject.roles.exists(r, r == "x")', 'subject.roles.exists(r, r == "y")', false],
] as const) {
  test(`${one} ${isImplied ? 'holds only' : 'need not hold only'} where ${other} does`, () => {
    assert.equal(impliesCondition(one, other), isImplied);
  });
}

test('impliesCondition() never says yes in vain, whatever is missing or of another type', () => {
  const name = fc.constantFrom('a', 'b');
  const atom = fc.oneof(
    fc
      .tuple(name, fc.constantFrom('>', '>=', '<', '<=', '=='), fc.constantFrom('0', '1', '2', '1.0'))
      .map((one) => one.join(' ')),
    fc.tuple(fc.constantFrom('0', '1', '2'), fc.constantFrom('>', '>=', '<', '<='), name).map((one) => one.join(' ')),
    fc.tuple(name, fc.constantFrom("'x'", "'y'")).map((one) => one.join(' == ')),
    fc.tuple(name, fc.constantFrom("['x']", "['x', 'y']", "['y']")).map((one) => one.join(' in ')),
    fc.constantFrom('true', 'false', 'a', '[1].exists(i, i == b)', '[1].all(i, i == b)'),
  );
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      atom,
      fc
        .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
        .map(([one, by, other]) => `(${one} ${by} ${other})`),
      tie('condition').map((one) => `!(${one})`),
    ),
  }));
  const values = [undefined, 0, 1, 2, 1.5, 'x', 'y', true, null, ['x']];
  const worlds = values.flatMap((a) =>
    values.map((b) => ({ ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) })),
  );
  let count = 0;
  fc.assert(
    fc.property(condition, condition, (one, other) => {
      if (!impliesCondition(one, other)) return;
      count += 1;
      const [first, second] = [compileCondition(one), compileCondition(other)];
      for (const world of worlds) {
        if (first(world)) assert.ok(second(world), `${one} holds and ${other} does not: ${JSON.stringify(world)}`);
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
  assert.ok(count > 100, `it has to say yes now and then: ${count}`);
});
