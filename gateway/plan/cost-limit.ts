/** The bound on what an operation may cost, for those who set one. */
import { type OperationDefinitionNode, parse } from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { createCostEstimator } from './cost.ts';
import type { ParsedDocument } from './document.ts';
import type { Planner } from './planner.ts';
import { readWeights } from './weights.ts';

export interface CostLimitOptions {
  readonly supergraph: { readonly sdl: string; readonly planner: Pick<Planner, 'apiSchema'> };
  readonly limits: Pick<RequestLimits, 'cost' | 'listSize'>;
}

export interface AssertCost {
  /** Throws `LIMIT_EXCEEDED`, or `GRAPHQL_VALIDATION_FAILED` as the estimate does. */
  (document: ParsedDocument, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): void;
}

/** `null` when nothing is to be estimated. */
export function createCostLimit({ supergraph, limits: { cost: most, listSize } }: CostLimitOptions): AssertCost | null {
  if (most === null) return null;
  const weights = readWeights(parse(supergraph.sdl, { noLocation: true }));
  const estimate = createCostEstimator({ schema: supergraph.planner.apiSchema, weights, listSize });
  return (...asked) => {
    const cost = estimate(...asked);
    if (cost <= most) return;
    throw new WeftError('LIMIT_EXCEEDED', {
      action: 'Cannot run the operation',
      found: `an estimated cost of ${cost}`,
      wanted: `at most ${most}`,
      fix: 'Ask for fewer fields, or for shorter lists.',
      details: { cost },
    });
  };
}
