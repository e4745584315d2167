/** Decides rules for a subject. Pure: the same rule and subject give the same verdict. */
import type { Subject } from '../core/subject.ts';
import type { Rule } from './rules.ts';

/** What the names in `@policy` mean, in a subject's case. An unknown name holds for nobody. */
export type NamedPolicies = ReadonlyMap<string, (subject: Subject) => boolean>;

export type Verdict = { readonly allow: true } | { readonly allow: false; readonly reason: string };

const allow: Verdict = { allow: true };

/** The verdict of one rule. */
export function decideRule(rule: Rule, subject: Subject, policies: NamedPolicies): Verdict {
  switch (rule.kind) {
    case 'authenticated':
      return subject.id === null ? { allow: false, reason: 'the request is anonymous' } : allow;
    case 'scopes': {
      const scopes = new Set(subject.scopes);
      if (rule.anyOf.some((all) => all.every((scope) => scopes.has(scope)))) return allow;
      return { allow: false, reason: 'the subject lacks a scope' };
    }
    case 'policies': {
      const holds = (name: string) => policies.get(name)?.(subject) === true;
      if (rule.anyOf.some((all) => all.every(holds))) return allow;
      return { allow: false, reason: 'a policy does not hold for the subject' };
    }
    default:
      return rule satisfies never;
  }
}
