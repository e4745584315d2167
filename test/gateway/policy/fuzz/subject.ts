/** Random subjects out of choices, and what the mesh of the fuzz has agreed on. */
import { type Subject, anonymous } from '../../../../mesh/core/subject.ts';
import type { Agreement } from '../../../../mesh/policy/agreements.ts';
import { compileCondition } from '../../../../mesh/policy/condition.ts';
import { type Governance, noGovernance } from '../../../../mesh/policy/governance.ts';
import { type Choose, pick, pickSome } from '../../federation/fuzz/choice.ts';

/** When all of it happens. */
export const now = Date.UTC(2026, 5, 1);

export const maskSecret = 'the secret of a random mesh';

/** What the names in `@policy` mean; `unknown` means nothing. */
export const namedPolicies: Readonly<Record<string, string>> = {
  adult: 'subject.claims.level >= 2',
  staff: "'staff' in subject.roles",
  audited: "purpose == 'audit'",
  missing: "subject.claims.nothing != 'there'",
  timed: "now > timestamp('2026-01-01T00:00:00Z')",
};

export function createGovernance(types: readonly string[], choose: Choose): Governance {
  const policies = new Map(Object.entries(namedPolicies).map(([name, text]) => [name, compileCondition(text)]));
  return { ...noGovernance, policies, agreements: createAgreements(types, choose), maskSecret };
}

function createAgreements(types: readonly string[], choose: Choose): readonly Agreement[] | null {
  if (choose(3) < 2) return null;
  return [0, 1, 2].slice(0, choose(4)).map((number) => ({
    id: `agreement-${number}`,
    consumer: pick(choose, ['safety', 'sales']),
    products: pickSome(choose, types),
    purposes: pickSome(choose, ['audit', 'billing']),
    until: now + pick(choose, [3_600_000, -1]),
  }));
}

export function createSubject(choose: Choose): Subject {
  const purpose = pick(choose, [null, 'audit', 'billing', 'other']);
  if (choose(5) === 0) return { ...anonymous, purpose };
  const all = [
    ['a', pick(choose, [1, 0, 1, 0, '1', null])],
    ['codes', pick<unknown>(choose, [['E0c-1', 'E0-1', 'E1-2', 'r-0', 'plain'], ['', 'E1-1', 'E0-2'], 7, ['E0-0', 3]])],
    ['level', pick(choose, [2, 1, 3.5, 'high'])],
    ['shades', pick<unknown>(choose, [['RED'], ['GREEN'], 'GREEN'])],
  ] as const;
  const claims = Object.fromEntries(all.filter(() => choose(5) > 0));
  const subject = {
    ...anonymous,
    id: pick(choose, ['ana', 'bob', 'eve']),
    roles: pickSome(choose, ['staff', 'guest']),
    scopes: pickSome(choose, ['a', 'b', 'c']),
    domain: pick(choose, [null, 'safety', 'sales']),
    purpose,
    claims: claims as Subject['claims'],
  };
  // Those that cannot change share what is worked out for them.
  return choose(4) === 3 ? subject : Object.freeze(subject);
}
