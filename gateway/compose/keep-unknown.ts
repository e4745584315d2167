/**
 * Where a part of the mesh is not here, what depends on it is kept from everybody: nobody knows what binds it. The mesh starts
 * all the same.
 */
import type { WeftError } from '../../mesh/core/error.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { joinRules } from '../../mesh/policy/write-rules.ts';
import { checkRows } from './check-rows.ts';
import { elementAt, typeNameOf } from './coordinates.ts';
import type { Bound, EffectivePolicy, Origin } from './effective.ts';
import { type Ground, mistakeAt } from './ground.ts';

/** The policy without what names something that is not here, and with a rule in its place that holds for nobody. */
export function keepUnknown(ground: Ground): {
  readonly policy: EffectivePolicy;
  readonly warnings: readonly WeftError[];
} {
  const rules = new Map(ground.policy.rules);
  const warnings: WeftError[] = [];
  const keep = (coordinate: string, absent: string, origin: Origin): void => {
    const others = rules.get(coordinate) ?? [];
    const bound: Bound = { rule: nobody(coordinate, absent), from: [{ ...origin, by: [`${absent} is not here`] }] };
    const joined = joinRules([...others, bound].map(({ rule }) => rule)) ?? [bound.rule];
    rules.set(
      coordinate,
      joined.map((rule) => others.find((one) => one.rule.text === rule.text) ?? { ...bound, rule }),
    );
    const action = `"${coordinate}" is kept from everybody: ${absent} is not here`;
    warnings.push(mistakeAt(origin.at, { action }));
  };
  const derivations = new Map(
    [...ground.policy.derivations].map(([coordinate, derived]) => {
      const known = derived.map(({ derivation, origin }) => {
        const isHere = (source: string): boolean => elementAt(ground.schema, source) !== null;
        for (const source of derivation.coordinates) if (!isHere(source)) keep(coordinate, source, origin);
        return { origin, derivation: { ...derivation, coordinates: derivation.coordinates.filter(isHere) } };
      });
      return [coordinate, known.filter(({ derivation }) => derivation.coordinates.length > 0)] as const;
    }),
  );
  for (const [coordinate, bound] of ground.policy.rules) {
    const lost = bound.filter((one) => isUnanswerable(coordinate, one, ground));
    if (lost.length === 0) continue;
    rules.set(
      coordinate,
      (rules.get(coordinate) ?? []).filter((one) => !lost.includes(one)),
    );
    for (const { rule, from } of lost) {
      if (from[0] !== undefined) keep(typeNameOf(coordinate), `what ${rule.text} reads`, from[0]);
    }
  }
  const settled = new Map([...derivations].filter(([, derived]) => derived.length > 0));
  return { policy: { ...ground.policy, rules, derivations: settled }, warnings };
}

function isUnanswerable(coordinate: string, bound: Bound, ground: Ground): boolean {
  if (bound.rule.kind !== 'rows') return false;
  return checkRows({ ...ground, policy: { ...ground.policy, rules: new Map([[coordinate, [bound]]]) } }).length > 0;
}

/** A policy that nobody can define holds for nobody. */
function nobody(coordinate: string, absent: string): Rule {
  const name = `absent: ${absent}`;
  return { kind: 'policies', coordinate, anyOf: [[name]], text: `@policy(policies: ${JSON.stringify([[name]])})` };
}
