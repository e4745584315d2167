/**
 * An operation compiled for all requests that may see the same of it: pruned, planned, its fetches and its answer's
 * writer made into functions. One life of it: `createResult` → `runGroups` → `writeAnswer`.
 */
import {
  type GraphQLSchema,
  type OperationDefinitionNode,
  type OperationTypeNode,
  type SelectionSetNode,
  Kind,
  print,
} from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { hasDefer, labelDefers, withoutDefers } from '../plan/defer.ts';
import type { DeferredPlan } from '../plan/plan.ts';
import type { Planner } from '../plan/planner.ts';
import { slicePlan } from '../plan/slice.ts';
import type { RequiredBy } from '../plan/required-by.ts';
import { type Masker, createMasker } from '../../mesh/policy/masker.ts';
import { type Pruned, pruneOperation } from '../policy/prune.ts';
import { type DecidedPlace, decidedPlaces } from '../policy/decided.ts';
import type { Denied } from '../policy/pruning.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { Policy } from '../../mesh/policy/rules.ts';
import { isRuled } from '../policy/ruled.ts';
import { addRowFields } from '../policy/rows.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type InnerKeys, hideAliases, readInnerKeys } from './alias.ts';
import { type CompiledGroup, type RootPart, compileGroup, compilePlan } from './compile.ts';
import { type AnswerError, completeResult } from './complete.ts';
import { findVoided } from './conceal.ts';
import { type Cover, type CoverOptions, type Covered, compileCover } from './cover.ts';
import { type Deferral, compileDeferral } from './deferral.ts';
import { denialErrors } from './denials.ts';
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
  /** What is left to do with results before they are written: masks and row filters. `null`: nothing. */
  readonly cover: Cover | null;
  /** What the cover is made of. */
  readonly covering: Omit<CoverOptions, 'shape'> | null;
  /** What policy denied: errors of every answer. */
  readonly denials: readonly AnswerError[];
  readonly denied: readonly Denied[];
  /** All of which policy decided anything but to allow it. */
  readonly decided: readonly DecidedPlace[];
  /** What is read, sorted. */
  readonly coordinates: readonly string[];
}

export interface CompileOptions {
  /** Of the rules that do not allow all. */
  readonly verdicts: Verdicts;
  /** Variables as the client gave them: whether inputs that the subject may not use are among them. Default none. */
  readonly inputs?: JsonObject;
  /** Whether what tells of many rows tells of those alone that the subject sees. Default: nothing does. */
  readonly isSafeAggregate?: (coordinate: string) => boolean;
  /** Labels of progressive overrides that are on. Default none. */
  readonly labels?: ReadonlySet<string>;
  /** Default: under a secret of this process. */
  readonly masker?: Masker;
  /** What introspection answers. Default: the whole of it. */
  readonly visible?: GraphQLSchema;
  /** Whether errors may name what was denied, also where the operation does not. Default false. */
  readonly namesAll?: boolean;
}

/** Compiles a normalised operation for subjects of whom the rules say this. */
export function compileOperation(
  asked: OperationDefinitionNode,
  supergraph: Supergraph,
  { verdicts, inputs = {}, isSafeAggregate = () => false, labels = new Set(), ...options }: CompileOptions,
): CompiledOperation {
  const { planner } = supergraph;
  const schema = planner.apiSchema;
  const { operation, labels: defers } = hasDefer(asked) ? labelDefers(asked) : { operation: asked, labels: new Map() };
  const { rest, introspect } = splitIntrospection(operation, options.visible ?? schema);
  const pruned = pruneOperation(rest, {
    schema,
    policy: supergraph,
    verdicts,
    inputs,
    isEntity: planner.entities.isEntity,
    isSafeAggregate,
  });
  const keys = readInnerKeys(operation);
  const { groups, source, deferred } = planPruned(pruned, { planner, policy: supergraph, labels, keys });
  const shape = shapeOperation(operation, {
    schema,
    keys,
    isDeferring: hasDefer(operation),
    possibleTypes: planner.possibleTypes,
    enumValues: planner.enumValues,
    isDenied: pruned.isDenied,
    isTypeDenied: pruned.isTypeDenied,
    maskOf: pruned.maskOf,
    isValueDenied: pruned.isValueDenied,
  });
  const { masker = createMasker(), namesAll = false } = options;
  const covering = pruned.isPartial ? { schema: planner.wholeSchema(), filtersOf: pruned.filtersOf, masker } : null;
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
    cover: covering && compileCover({ ...covering, shape }),
    covering,
    denials: denialErrors(pruned.denied, verdicts, namesAll ? null : operation),
    denied: pruned.denied,
    decided: decidedPlaces(pruned, verdicts),
    coordinates: pruned.coordinates,
  };
}

