/** Views: who shares one, how long what they say holds, and that it is what every rule says afresh. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'graphql';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import { type Governance, noGovernance } from '../../mesh/policy/governance.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { type Verdict, decideRule } from '../../mesh/policy/view.ts';
import { createViews } from '../../mesh/policy/views.ts';

const sdl = `
  extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose"])
  type Query {
    a: Int @authenticated
    b: Int @requiresScopes(scopes: [["b", "c"], ["d"]])
    c: Int @policy(policies: [["adult"], ["eu", "known"]])
    d: Int @purpose(allow: ["safety"])
    e: Int @mask(with: LAST4, unless: [["b"]])
    f: Int @policy(policies: [["soon"]])
  }
  type Row @rows(where: "object.region in subject.claims.regions || has(subject.claims.x.y)") { region: String }
  type Other @rows(where: "subject.roles.exists(r, r == object.role) && subject.claims[\\"a.b\\"] != 1") { role: String }
  type Timed @rows(where: "timestamp(object.until) > now") { until: String }
`;
const policies = {
  adult: 'subject.claims.age >= 18',
  eu: 'subject.claims.region == "EU" && purpose != "billing"',
  known: 'subject.id != null',
  soon: 'now < timestamp(10)',
  unused: 'subject.claims.unread == 1',
};
const governance: Governance = {
  ...noGovernance,
  policies: new Map(Object.entries(policies).map(([name, text]) => [name, compileCondition(text)])),
  agreements: [{ id: 'a', consumer: 'research', products: ['Query.d'], purposes: ['safety'], until: 20 }],
};
const policy = readPolicy(parse(sdl));
const all: readonly Rule[] = [...policy.rules.values()].flat();
const covers = (product: string, coordinate: string): boolean => product === coordinate;

function open(options: { readonly governance?: Governance; readonly rules?: typeof policy.rules } = {}) {
  const clock = { at: 0, now: () => clock.at };
  return { clock, viewOf: createViews({ rules: policy.rules, governance, covers, clock, ...options }) };
}

const frozen = (subject: Partial<Subject>): Subject => Object.freeze({ ...anonymous, id: 'ana', ...subject });

/** Verdicts with their filters' texts. */
const plain = (verdict: Verdict) =>
  verdict.kind === 'filter' ? { kind: verdict.kind, text: verdict.filter.text } : verdict;

test('subjects that agree on what the rules read have one view', () => {
  const { rules } = readPolicy(parse('type Query { a: Int @authenticated b: Int @requiresScopes(scopes: [["b"]]) }'));
  const { viewOf } = open({ rules });
  const view = viewOf(frozen({}));
  for (const other of [
    { id: 'bo' },
    { claims: { age: 7 } },
    { purpose: 'safety' },
    { domain: 'research' },
    { roles: ['r'] },
    { scopes: ['x'] },
    { expiresAt: 1 },
  ])
    assert.equal(viewOf(frozen(other)), view, JSON.stringify(other));
  assert.notEqual(viewOf(frozen({ id: null })), view);
  const scoped = viewOf(frozen({ scopes: ['b'] }));
  assert.notEqual(scoped, view);
  assert.equal(viewOf(frozen({ scopes: ['x', 'b', 'b'] })), scoped);
});

test('subjects that differ in anything the rules read have views of their own', () => {
  const { viewOf } = open();
  const seen = new Set([viewOf(frozen({}))]);
  const others: readonly Partial<Subject>[] = [
    { id: null },
    { scopes: ['b'] },
    { scopes: ['b', 'd'] },
    { purpose: 'safety' },
    { domain: 'research' },
    { roles: ['r'] },
    { claims: { age: 18 } },
    { claims: { age: null } },
    { claims: { region: 'EU' } },
    { claims: { regions: [] } },
    { claims: { regions: ['EU'] } },
    { claims: { x: {} } },
    { claims: { x: { y: null } } },
    { claims: { x: { y: { z: 1 } } } },
    { claims: { x: [] } },
    { claims: { 'a.b': 1 } },
  ];
  for (const other of others) {
    const view = viewOf(frozen(other));
    assert.ok(!seen.has(view), JSON.stringify(other));
    seen.add(view);
  }
  // What only policies read that no rule names makes no difference.
  assert.equal(viewOf(frozen({ claims: { unread: 1 } })), viewOf(frozen({ claims: { a: { b: 1 } } })));
});

