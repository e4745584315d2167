/**
 * An operation compiled for all requests that may see the same of it: pruned, planned, its fetches and its answer's
 * writer made into functions. One life of it: `createResult` → `runGroups` → `writeAnswer`.
 */
import { type OperationDefinitionNode, type OperationTypeNode, type SelectionSetNode, Kind } from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { hasDefer, labelDefers, withoutDefers } from '../plan/defer.ts';
import type { DeferredPlan } from '../plan/plan.ts';
import type { IsRuled } from '../plan/hoist.ts';
import type { Planner } from '../plan/planner.ts';
import { slicePlan } from '../plan/slice.ts';
import type { RequiredBy } from '../plan/required-by.ts';
import { type Pruned, pruneOperation } from '../policy/prune.ts';
import type { Denied } from '../policy/pruning.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type InnerKeys, hideAliases, readInnerKeys } from './alias.ts';
import { type CompiledGroup, type RootPart, compileGroup, compilePlan } from './compile.ts';
import { type AnswerError, completeResult } from './complete.ts';
import { type Deferral, compileDeferral } from './deferral.ts';
import { type Introspection, splitIntrospection } from './introspect.ts';
import { placeErrors } from './place.ts';
import type { Result } from './run.ts';
import { type ObjectShape, shapeOperation } from './shape.ts';
import { type Writer, compileWriter } from './writer.ts';

export interface CompiledOperation {
  readonly kind: OperationTypeNode;
  readonly name: string | null;
  readonly groups: readonly CompiledGroup[];
  /** For a subscription: the fetch whose events start `groups`. */
  readonly source: {
    readonly group: Omit<CompiledGroup, 'dependencyCount' | 'dependents'>;
    readonly part: RootPart;
  } | null;
  readonly introspect: Introspection | null;
  /** What is answered later than `groups` and `shape`; `null` for an operation that has one answer. */
  readonly deferral: Deferral | null;
  readonly shape: ObjectShape;
  readonly requiredBy: RequiredBy;
  readonly write: Writer;
  /** What policy denied: errors of every answer. */
  readonly denials: readonly AnswerError[];
  readonly denied: readonly Denied[];
  /** What is read, sorted. */
  readonly coordinates: readonly string[];
}

export interface CompileOptions {
  /** Of the rules that do not allow all. */
  readonly verdicts: Verdicts;
  /** Variables as the client gave them: whether inputs that the subject may not use are among them. Default none. */
  readonly inputs?: JsonObject;
  /** Labels of progressive overrides that are on. Default none. */
  readonly labels?: ReadonlySet<string>;
}

/** Nothing masks values or filters rows of results yet: until something does, what a subject may see a part of is denied. */
export const showsParts = false;

/** Compiles a normalised operation for subjects of whom the rules say this. */
export function compileOperation(
  asked: OperationDefinitionNode,
  supergraph: Supergraph,
  { verdicts, labels = new Set(), inputs = {} }: CompileOptions,
): CompiledOperation {
  const { planner, rules } = supergraph;
  const schema = planner.apiSchema;
  const { operation, labels: defers } = hasDefer(asked) ? labelDefers(asked) : { operation: asked, labels: new Map() };
  const { rest, introspect } = splitIntrospection(operation, schema);
  const pruned = pruneOperation(rest, {
    schema,
    policy: supergraph,
    verdicts,
    showsParts,
    inputs,
    isEntity: planner.entities.isEntity,
  });
  const keys = readInnerKeys(operation);
  const isRuled = (coordinate: string): boolean => rules.has(coordinate);
  const { groups, source, deferred } = planPruned(pruned, { planner, labels, keys, isRuled });
  const shape = shapeOperation(operation, {
    schema,
    keys,
    isDeferring: hasDefer(operation),
    possibleTypes: planner.possibleTypes,
    enumValues: planner.enumValues,
    isDenied: pruned.isDenied,
    isTypeDenied: pruned.isTypeDenied,
    isValueDenied: pruned.isValueDenied,
  });
  return {
    kind: operation.operation,
    name: operation.name?.value ?? null,
    groups,
    source,
    introspect,
    deferral: compileDeferral(deferred, { operation, labels: defers, possibleTypes: planner.possibleTypes }),
    shape,
    requiredBy: planner.requiredBy,
    write: compileWriter(shape),
    denials: denialErrors(pruned.denied),
    denied: pruned.denied,
    coordinates: pruned.coordinates,
  };
}

