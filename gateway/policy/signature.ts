/** A subject's view, cut to the rules that can bear on an operation. */
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdict, Verdicts, View } from '../../mesh/policy/view.ts';

export interface Decision {
  /** Of the rules that do not allow all. */
  readonly verdicts: Verdicts;
  /** One sign a rule. Where it is the same, the operation is compiled alike: filters differ in what they ask of a row only. */
  readonly signature: string;
}

export const allAllowed: Decision = { verdicts: new Map(), signature: '' };

/** Asks the view for each rule, in their order. */
export function cutView(view: View, rules: readonly Rule[]): Decision {
  const verdicts = new Map<Rule, Verdict>();
  let signature = '';
  for (const rule of rules) {
    const verdict = view.verdictOf(rule);
    if (verdict.kind !== 'allow') verdicts.set(rule, verdict);
    signature += signs[verdict.kind];
  }
  return { verdicts, signature };
}

const signs: Readonly<Record<Verdict['kind'], string>> = { allow: '1', deny: '0', mask: 'm', filter: 'f' };

/** Whether there is something to do with results: values to mask, or rows to leave out. */
export function showsParts(verdicts: Verdicts): boolean {
  return verdicts.values().some(({ kind }) => kind === 'mask' || kind === 'filter');
}
