/** Decides rules for a subject. Pure: the same rule, subject, governance and time give the same verdict. */
import type { Subject } from '../core/subject.ts';
import type { Agreement } from './agreements.ts';
import type { Governance } from './governance.ts';
import type { Mask } from './mask.ts';
import { type Denial, type ReasonCode, denialOf } from './reason.ts';
import { type RowFilter, allRows } from './row-condition.ts';
import type { PoliciesRule, PurposeRule, Rule } from './rules.ts';

export type Verdict =
  | { readonly kind: 'allow' }
  | Denial
  | { readonly kind: 'mask'; readonly mask: Mask }
  /** Of the objects of the type, those exist that the filter lets through. */
  | { readonly kind: 'filter'; readonly filter: RowFilter };

/** What is said of rules that do not allow all. */
export type Verdicts = ReadonlyMap<Rule, Verdict>;

export interface Decided {
  readonly verdict: Verdict;
  /** The first millisecond since the epoch at which the verdict may be another; `Infinity` where time changes nothing. */
  readonly until: number;
}

/** What all rules of a policy say for a subject. Whoever sees the same has the same view, as one object while it is known. */
export interface View {
  /** The verdict now. */
  verdictOf(rule: Rule): Verdict;
  /** The verdict at a time, in milliseconds since the epoch. */
  decide(rule: Rule, now: number): Decided;
}

/** The view of a subject now. */
export interface Views {
  (subject: Subject): View;
}

/** Whether an agreement on a product, as on `Query.delays`, is one on what stands at a coordinate. */
export interface Covers {
  (product: string, coordinate: string): boolean;
}

/** What verdicts depend on beside the rule and the subject. */
export interface DecidingGround {
  readonly governance: Pick<Governance, 'policies' | 'agreements'>;
  readonly covers: Covers;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What named policies that do not read the time came to for the subject; filled on the way. Default none. */
  readonly known?: Map<string, PolicyOutcome>;
}

type PolicyOutcome = 'holds' | Extract<ReasonCode, 'POLICY_FAILED' | 'POLICY_UNKNOWN' | 'CONDITION_FAILED'>;

const allow: Verdict = { kind: 'allow' };
const allowed: Decided = { verdict: allow, until: Infinity };

/** The verdict of one rule. */
export function decideRule(rule: Rule, subject: Subject, ground: DecidingGround): Decided {
  switch (rule.kind) {
    case 'authenticated':
      return subject.id === null ? denied(rule, 'ANONYMOUS') : allowed;
    case 'scopes':
      return hasAny(rule.anyOf, subject) ? allowed : denied(rule, 'SCOPE_MISSING');
    case 'policies':
      return decidePolicies(rule, subject, ground);
    case 'purpose':
      return decidePurpose(rule, subject, ground);
    case 'mask':
      return hasAny(rule.unless, subject) ? allowed : { verdict: { kind: 'mask', mask: rule.mask }, until: Infinity };
    case 'rows': {
      const { condition } = rule;
      const filter = condition.filterFor(subject, ground.now);
      const verdict: Verdict = filter === allRows ? allow : { kind: 'filter', filter };
      return { verdict, until: condition.reads.now ? ground.now : Infinity };
    }
    default:
      return rule satisfies never;
  }
}

function denied(rule: Rule, code: ReasonCode, until = Infinity): Decided {
  return { verdict: denialOf(rule, code), until };
}

/** Whether one of the lists of scopes is had whole. */
function hasAny(anyOf: readonly (readonly string[])[], { scopes }: Subject): boolean {
  return anyOf.some((all) => all.every((scope) => scopes.includes(scope)));
}

function decidePolicies(rule: PoliciesRule, subject: Subject, ground: DecidingGround): Decided {
  const { policies } = ground.governance;
  let code: ReasonCode = 'POLICY_FAILED';
  const holds = (name: string): boolean => {
    const outcome = ground.known?.get(name) ?? askPolicy(name, subject, ground);
    if (outcome !== 'holds' && outcome !== 'POLICY_FAILED') code = outcome;
    return outcome === 'holds';
  };
  const isAllowed = rule.anyOf.some((all) => all.every(holds));
  const isTimed = rule.anyOf.some((all) => all.some((name) => policies.get(name)?.reads.now === true));
  if (!isTimed) return isAllowed ? allowed : denied(rule, code);
  return isAllowed ? { verdict: allow, until: ground.now } : denied(rule, code, ground.now);
}

function askPolicy(name: string, subject: Subject, { governance, now, known }: DecidingGround): PolicyOutcome {
  const condition = governance.policies.get(name);
  if (condition === undefined) return 'POLICY_UNKNOWN';
  let outcome: PolicyOutcome = 'POLICY_FAILED';
  const variables = { subject, purpose: subject.purpose, now };
  if (condition(variables, () => (outcome = 'CONDITION_FAILED'))) outcome = 'holds';
  if (!condition.reads.now) known?.set(name, outcome);
  return outcome;
}

function decidePurpose(rule: PurposeRule, subject: Subject, { governance, covers, now }: DecidingGround): Decided {
  const { purpose, domain } = subject;
  if (purpose === null) return denied(rule, 'PURPOSE_MISSING');
  if (!rule.allow.includes(purpose)) return denied(rule, 'PURPOSE_NOT_ALLOWED');
  if (governance.agreements === null) return allowed;
  const isMade = ({ consumer, purposes, products }: Agreement): boolean =>
    consumer === domain && purposes.includes(purpose) && products.some((product) => covers(product, rule.coordinate));
  const made = domain === null ? [] : governance.agreements.filter(isMade);
  if (made.length === 0) return denied(rule, 'AGREEMENT_MISSING');
  const until = Math.max(...made.map((agreement) => agreement.until));
  return until > now ? { verdict: allow, until } : denied(rule, 'AGREEMENT_ENDED');
}
