/** Views: what a policy's rules say for each subject, worked out where it is first asked for. */
import type { Clock } from '../core/clock.ts';
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Rule } from './rules.ts';
import { type Verdict, type View, type Views, decideRule } from './view.ts';

/** Views under a governance, each remembered with the subject it is for. */
export function createViews(governance: Governance, clock: Pick<Clock, 'now'>): Views {
  const known = new WeakMap<Subject, View>();
  return (subject) => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    const view = createView(subject, governance, clock.now());
    if (Object.isFrozen(subject)) known.set(subject, view);
    return view;
  };
}

function createView(subject: Subject, governance: Governance, now: number): View {
  const verdicts = new Map<Rule, Verdict>();
  return {
    verdictOf(rule) {
      const known = verdicts.get(rule);
      if (known !== undefined) return known;
      const verdict = decideRule(rule, subject, { ...governance, now });
      verdicts.set(rule, verdict);
      return verdict;
    },
  };
}
