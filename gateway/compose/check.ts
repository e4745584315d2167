/** What composition refuses of policy, beside what cannot be read: rules that would be lost, weakened or gone around. */
import type { GraphQLSchema } from 'graphql';
import type { WeftError } from '../../mesh/core/error.ts';
import { checkAggregates } from './check-aggregates.ts';
import { checkDerivations } from './check-derivations.ts';
import { checkMasks } from './check-masks.ts';
import { checkRequirements } from './check-requirements.ts';
import { checkRows } from './check-rows.ts';
import type { EffectivePolicy } from './effective.ts';
import { keepUnknown } from './keep-unknown.ts';
import { createLocate } from './locate.ts';
import type { ReadSubgraph } from './read-subgraph.ts';
import { findResemblances } from './resemblance.ts';

export interface CheckOptions {
  readonly subgraphs: readonly ReadSubgraph[];
  /** The composed schema, with what no client sees. */
  readonly schema: GraphQLSchema;
  /** Whether parts of the mesh are not here. */
  readonly isPartial: boolean;
}

export interface Checked {
  readonly policy: EffectivePolicy;
  readonly mistakes: readonly WeftError[];
  readonly warnings: readonly WeftError[];
}

/** Checks what binds against the composed schema and the subgraphs' own. */
export function checkPolicy(given: EffectivePolicy, { subgraphs, schema, isPartial }: CheckOptions): Checked {
  const around = { subgraphs, schema, locate: createLocate(subgraphs) };
  const kept = isPartial ? keepUnknown({ ...around, policy: given }) : { policy: given, warnings: [] };
  const ground = { ...around, policy: kept.policy };
  const mistakes = [checkMasks, checkRows, checkDerivations, checkRequirements, checkAggregates].flatMap((check) =>
    check(ground),
  );
  return { policy: kept.policy, mistakes, warnings: [...kept.warnings, ...findResemblances(ground)] };
}
