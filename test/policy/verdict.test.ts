/** What each kind of rule says, with the code of why, and until when. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'graphql';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import { reasonCodes } from '../../mesh/policy/reason.ts';
import { decideRule } from '../../mesh/policy/view.ts';

const now = Date.UTC(2026, 10, 26);
const ana: Subject = { ...anonymous, id: 'ana', purpose: 'safety', domain: 'research', claims: { secret: 'canary' } };

const governance: Governance = {
  ...noGovernance,
  policies: new Map(
    Object.entries({
      yes: 'true',
      no: 'false',
      adult: 'subject.claims.age >= 18',
      soon: 'now < timestamp("2027-01-01T00:00:00Z")',
      later: 'now.getFullYear() == 2027',
      odd: 'subject.claims.secret',
    }).map(([name, text]) => [name, compileCondition(text)]),
  ),
};
const agreement = { id: 'a', consumer: 'research', products: ['Query.a'], purposes: ['safety'], until: now + 1_000 };

function ruleOf(directive: string) {
  const link = 'extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose"])';
  const on = directive.startsWith('@rows') ? `type A ${directive} { a: Int }` : `type Query { a: Int ${directive} }`;
  const [rule] = [...readPolicy(parse(`${link} ${on}`)).rules.values()].flat();
  return rule ?? assert.fail(`No rule is read from ${directive}.`);
}

interface Case {
  readonly subject?: Partial<Subject>;
  readonly governance?: Partial<Governance>;
  readonly at?: number;
}

const decide = (directive: string, { subject, governance: other, at = now }: Case = {}) =>
  decideRule(
    ruleOf(directive),
    { ...ana, ...subject },
    { governance: { ...governance, ...other }, covers: (product, coordinate) => product === coordinate, now: at },
  );

function said(directive: string, options: Case = {}): string {
  const { verdict } = decide(directive, options);
  return verdict.kind === 'deny' ? verdict.code : verdict.kind;
}

describe('a rule denies by a code of its own', () => {
  const agreements = [agreement];
  const cases: readonly (readonly [directive: string, said: string, options?: Case])[] = [
    ['@authenticated', 'ANONYMOUS', { subject: { id: null } }],
    ['@authenticated', 'allow'],
    ['@requiresScopes(scopes: [["a", "b"], ["c"]])', 'SCOPE_MISSING', { subject: { scopes: ['a', 'x'] } }],
    ['@requiresScopes(scopes: [["a", "b"], ["c"]])', 'allow', { subject: { scopes: ['c'] } }],
    ['@policy(policies: [["yes", "no"]])', 'POLICY_FAILED'],
    ['@policy(policies: [["no"], ["yes"]])', 'allow'],
    ['@policy(policies: [["yes", "nobody"]])', 'POLICY_UNKNOWN'],
    ['@policy(policies: [["adult"]])', 'CONDITION_FAILED'],
    ['@policy(policies: [["odd"]])', 'CONDITION_FAILED'],
    ['@policy(policies: [["adult"], ["yes"]])', 'allow'],
    ['@policy(policies: [["adult"]])', 'allow', { subject: { claims: { age: 18 } } }],
    ['@policy(policies: [["soon"]])', 'allow'],
    ['@policy(policies: [["soon"]])', 'POLICY_FAILED', { at: Date.UTC(2027) }],
    ['@policy(policies: [["later"]])', 'allow', { at: Date.UTC(2027) }],
    ['@policy(policies: [["soon"]])', 'CONDITION_FAILED', { at: NaN }],
    ['@purpose(allow: ["safety"])', 'PURPOSE_MISSING', { subject: { purpose: null } }],
    ['@purpose(allow: ["billing"])', 'PURPOSE_NOT_ALLOWED'],
    ['@purpose(allow: [])', 'PURPOSE_NOT_ALLOWED'],
    ['@purpose(allow: ["billing", "safety"])', 'allow'],
    ['@purpose(allow: ["safety"])', 'AGREEMENT_MISSING', { governance: { agreements: [] } }],
    ['@purpose(allow: ["safety"])', 'AGREEMENT_MISSING', { governance: { agreements }, subject: { domain: null } }],
    ['@purpose(allow: ["safety"])', 'AGREEMENT_MISSING', { governance: { agreements }, subject: { domain: 'sales' } }],
    [
      '@purpose(allow: ["safety"])',
      'AGREEMENT_MISSING',
      { governance: { agreements: [{ ...agreement, products: ['Query.b'] }] } },
    ],
    [
      '@purpose(allow: ["safety"])',
      'AGREEMENT_MISSING',
      { governance: { agreements: [{ ...agreement, purposes: ['billing'] }] } },
    ],
    ['@purpose(allow: ["safety"])', 'AGREEMENT_ENDED', { governance: { agreements }, at: agreement.until }],
    ['@purpose(allow: ["safety"])', 'allow', { governance: { agreements }, at: agreement.until - 1 }],
    ['@mask(with: LAST4, unless: [["a"]])', 'mask'],
    ['@mask(with: LAST4, unless: [["a"]])', 'allow', { subject: { scopes: ['a'] } }],
    ['@rows(where: "object.a == subject.id")', 'filter'],
    ['@rows(where: "subject.claims.missing == object.a")', 'filter'],
    ['@rows(where: "subject.id == \\"ana\\" || object.open")', 'allow'],
  ];
  for (const [directive, expected, options] of cases)
    test(`${directive}: ${expected}`, () => assert.equal(said(directive, options), expected));

  test('and no other code is left without a case', () => {
    const seen = new Set(cases.map(([, code]) => code));
    // What a verdict cannot say: that there is no way here to show a part.
    assert.deepEqual(
      reasonCodes.filter((code) => !seen.has(code)),
      ['PART_ONLY'],
    );
  });
});

test('reasons say the way out, and nothing of the claims or the domain', () => {
  const reasonOf = (directive: string, options?: Case): string => {
    const { verdict } = decide(directive, options);
    return verdict.kind === 'deny' ? verdict.reason : assert.fail(`${directive} denies nothing.`);
  };
  assert.equal(
    reasonOf('@purpose(allow: ["billing", "audit"])', { subject: { purpose: null } }),
    'the request states no purpose: send "billing" or "audit" in the header weft-purpose',
  );
  assert.equal(
    reasonOf('@purpose(allow: ["safety"])', { governance: { agreements: [] } }),
    `no agreement gives it to the subject's domain for that purpose: ask the owner of Query.a for one in ` +
      'schema/agreements.yaml that names consumer, products, purposes and until',
  );
  for (const options of [{}, { governance: { agreements: [] } }])
    for (const directive of ['@policy(policies: [["odd"]])', '@purpose(allow: ["billing"])'])
      assert.doesNotMatch(reasonOf(directive, options), /canary|research|ana\b/);
});

test('the same rule denied for the same reason is denied in the same words for everybody', () => {
  const rule = ruleOf('@policy(policies: [["adult"]])');
  const ground = { governance, covers: () => false, now };
  assert.equal(
    decideRule(rule, ana, ground).verdict,
    decideRule(rule, { ...ana, claims: { age: 'x' } }, ground).verdict,
  );
});

describe('a verdict holds until', () => {
  const agreements = [
    agreement,
    { ...agreement, id: 'b', until: now + 5_000 },
    { ...agreement, consumer: 'x', until: now + 9_000 },
  ];
  for (const [directive, until, options] of [
    ['@authenticated', Infinity],
    ['@policy(policies: [["adult"]])', Infinity],
    ['@policy(policies: [["no"], ["soon"]])', now],
    ['@policy(policies: [["later"]])', now],
    ['@purpose(allow: ["safety"])', Infinity],
    ['@purpose(allow: ["safety"])', now + 5_000, { governance: { agreements } }],
    ['@purpose(allow: ["safety"])', Infinity, { governance: { agreements }, at: now + 10_000 }],
    ['@rows(where: "object.a == subject.id")', Infinity],
    ['@rows(where: "object.until > string(now)")', now],
  ] as const satisfies readonly (readonly [string, number, Case?])[])
    test(`${directive}: ${until}`, () => assert.equal(decide(directive, options).until, until));
});
