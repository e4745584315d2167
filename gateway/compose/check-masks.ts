/** Masks have to fit: what a mask makes of a value is a value of the field's type. */
import { type GraphQLOutputType, getNamedType, isCompositeType, isEnumType, isNonNullType } from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { type MaskName, maskNames, maskText } from '../../mesh/policy/mask.ts';
import { elementAt } from './coordinates.ts';
import { type Ground, mistakeAt } from './ground.ts';

/** Masks that fit no type of their field, and rules at places where they cannot bind. */
export function checkMasks({ policy, schema }: Ground): readonly WeftError[] {
  return [...policy.rules].flatMap(([coordinate, bound]) =>
    bound.flatMap(({ rule, from }) => {
      if (rule.kind !== 'mask') return [];
      const element = elementAt(schema, coordinate);
      const origin = from[0];
      const by = origin?.by.length ? ` (${origin.by.join(', ')})` : '';
      const action = `Cannot mask "${coordinate}" with ${maskText(rule.mask)}${by}`;
      if (element?.kind !== 'field') {
        const fix = 'Classify its fields instead, or give the class `scopes`.';
        return [mistakeAt(origin?.at, { action, found: 'no field', wanted: 'a field', fix })];
      }
      const { type } = element.field;
      if (fitsMask(rule.mask.name, type)) return [];
      const fitting = maskNames.filter((name) => fitsMask(name, type));
      const wanted = fitting.length === 0 ? 'a field with a value' : `one of ${fitting.join(', ')}`;
      return [
        mistakeAt(origin?.at, { action, found: `a field of type ${type.toString()}`, wanted, fix: maskFix(fitting) }),
      ];
    }),
  );
}

function maskFix(fitting: readonly string[]): string {
  return fitting.length === 0
    ? 'Mask the fields of that type, or deny this one with `@requiresScopes`.'
    : 'Take another mask, or deny the field with `@requiresScopes`.';
}

/** Whether values of a type stay values of it. A list is masked item by item, but for `NULL`. */
export function fitsMask(mask: MaskName, type: GraphQLOutputType): boolean {
  if (mask === 'NULL') return !isNonNullType(type);
  const named = getNamedType(type);
  if (isCompositeType(named)) return false;
  if (isEnumType(named)) return mask === 'REDACT';
  return (leafMasks[named.name] ?? (/date|time|instant/i.test(named.name) ? dateMasks : [])).includes(mask);
}

const textMasks: readonly MaskName[] = ['REDACT', 'HASH', 'LAST4', 'FIRST1', 'EMAIL', 'YEAR', 'MONTH'];
const numberMasks: readonly MaskName[] = ['REDACT', 'HASH', 'ROUND', 'BUCKET'];
const dateMasks: readonly MaskName[] = ['REDACT', 'YEAR', 'MONTH'];
const leafMasks: Readonly<Record<string, readonly MaskName[]>> = {
  String: textMasks,
  ID: textMasks,
  Int: numberMasks,
  Float: numberMasks,
  Boolean: ['REDACT'],
};