test('a subject that may change is never remembered', () => {
  const { viewOf } = open();
  const scopes = ['x'];
  const subject = { ...anonymous, scopes };
  const [rule] = policy.rules.get('Query.b') ?? [];
  assert.ok(rule);
  assert.equal(viewOf(subject).verdictOf(rule).kind, 'deny');
  scopes.push('d');
  assert.equal(viewOf(subject).verdictOf(rule).kind, 'allow');
});

test('views are forgotten, the one used longest ago first', () => {
  const { viewOf } = open();
  const first = viewOf(frozen({ claims: { age: -1 } }));
  for (let age = 0; age < limits.viewsMax; age += 1) viewOf(frozen({ claims: { age } }));
  assert.notEqual(viewOf(frozen({ claims: { age: -1 } })), first);
});

test('claims that cannot be written down have a view of their own', () => {
  let deep: JsonObject[string] = 1;
  for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
  const { viewOf } = open();
  const [one, other] = [frozen({ claims: { regions: deep } }), frozen({ claims: { regions: deep } })];
  assert.notEqual(viewOf(one), viewOf(other));
  assert.equal(viewOf(one), viewOf(one));
  const [rule] = policy.rules.get('Row') ?? [];
  assert.ok(rule);
  const verdict = viewOf(one).verdictOf(rule);
  assert.equal(verdict.kind === 'filter' && verdict.filter.holds({ region: 'EU' }), false);
});

test('a view says nothing of rules of another policy', () => {
  const [rule] = [...readPolicy(parse('type Query { a: Int @authenticated }')).rules.values()].flat();
  assert.ok(rule);
  assert.throws(() => open().viewOf(frozen({})).verdictOf(rule), /rules of its policy, but got: @authenticated/);
});

/** Few values, so that subjects often share a view. */
const subjects = fc
  .record(
    {
      id: fc.constantFrom('ana', 'bo', null),
      scopes: fc.subarray(['b', 'c', 'd', 'x']),
      roles: fc.subarray(['r', 's']),
      purpose: fc.constantFrom('safety', 'billing', null),
      domain: fc.constantFrom('research', 'sales', null),
      claims: fc.record(
        {
          age: fc.constantFrom(17, 18, 'x', null),
          region: fc.constantFrom('EU', 'US'),
          regions: fc.constantFrom<JsonObject[string][]>([], ['EU'], 'EU', [1, ['EU']]),
          x: fc.constantFrom<JsonObject[string][]>({}, { y: 1 }, { y: null }, 1, []),
          'a.b': fc.constantFrom(1, 2),
          a: fc.constant({ b: 1 }),
          unread: fc.constantFrom(1, 2),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
    },
    { noNullPrototype: true },
  )
  .map((subject) => frozen(subject as Partial<Subject>));

/** Subjects one after the other, many of whom differ in nothing that is read. */
const askings = fc
  .record({
    pool: fc.array(subjects, { minLength: 2, maxLength: 2 }),
    asked: fc.array(
      fc.record({
        place: fc.nat(1),
        id: fc.constantFrom('ana', 'bo'),
        unread: fc.nat(2),
        at: fc.constantFrom(0, 9, 10, 19, 20),
      }),
      { minLength: 2, maxLength: 8 },
    ),
  })
  .map(({ pool, asked }) =>
    asked
      .map(({ place, id, unread, at }) => {
        const { claims, ...subject } = pool[place] ?? anonymous;
        return { subject: frozen({ ...subject, id: subject.id && id, claims: { ...claims, unread } }), at };
      })
      .toSorted((one, other) => one.at - other.at),
  );

test('a view says of every rule what deciding it afresh says, whoever asked before and whenever', () => {
  let [views, asked] = [0, 0];
  fc.assert(
    fc.property(askings, (asking) => {
      const { viewOf, clock } = open();
      const seen = new Set<unknown>();
      for (const { subject, at } of asking) {
        clock.at = at;
        const view = viewOf(subject);
        seen.add(view);
        for (const rule of all) {
          const { verdict } = decideRule(rule, subject, { governance, covers, now: at });
          assert.deepEqual(plain(view.verdictOf(rule)), plain(verdict), rule.text);
        }
      }
      [views, asked] = [views + seen.size, asked + asking.length];
    }),
    { numRuns: 150 },
  );
  assert.ok(views < asked * 0.75, `${asked} subjects had ${views} views`);
});
