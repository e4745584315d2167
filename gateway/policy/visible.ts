/** The schema as each subject sees it, worked out where it is first asked for: once for all whom all rules deny the same. */
import type { GraphQLSchema } from 'graphql';
import type { Clock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import { Recent } from '../../mesh/core/recent.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Policy } from '../../mesh/policy/rules.ts';
import type { Verdicts, View, Views } from '../../mesh/policy/view.ts';
import { type Hidden, findHidden } from './hidden.ts';
import { type Decision, cutView } from './signature.ts';
import type { StandingOptions } from './standing.ts';
import { buildVisibleSchema } from './visible-schema.ts';

export interface VisibleSchema {
  /** Two that differ in what they hide have different ones. */
  readonly number: number;
  readonly schema: GraphQLSchema;
  readonly hidden: Hidden;
  /** What the rules say, as far as they do not allow all. */
  readonly verdicts: Verdicts;
}

export interface VisibleSchemas {
  /** The schema as a subject sees it now: the very schema where nothing of it is hidden. */
  (subject: Subject): VisibleSchema;
}

export interface VisibleSchemasOptions extends Omit<StandingOptions, 'verdicts'> {
  readonly policy: Policy;
  readonly viewOf: Views;
  readonly clock: Pick<Clock, 'now'>;
}

export function createVisibleSchemas({ viewOf, clock, ...policed }: VisibleSchemasOptions): VisibleSchemas {
  const { schema, policy } = policed;
  const rules = [...new Set([...policy.rules.values()].flat())];
  const whole: VisibleSchema = { number: 0, schema, hidden: new Set(), verdicts: new Map() };
  const bySignature = new Recent<Omit<VisibleSchema, 'verdicts'>>(limits.visibleSchemasMax);
  const known = new WeakMap<View, { readonly decision: Decision; readonly visible: VisibleSchema }>();
  let count = 0;
  const make = (verdicts: Verdicts): Omit<VisibleSchema, 'verdicts'> => {
    const hidden = findHidden({ ...policed, verdicts });
    return hidden.size === 0 ? whole : { number: ++count, schema: buildVisibleSchema(schema, hidden), hidden };
  };
  return (subject) => {
    if (rules.length === 0) return whole;
    const view = viewOf(subject);
    const now = clock.now();
    const before = known.get(view);
    if (before !== undefined && now < before.decision.until) return before.visible;
    const decision = cutView(view, rules, now);
    const { verdicts, signature } = decision;
    const visible = verdicts.size === 0 ? whole : { ...bySignature.get(signature, () => make(verdicts)), verdicts };
    known.set(view, { decision, visible });
    return visible;
  };
}
