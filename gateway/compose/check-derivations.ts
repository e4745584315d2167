/** What is derived: from what there is, and under no weaker policy than that. */
import { getNamedType, isAbstractType, isCompositeType } from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { unmetRule } from '../../mesh/policy/implies.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { elementAt, typeNameOf } from './coordinates.ts';
import { type Ground, coordinatesOf, mistakeAt, rulesAt } from './ground.ts';

/** Derivations from nothing, and fields that would show what their sources keep. */
export function checkDerivations(ground: Ground): readonly WeftError[] {
  return [...ground.policy.derivations].flatMap(([coordinate, derived]) =>
    derived.flatMap(({ derivation, origin }) =>
      derivation.coordinates.flatMap((source): readonly WeftError[] => {
        const action = `Cannot derive "${coordinate}" from "${source}"`;
        const element = elementAt(ground.schema, source);
        if (element?.kind !== 'field' && element?.kind !== 'type') {
          const found = element === null ? 'nothing at that coordinate' : `an ${element.kind}`;
          return [mistakeAt(origin.at, { action, found, wanted: 'a type or a field: `Flight`, `Flight.delay`' })];
        }
        const rule = derivation.isMasking ? null : weakened(coordinate, source, ground);
        if (rule === null) return [];
        const fix = `Put it there too, or say \`masking: true\` where "${coordinate}" reveals nothing of "${source}".`;
        return [
          mistakeAt(origin.at, { action, found: `a weaker policy than ${rule.text} at "${rule.coordinate}"`, fix }),
        ];
      }),
    ),
  );
}

/** A rule of the source that what is derived lacks. Rows, and what aggregates are made from, bind whoever asks: at that time. */
function weakened(coordinate: string, source: string, ground: Ground): Rule | null {
  const target = elementAt(ground.schema, coordinate);
  if (target?.kind !== 'field' && target?.kind !== 'type') return null;
  const type = target.kind === 'field' ? getNamedType(target.field.type) : target.type;
  const isMany = aggregates.has(type.name) || isCompositeType(type);
  const isAggregate = isMany && typeNameOf(coordinate) !== typeNameOf(source);
  const sources = [source, ...implementing(source, ground)].flatMap((one) => coordinatesOf(ground, one));
  const wanted = rulesAt(ground, sources).filter(({ kind }) => kind !== 'rows' && !(kind === 'mask' && isAggregate));
  return unmetRule(wanted, rulesAt(ground, coordinatesOf(ground, coordinate)));
}

/** The same at every type that a source's objects may be of. */
function implementing(source: string, { schema }: Ground): readonly string[] {
  const type = schema.getType(typeNameOf(source));
  if (!isAbstractType(type)) return [];
  return schema.getPossibleTypes(type).map(({ name }) => name + source.slice(type.name.length));
}

const aggregates: ReadonlySet<string> = new Set(['Int', 'Float']);
