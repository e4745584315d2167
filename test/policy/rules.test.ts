/** Rules as a supergraph carries them, and what they say for a subject. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { decideRule } from '../../mesh/policy/view.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { governanceOf, type SubjectPolicies } from '../support/gateway.ts';

const readRules = (document: Parameters<typeof readPolicy>[0]) => readPolicy(document).rules;

const decide = (rule: Rule, subject: Subject, policies: SubjectPolicies) =>
  decideRule(rule, subject, { governance: governanceOf(policies, noGovernance), covers: () => false, now: 0 }).verdict;

const allowsRule = (rule: Rule, subject: Subject, policies: SubjectPolicies = new Map()): boolean =>
  decide(rule, subject, policies).kind === 'allow';

const rulesOf = (sdl: string) =>
  Object.fromEntries(
    [...readRules(parse(sdl))].map(([coordinate, rules]) => [coordinate, rules.map((rule) => rule.text)]),
  );

test('rules are read wherever they may stand', () => {
  const sdl = `
    type Query @authenticated { a: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) b: Int }
    interface Node @policy(policies: [["p"]]) { id: ID! @authenticated }
    scalar Secret @authenticated
    enum Mood @requiresScopes(scopes: "one") { GOOD }
    union Any @authenticated = Query
    extend type Query { c: Int @authenticated }`;
  assert.deepEqual(rulesOf(sdl), {
    Query: ['@authenticated'],
    'Query.a': ['@requiresScopes(scopes: [["a", "b"], ["c"]])'],
    Node: ['@policy(policies: [["p"]])'],
    'Node.id': ['@authenticated'],
    Secret: ['@authenticated'],
    Mood: ['@requiresScopes(scopes: "one")'],
    Any: ['@authenticated'],
    'Query.c': ['@authenticated'],
  });
});

test('a directive is known by the name that its link gives it, and by no other', () => {
  const renamed = `schema @link(url: "https://specs.apollo.dev/authenticated/v0.1", import: [{ name: "@authenticated", as: "@signedIn" }])
      @link(url: "https://specs.apollo.dev/policy/v0.1", as: "rule") { query: Query }
    type Query { a: Int @signedIn b: Int @authenticated c: Int @rule(policies: [["p"]]) d: Int @policy(policies: [["p"]]) }`;
  assert.deepEqual(Object.keys(rulesOf(renamed)), ['Query.a', 'Query.c']);
});

test('all scopes of one of the lists are needed', () => {
  const [rule] =
    readRules(parse('type Query { a: Int @requiresScopes(scopes: [["a", "b"], ["c"]]) }')).get('Query.a') ?? [];
  assert.ok(rule);
  const allows = (...scopes: string[]) => allowsRule(rule, { ...anonymous, scopes }, new Map());
  assert.deepEqual(
    [allows(), allows('a'), allows('a', 'b'), allows('c'), allows('b', 'x')],
    [false, false, true, true, false],
  );
});

test('a rule without lists holds for nobody', () => {
  for (const directive of ['@requiresScopes(scopes: [])', '@policy(policies: [])', '@requiresScopes']) {
    const [rule] = readRules(parse(`type Query { a: Int ${directive} }`)).get('Query.a') ?? [];
    assert.ok(rule);
    assert.equal(allowsRule(rule, { ...anonymous, scopes: ['a'] }, new Map()), false, directive);
  }
});

test('all policies of one of the lists must hold; one that nobody defined never does', () => {
  const [rule] =
    readRules(parse('type Query { a: Int @policy(policies: [["yes", "unknown"], ["no"], ["yes"]]) }')).get('Query.a') ??
    [];
  assert.ok(rule);
  const policies = new Map([
    ['yes', () => true],
    ['no', () => false],
  ]);
  assert.equal(allowsRule(rule, anonymous, policies), true);
  assert.deepEqual(decide(rule, anonymous, new Map([['no', () => false]])), {
    kind: 'deny',
    code: 'POLICY_UNKNOWN',
    reason: 'it names a policy that the mesh does not have',
  });
});

test('anybody with an id is authenticated', () => {
  const [rule] = readRules(parse('type Query { a: Int @authenticated }')).get('Query.a') ?? [];
  assert.ok(rule);
  assert.equal(allowsRule(rule, { ...anonymous, id: 'ana' }, new Map()), true);
  assert.deepEqual(decide(rule, anonymous, new Map()), {
    kind: 'deny',
    code: 'ANONYMOUS',
    reason: 'the request is anonymous',
  });
});
