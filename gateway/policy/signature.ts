/** A subject's view, cut to the rules that can bear on an operation. */
import { reasonCodes } from '../../mesh/policy/reason.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdict, Verdicts, View } from '../../mesh/policy/view.ts';

export interface Decision {
  /** Of the rules that do not allow all. */
  readonly verdicts: Verdicts;
  /** One sign a rule. Where it is the same, the operation is compiled alike: filters differ in what they ask of a row only. */
  readonly signature: string;
  /** The first millisecond since the epoch at which it may be another. */
  readonly until: number;
}

export const allAllowed: Decision = { verdicts: new Map(), signature: '', until: Infinity };

/** Asks the view for each rule, in their order, as of a time in milliseconds since the epoch. */
export function cutView(view: View, rules: readonly Rule[], now: number): Decision {
  const verdicts = new Map<Rule, Verdict>();
  let signature = '';
  let until = Infinity;
  for (const rule of rules) {
    const decided = view.decide(rule, now);
    const { verdict } = decided;
    if (verdict.kind !== 'allow') verdicts.set(rule, verdict);
    if (decided.until < until) until = decided.until;
    signature += signOf(verdict);
  }
  return { verdicts, signature, until };
}

/** A denial's reason is part of the answer, and so of what is compiled. */
function signOf(verdict: Verdict): string {
  return verdict.kind === 'deny' ? String.fromCodePoint(65 + reasonCodes.indexOf(verdict.code)) : signs[verdict.kind];
}

const signs: Readonly<Record<Exclude<Verdict['kind'], 'deny'>, string>> = { allow: '+', mask: 'm', filter: 'f' };

/** Whether there is something to do with results: values to mask, or rows to leave out. */
export function showsParts(verdicts: Verdicts): boolean {
  return verdicts.values().some(({ kind }) => kind === 'mask' || kind === 'filter');
}
