/** Decides rules for a subject. Pure: the same rule, subject, governance and time give the same verdict. */
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Mask } from './mask.ts';
import type { RowFilter } from './row-condition.ts';
import type { Rule } from './rules.ts';

export type Verdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly reason: string }
  | { readonly kind: 'mask'; readonly mask: Mask }
  /** Of the objects of the type, those exist that the filter lets through. */
  | { readonly kind: 'filter'; readonly filter: RowFilter };

/** What is said of rules that do not allow all. */
export type Verdicts = ReadonlyMap<Rule, Verdict>;

/** What all rules of a policy say for a subject. Whoever sees the same has the same view, as one object while it is known. */
export interface View {
  verdictOf(rule: Rule): Verdict;
}

/** The view of a subject now. */
export interface Views {
  (subject: Subject): View;
}

const allow: Verdict = { kind: 'allow' };

/** The verdict of one rule at a time, in milliseconds since the epoch. */
export function decideRule(
  rule: Rule,
  subject: Subject,
  { policies, now }: Governance & { readonly now: number },
): Verdict {
  const hasAny = (anyOf: readonly (readonly string[])[]): boolean =>
    anyOf.some((all) => all.every((scope) => subject.scopes.includes(scope)));
  switch (rule.kind) {
    case 'authenticated':
      return subject.id === null ? { kind: 'deny', reason: 'the request is anonymous' } : allow;
    case 'scopes':
      return hasAny(rule.anyOf) ? allow : { kind: 'deny', reason: 'the subject lacks a scope' };
    case 'policies': {
      const variables = { subject, purpose: subject.purpose, now };
      const holds = (name: string) => policies.get(name)?.(variables) === true;
      if (rule.anyOf.some((all) => all.every(holds))) return allow;
      return { kind: 'deny', reason: 'a policy does not hold for the subject' };
    }
    case 'purpose':
      return subject.purpose !== null && rule.allow.includes(subject.purpose)
        ? allow
        : { kind: 'deny', reason: 'the request states no purpose that is allowed' };
    case 'mask':
      return hasAny(rule.unless) ? allow : { kind: 'mask', mask: rule.mask };
    case 'rows':
      return { kind: 'filter', filter: rule.condition.filterFor(subject, now) };
    default:
      return rule satisfies never;
  }
}
