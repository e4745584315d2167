/** What the checks of composition stand on, and the questions that several of them ask. */
import { type GraphQLSchema, getNamedType } from 'graphql';
import { type ErrorParts, type SourceLocation, WeftError } from '../../mesh/core/error.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { elementAt } from './coordinates.ts';
import type { EffectivePolicy } from './effective.ts';
import type { Locate } from './locate.ts';
import type { ReadSubgraph } from './read-subgraph.ts';

export interface Ground {
  readonly subgraphs: readonly ReadSubgraph[];
  /** The composed schema, with what no client sees. */
  readonly schema: GraphQLSchema;
  readonly policy: EffectivePolicy;
  readonly locate: Locate;
}

/** Rules that stand at one of the coordinates. */
export function rulesAt({ policy }: Pick<Ground, 'policy'>, coordinates: readonly string[]): readonly Rule[] {
  return [...new Set(coordinates)].flatMap((coordinate) =>
    (policy.rules.get(coordinate) ?? []).map(({ rule }) => rule),
  );
}

/** Where rules bind whoever asks for a field: there, at the type that has it, at the type that it gives. */
export function coordinatesOf({ schema }: Pick<Ground, 'schema'>, coordinate: string): readonly string[] {
  const element = elementAt(schema, coordinate);
  if (element?.kind !== 'field') return [coordinate];
  return [coordinate, element.type.name, getNamedType(element.field.type).name];
}

/** A mistake at a place, if there is one. */
export function mistakeAt(at: SourceLocation | undefined, parts: ErrorParts): WeftError {
  return new WeftError('COMPOSITION_FAILED', { ...parts, ...(at ? { at } : {}) });
}