/** The body of an answer. */
export function writeAnswer(operation: CompiledOperation, result: Result): string {
  const { shape, denials } = operation;
  const known = result.errors.length === 0 ? denials : [...denials, ...clientErrors(operation, result)];
  let data = operation.write(result.data, result.plain);
  let errors = known;
  if (data === null) {
    const completion = completeResult(shape, result.data, known);
    data = completion.data;
    errors = [...known, ...completion.errors];
  }
  return errors.length === 0 ? `{"data":${data}}` : `{"data":${data},"errors":${JSON.stringify(errors)}}`;
}

/** The errors that fetching gave, as clients know their places. */
export function clientErrors(
  { shape, requiredBy }: Pick<CompiledOperation, 'shape' | 'requiredBy'>,
  result: Result,
): readonly AnswerError[] {
  return placeErrors(result.errors, { shape, data: result.data, requiredBy });
}

interface Planned extends Pick<CompiledOperation, 'groups' | 'source'> {
  readonly deferred: readonly DeferredPlan[];
}

interface PlanPruned {
  readonly planner: Planner;
  readonly labels: ReadonlySet<string>;
  readonly keys: InnerKeys;
  readonly isRuled: IsRuled;
}

function planPruned({ operation }: Pruned, { planner, labels, keys, isRuled }: PlanPruned): Planned {
  if (operation.selectionSet.selections.length === 0) return { groups: [], source: null, deferred: [] };
  const { possibleTypes } = planner;
  const hidden = hideAliases(operation, keys);
  const document = { kind: Kind.DOCUMENT, definitions: [withoutDefers(hidden)] } as const;
  const plan = planner.plan(document, { operationName: operation.name?.value ?? null, labels, isRuled });
  const { subscription } = plan;
  const { root, deferred } = slicePlan(plan.root, { operation: hidden, entities: planner.entities });
  const groups = compilePlan(root, possibleTypes);
  if (subscription === null) {
    // What is deferred is answered by whom it is deferred to.
    if (deferred.length === 0) assertAnswered(operation.selectionSet, groups, keys);
    return { groups, source: null, deferred };
  }
  const group = compileGroup([subscription], possibleTypes);
  const [part] = group.parts;
  if (part?.kind !== 'root') throw new Error('The planner gave a subscription without a root fetch.');
  return { groups, source: { group, part }, deferred };
}

/** The planner leaves out a root field that no subgraph can answer: it must not pass for one that is null. */
function assertAnswered({ selections }: SelectionSetNode, groups: readonly CompiledGroup[], keys: InnerKeys): void {
  const answered = new Set(
    groups.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.kind === 'root' && part.collect === null ? part.keys : [])),
    ),
  );
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) assertAnswered(selection.selectionSet, groups, keys);
    if (selection.kind !== Kind.FIELD || selection.name.value.startsWith('__') || answered.has(keys(selection)))
      continue;
    throw new WeftError('INTERNAL_SERVER_ERROR', {
      action: `Cannot plan the operation: no subgraph answers "${selection.name.value}" with what is asked of it`,
    });
  }
}

/** One a position: whoever is told why does not need all reasons. */
function denialErrors(denied: readonly Denied[]): readonly AnswerError[] {
  const byPath = new Map<string, AnswerError>();
  for (const one of denied) {
    const key = one.path.join('.');
    if (!byPath.has(key)) byPath.set(key, denialError(one));
  }
  return [...byPath.values()];
}

function denialError({ path, coordinate, rule, reason, isInput = false }: Denied): AnswerError {
  const extensions = { code: 'UNAUTHORIZED_FIELD_OR_TYPE', coordinate, rule: rule.text, reason };
  return { message: `Not allowed to ${isInput ? 'use' : 'read'} ${coordinate}: ${reason}.`, path, extensions };
}
