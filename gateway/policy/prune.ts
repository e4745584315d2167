/**
 * Takes what a subject may not see out of an operation before it is planned, so that denied data is never asked for.
 * What is taken out keeps its place in the answer: null, with one error that names the rule.
 */
import type { FieldNode, OperationDefinitionNode } from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { RowsRule, Rule } from '../../mesh/policy/rules.ts';
import { createRefusals } from './bound-input.ts';
import { type Inputs, any } from './input-use.ts';
import { type Denied, type Limited, Pruning } from './pruning.ts';
import { type StandingOptions, createStandings } from './standing.ts';

export interface Pruned {
  /** The operation without what is denied; it may select nothing. */
  readonly operation: OperationDefinitionNode;
  /** Whether a field is answered with null for objects of a type. Of an abstract type: for any object that it may turn out to be. */
  isDenied(field: FieldNode, parentType: string): boolean;
  /** Whether all objects of a type are. */
  isTypeDenied(type: string): boolean;
  /** What is shown of a field's value, as `isDenied` asks: `null` is all of it. */
  maskOf(field: FieldNode, parentType: string): Mask | null;
  /** The rules by which some objects of a type do not exist. Of an abstract type: those of any object that it may turn out to be. */
  filtersOf(type: string): readonly RowsRule[];
  /** Whether a value of an enum is shown to nobody who asks this: null stands in its place. */
  isValueDenied(type: string, value: string): boolean;
  /** Whether of what is left values are masked, or rows may not exist. */
  readonly isPartial: boolean;
  /** What was taken out; a position may have several rules. */
  readonly denied: readonly Denied[];
  /** What is shown in part: masked values, types of which not all objects exist, enum values that are shown to nobody. */
  readonly limited: readonly Limited[];
  /** Coordinates that remain, sorted. */
  readonly coordinates: readonly string[];
}

export interface PruneOptions extends StandingOptions {
  /** Variables as the client gave them. Default: none are given. */
  readonly inputs?: Inputs;
}

/** All rules that can bear on an operation: on its fields and inputs, on the types they give, on the types behind these. */
export function rulesOf(
  operation: OperationDefinitionNode,
  options: Pick<PruneOptions, 'schema' | 'policy' | 'isEntity'>,
): readonly Rule[] {
  if (options.policy.rules.size === 0) return [];
  const found = new Set<Rule>();
  const verdicts = { get: (rule: Rule) => (found.add(rule), undefined) };
  pruneOperation(operation, { ...options, verdicts, inputs: any });
  return [...found];
}

/** Prunes a normalised operation. */
export function pruneOperation(operation: OperationDefinitionNode, options: PruneOptions): Pruned {
  const { schema, inputs = {} } = options;
  const standings = createStandings(options);
  const refuseInputs = createRefusals({ ...options, operation, standings });
  const pruning = new Pruning({ schema, standings, refuse: (field, type) => refuseInputs(field, type, inputs) });
  const pruned = pruning.prune(operation);
  return {
    operation: pruned,
    isDenied: (field, type) => pruning.isDenied(field, type),
    isTypeDenied: (type) => pruning.isTypeDenied(type),
    maskOf: ({ name }, type) => standings.ofField(type, name.value).masked?.mask ?? null,
    filtersOf: (type) => standings.ofType(type).filters,
    isValueDenied: (type, value) => standings.denyingValue(type, value) !== null,
    isPartial: pruning.isPartial,
    denied: pruning.denied,
    limited: [...pruning.limited.values()],
    coordinates: [...pruning.coordinates].toSorted(),
  };
}
