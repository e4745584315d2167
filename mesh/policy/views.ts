/** Views: what a policy's rules say for each subject, worked out where it is first asked for. */
import type { Clock } from '../core/clock.ts';
import { limits } from '../core/limits.ts';
import { Recent } from '../core/recent.ts';
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Rule, Rules } from './rules.ts';
import { createSubjectKey } from './subject-key.ts';
import { type Covers, type Decided, type DecidingGround, type View, type Views, decideRule } from './view.ts';

export interface ViewsOptions {
  /** All that is ever asked for. */
  readonly rules: Rules;
  readonly governance: Governance;
  readonly covers: Covers;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Views under a governance. Subjects that agree on all that the rules read have one view; a frozen subject's is found
 * at once. One that may change has a view of its own, each time it asks.
 */
export function createViews({ rules: byCoordinate, governance, covers, clock }: ViewsOptions): Views {
  const places = new Map([...new Set([...byCoordinate.values()].flat())].map((rule, place) => [rule, place]));
  const keyOf = createSubjectKey(places.keys(), governance);
  const shared = new Recent<View>(limits.viewsMax);
  const known = new WeakMap<Subject, View>();
  const ground = { places, governance, covers, clock };
  return (subject) => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    if (!Object.isFrozen(subject)) return createView(subject, ground);
    const key = tryKey(() => keyOf(subject));
    const view = key === null ? createView(subject, ground) : shared.get(key, () => createView(subject, ground));
    known.set(subject, view);
    return view;
  };
}

/** Claims nested too deeply to be written down are nobody else's. */
function tryKey(write: () => string): string | null {
  try {
    return write();
  } catch {
    return null;
  }
}

interface ViewGround extends Omit<ViewsOptions, 'rules'> {
  /** The rules of the policy, numbered. */
  readonly places: ReadonlyMap<Rule, number>;
}

/** Whoever shares the view agrees with the subject on what these rules read, and maybe on nothing else. */
function createView(subject: Subject, { places, governance, covers, clock }: ViewGround): View {
  const decided: Decided[] = [];
  const outcomes: NonNullable<DecidingGround['known']> = new Map();
  const decide = (rule: Rule, now: number): Decided => {
    const place = places.get(rule);
    if (place === undefined) throw new Error(`A view must be asked for rules of its policy, but got: ${rule.text}`);
    const known = decided[place];
    if (known !== undefined && now < known.until) return known;
    return (decided[place] = decideRule(rule, subject, { governance, covers, now, known: outcomes }));
  };
  return { decide, verdictOf: (rule) => decide(rule, clock.now()).verdict };
}