/** The body of an answer, for a subject of whom the rules say this. */
export function writeAnswer(operation: CompiledOperation, result: Result, verdicts: Verdicts): string {
  const covered = coverResult(operation, result, verdicts);
  result.hidden = covered.hidden;
  return writeCovered(operation, covered, result.plain);
}

/** The same for an event of a subscription; `null` when it is about something that does not exist for the subject. */
export function writeEvent(operation: CompiledOperation, result: Result, verdicts: Verdicts): string | null {
  const covered = coverResult(operation, result, verdicts);
  return covered.isGone ? null : writeCovered(operation, covered, result.plain);
}

/** What policy denied is told of what does not exist as well: it says nothing of any one object. */
function coverResult(operation: CompiledOperation, result: Result, verdicts: Verdicts): Covered {
  const { cover, denials } = operation;
  const { data, concealed } = result;
  const { voided, untold, isRootVoid } = findVoided(data, concealed);
  const fetched = [...result.errors, ...untold];
  const errors = fetched.length === 0 ? fetched : clientErrors(operation, { data, errors: fetched });
  const covered =
    cover === null
      ? { data, errors, isGone: false, hidden: null }
      : cover({ data, errors, voided, trustsNulls: concealed.length === 0, verdicts });
  return {
    data: covered.data,
    errors: covered.errors.length === 0 ? denials : [...denials, ...covered.errors],
    isGone: covered.isGone || isRootVoid,
    hidden: covered.hidden,
  };
}

function writeCovered(operation: CompiledOperation, covered: Covered, plain: boolean): string {
  const known = covered.errors;
  let data = operation.write(covered.data, plain);
  let errors = known;
  if (data === null) {
    const completion = completeResult(operation.shape, covered.data, known);
    data = completion.data;
    errors = [...known, ...completion.errors];
  }
  return errors.length === 0 ? `{"data":${data}}` : `{"data":${data},"errors":${JSON.stringify(errors)}}`;
}

/** The errors that fetching gave, as clients know their places. */
export function clientErrors(
  { shape, requiredBy }: Pick<CompiledOperation, 'shape' | 'requiredBy'>,
  result: Pick<Result, 'data' | 'errors'>,
): readonly AnswerError[] {
  return placeErrors(result.errors, { shape, data: result.data, requiredBy });
}

interface Planned extends Pick<CompiledOperation, 'groups' | 'source'> {
  readonly deferred: readonly DeferredPlan[];
}

interface PlanPruned {
  readonly planner: Planner;
  readonly policy: Policy;
  readonly labels: ReadonlySet<string>;
  readonly keys: InnerKeys;
}

function planPruned(
  { operation, filtersOf, isPartial }: Pruned,
  { planner, policy, labels, keys }: PlanPruned,
): Planned {
  if (operation.selectionSet.selections.length === 0) return { groups: [], source: null, deferred: [] };
  const { possibleTypes, apiSchema: schema } = planner;
  const renamed = hideAliases(operation, keys);
  const { operation: hidden, asksHidden } = isPartial
    ? askRows(renamed, planner, filtersOf)
    : { operation: renamed, asksHidden: false };
  const document = { kind: Kind.DOCUMENT, definitions: [withoutDefers(hidden)] } as const;
  const plan = planner.plan(document, {
    operationName: operation.name?.value ?? null,
    labels,
    asksHidden,
    isRuled: (coordinate) => isRuled(coordinate, policy, schema),
  });
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

/** Conditions may read what no client sees. The planner is told only where they do. */
function askRows(operation: OperationDefinitionNode, planner: Planner, filtersOf: Pruned['filtersOf']) {
  const asked = addRowFields(operation, { schema: planner.wholeSchema(), filtersOf });
  const seen = addRowFields(operation, { schema: planner.apiSchema, filtersOf });
  const asksHidden = print(asked) !== print(seen);
  return { operation: asksHidden ? asked : seen, asksHidden };
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
