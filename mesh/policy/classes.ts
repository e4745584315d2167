/** Classes of data (`@classified`), and the rules that the mesh's policies attach to them. */
import type { DirectiveLocation } from 'graphql';
import type { SourceLocation } from '../core/error.ts';
import type { Mask } from './mask.ts';
import type { RowCondition } from './row-condition.ts';
import type { Rule } from './rules.ts';
import { textOfRule } from './write-rules.ts';

/** What a class means; what is not said is `null`. */
export interface ClassDefinition {
  readonly name: string;
  readonly mask: { readonly mask: Mask; readonly unless: readonly (readonly string[])[] } | null;
  readonly scopes: readonly (readonly string[])[] | null;
  readonly purposes: readonly string[] | null;
  readonly rows: RowCondition | null;
  /** Where the policies say so. */
  readonly at: SourceLocation;
}

export type Classes = ReadonlyMap<string, ClassDefinition>;

/** A rule without its text. */
type Said<Of extends Rule = Rule> = Of extends Rule ? Omit<Of, 'text'> : never;

/** The rules of a class at a coordinate, whether they fit there or not. What a class masks is output: inputs keep their values. */
export function rulesOfClass(
  { mask, scopes, purposes, rows }: ClassDefinition,
  coordinate: string,
  location: `${DirectiveLocation}`,
): readonly Rule[] {
  const isInput = inputs.has(location);
  const said: readonly Said[] = [
    ...(scopes === null ? [] : [{ kind: 'scopes', coordinate, anyOf: scopes } as const]),
    ...(purposes === null ? [] : [{ kind: 'purpose', coordinate, allow: purposes } as const]),
    ...(mask === null || isInput ? [] : [{ kind: 'mask', coordinate, ...mask } as const]),
    ...(rows === null || isInput ? [] : [{ kind: 'rows', coordinate, condition: rows } as const]),
  ];
  return said.map((rule) => ({ ...rule, text: textOfRule(rule) }));
}

const inputs: ReadonlySet<string> = new Set([
  'ARGUMENT_DEFINITION',
  'INPUT_FIELD_DEFINITION',
  'INPUT_OBJECT',
  'ENUM_VALUE',
]);
