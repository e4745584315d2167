/** No way around a rule: what a subgraph gets beside what clients ask for is bound as strictly as if they had asked for it. */
import { isInterfaceType } from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { unmetRule } from '../../mesh/policy/implies.ts';
import { type Ground, coordinatesOf, mistakeAt, rulesAt } from './ground.ts';
import { type FieldSet, fieldSetsOf } from './requirements.ts';

/** Field sets that select what the field or type that they are for does not protect. */
export function checkRequirements(ground: Ground): readonly WeftError[] {
  if (ground.policy.rules.size === 0) return [];
  const shared = sharedTypes(ground);
  return ground.subgraphs.flatMap((subgraph) =>
    oneEach(fieldSetsOf(subgraph, ground.schema), (set): readonly WeftError[] => {
      // Nobody is asked by the key of a type that one subgraph has alone.
      if (set.directive === 'key' && !shared.has(set.coordinate)) return [];
      const given = rulesAt(ground, coordinatesOf(ground, set.coordinate));
      const wanted = wantedRules(set, ground);
      const rule = unmetRule(wanted, given);
      if (rule === null) return [];
      return [
        mistakeAt(set.at, {
          action: `Cannot let @${set.directive} of "${set.coordinate}" take "${rule.coordinate}"`,
          found: `${rule.text} there, and nothing as strict at "${set.coordinate}"`,
          fix:
            set.directive === 'key'
              ? `Put it on type "${set.coordinate}", or use another key.`
              : `Put it on "${set.coordinate}" too, or take what is not protected.`,
        }),
      ];
    }),
  );
}

/** What is wrong with an interface object is said once, not for each type that it stands for. */
function oneEach(sets: readonly FieldSet[], check: (set: FieldSet) => readonly WeftError[]): readonly WeftError[] {
  const wrong = new Set<string>();
  return sets.flatMap((set) => {
    const place = `${set.directive} ${set.at.line} ${set.at.column}`;
    const mistakes = wrong.has(place) ? [] : check(set);
    if (mistakes.length > 0) wrong.add(place);
    return mistakes;
  });
}

/** Keys and provided fields lead to rows that clients ask for themselves: these are left out there. */
function wantedRules({ directive, selected }: FieldSet, ground: Ground) {
  const rules = rulesAt(ground, selected);
  const isOwn = directive === 'key' || directive === 'provides';
  return isOwn ? rules.filter(({ kind }) => kind !== 'rows') : rules;
}

/** Types that several subgraphs have, as an interface object too. */
function sharedTypes({ subgraphs, schema }: Ground): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { document, typeName } of subgraphs) {
    const types = new Set(
      document.definitions.flatMap((one) => ('fields' in one && one.name ? [typeName(one.name.value)] : [])),
    );
    for (const name of types) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const shared = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  const below = shared.flatMap((name) => {
    const type = schema.getType(name);
    return isInterfaceType(type) ? schema.getPossibleTypes(type).map((possible) => possible.name) : [];
  });
  return new Set([...shared, ...below]);
}
