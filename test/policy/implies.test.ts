/** Rules that bind as strictly as others, held against asking every subject. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'graphql';
import { anonymous } from '../../mesh/core/subject.ts';
import { bothOf, unmetRule } from '../../mesh/policy/implies.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { joinRules, textOfRule } from '../../mesh/policy/write-rules.ts';
import { decideRule } from '../../mesh/policy/view.ts';
import { governanceOf } from '../support/gateway.ts';

const names = ['a', 'b', 'c'];
const sublists = fc.subarray(names);
const lists = fc.array(sublists, { maxLength: 3 });
const scopes = lists.map((anyOf): Rule => ({ kind: 'scopes', coordinate: 'T.f', anyOf, text: '' }));
const policies = lists.map((anyOf): Rule => ({ kind: 'policies', coordinate: 'T.f', anyOf, text: '' }));
const signedIn = fc.constant<Rule>({ kind: 'authenticated', coordinate: 'T.f', text: '' });
const denying = fc.array(fc.oneof(scopes, policies, signedIn), { maxLength: 4 });

/** Every subject that these rules can tell from another. */
const subjects = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((had) =>
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((held) => {
    const own = names.filter((_, index) => had & (1 << index));
    const subject = { ...anonymous, id: 'ana', scopes: own };
    const one = { subject, held: new Set(names.filter((_, index) => held & (1 << index))) };
    // Nobody has scopes who has no id.
    return own.length > 0 ? [one] : [one, { ...one, subject: anonymous }];
  }),
);

function passes(rules: readonly Rule[], { subject, held }: (typeof subjects)[number]): boolean {
  const governance = governanceOf(new Map(names.map((name) => [name, () => held.has(name)])));
  return rules.every(
    (rule) => decideRule(rule, subject, { governance, covers: () => true, now: 0 }).verdict.kind === 'allow',
  );
}

test('unmetRule() finds none exactly where everybody who passes one passes the other', () => {
  fc.assert(
    fc.property(denying, fc.oneof(scopes, policies, signedIn), (given, wanted) => {
      const isMet = unmetRule([wanted], given) === null;
      const holds = subjects.every((one) => !passes(given, one) || passes([wanted], one));
      // It looks at rules of one kind at a time: where others stop everybody, it may say no, but never yes in vain.
      if (isMet) assert.ok(holds);
      else if (subjects.some((one) => passes(given, one))) assert.ok(!holds);
    }),
    { numRuns: 500, seed: 5 },
  );
});

test('joinRules() binds whom all rules bind, and nobody else', () => {
  fc.assert(
    fc.property(denying, (rules) => {
      const joined = joinRules(rules) ?? assert.fail('too many');
      assert.equal(new Set(joined.map(({ kind }) => kind)).size, joined.length);
      for (const one of subjects) assert.equal(passes(joined, one), passes(rules, one));
    }),
    { numRuns: 500, seed: 5 },
  );
});

test('textOfRule() is what readPolicy() reads', () => {
  const link = '@link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose"])';
  const texts = [
    '@authenticated',
    '@requiresScopes(scopes: [["a", "b"], []])',
    '@policy(policies: [["a \\"b\\" \\n"]])',
    '@purpose(allow: ["p"])',
    '@mask(with: LAST4, unless: [["a"]])',
    '@mask(with: "ROUND(0.5)")',
    '@rows(where: "object.a == \'x\'")',
  ];
  const { rules } = readPolicy(parse(`extend schema ${link} type T { f: Int ${texts.join(' ')} }`));
  assert.deepEqual(
    rules.get('T.f')?.map((rule) => textOfRule(rule)),
    texts,
  );
});

test('bothOf() gives up on alternatives that are too many', () => {
  const many = Array.from({ length: 40 }, (_, index) => [`x${index}`]);
  const more = Array.from({ length: 40 }, (_, index) => [`y${index}`]);
  assert.equal(bothOf([many, more]), null);
  assert.equal(
    unmetRule(
      [{ kind: 'scopes', coordinate: 'T', anyOf: [['a']], text: '' }],
      [
        { kind: 'scopes', coordinate: 'T', anyOf: many, text: '' },
        { kind: 'scopes', coordinate: 'T', anyOf: more, text: '' },
      ],
    )?.kind,
    'scopes',
  );
});

describe('a mask is met by', () => {
  const rule = (text: string): readonly Rule[] => {
    const link = '@link(url: "https://weft.dev/weft/v1.0", import: ["@mask"])';
    return readPolicy(parse(`extend schema ${link} type T { f: Int ${text} }`)).rules.get('T.f') ?? [];
  };
  const mask = '@mask(with: MONTH, unless: [["m"]])';
  for (const [given, isMet] of [
    [mask, true],
    ['@mask(with: YEAR, unless: [["m"]])', true],
    ['@mask(with: REDACT, unless: [["m", "n"]])', true],
    ['@mask(with: NULL)', true],
    ['@requiresScopes(scopes: [["m"]])', true],
    ['@mask(with: MONTH, unless: [["m"], ["n"]])', false],
    ['@mask(with: HASH, unless: [["m"]])', false],
    ['@requiresScopes(scopes: [["m"], ["n"]])', false],
    ['@authenticated', false],
    ['', false],
  ] as const) {
    test(`${given || 'nothing'}: ${isMet ? 'yes' : 'no'}`, () => {
      assert.equal(unmetRule(rule(mask), rule(given)) === null, isMet);
    });
  }

  test('one whose steps are as wide', () => {
    assert.equal(unmetRule(rule('@mask(with: ROUND, n: 10)'), rule('@mask(with: ROUND, n: 100)')), null);
    assert.notEqual(unmetRule(rule('@mask(with: ROUND, n: 10)'), rule('@mask(with: ROUND, n: 1)')), null);
  });
});
