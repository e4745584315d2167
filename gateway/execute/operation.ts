/**
 * An operation compiled for all requests that may see the same of it: pruned, planned, its fetches and its answer's
 * writer made into functions. One life of it: `createResult` → `runGroups` → `writeAnswer`.
 */
import { type FieldNode, type OperationDefinitionNode, type OperationTypeNode, Kind } from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import { type LabelledOperation, hasDefer, labelDefers, withoutDefers } from '../plan/defer.ts';
import type { DeferredPlan } from '../plan/plan.ts';
import type { Planner } from '../plan/planner.ts';
import { slicePlan } from '../plan/slice.ts';
import { type Denials, type Denied, type Pruned, pruneOperation } from '../policy/prune.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { clientPath, hideAliases } from './alias.ts';
import { joinAsides, joinPlans, withoutAside } from './aside.ts';
import { type CompiledGroup, type RootPart, compileGroup, compilePlan } from './compile.ts';
import { type AnswerError, completeResult } from './complete.ts';
import { type Deferral, compileDeferral } from './deferral.ts';
import { type Introspection, splitIntrospection } from './introspect.ts';
import type { Result } from './run.ts';
import { type ObjectShape, shapeOperation } from './shape.ts';
import { type Writer, compileWriter } from './writer.ts';

export interface CompiledOperation {
  readonly kind: OperationTypeNode;
  readonly name: string | null;
  readonly groups: readonly CompiledGroup[];
  /** Whether it was planned in parts. */
  readonly isParted: boolean;
  /** For a subscription: the fetch whose events start `groups`. */
  readonly source: {
    readonly group: Omit<CompiledGroup, 'dependencyCount' | 'dependents'>;
    readonly part: RootPart;
  } | null;
  readonly introspect: Introspection | null;
  /** What is answered later than `groups` and `shape`; `null` for an operation that has one answer. */
  readonly deferral: Deferral | null;
  readonly shape: ObjectShape;
  readonly write: Writer;
  /** What policy denied: errors of every answer. */
  readonly denials: readonly AnswerError[];
  readonly denied: readonly Denied[];
  /** What is read, sorted. */
  readonly coordinates: readonly string[];
}

/** Compiles a normalised operation for subjects whom exactly these rules deny. */
export function compileOperation(
  asked: OperationDefinitionNode,
  { planner, rules }: Supergraph,
  denials: Denials,
): CompiledOperation {
  const schema = planner.apiSchema;
  const { operation, labels } = settleDefers(asked, planner);
  const { rest, introspect } = splitIntrospection(operation, schema);
  const pruned = pruneOperation(rest, { schema, rules, denials });
  const { groups, source, isParted, deferred } = planPruned(pruned, planner);
  const shape = shapeAnswer(operation, pruned, planner);
  return {
    kind: operation.operation,
    name: operation.name?.value ?? null,
    groups,
    isParted,
    source,
    introspect,
    deferral: compileDeferral(deferred, { operation, labels, possibleTypes: planner.possibleTypes }),
    shape,
    write: compileWriter(shape),
    denials: pruned.denied.map(denialError),
    denied: pruned.denied,
    coordinates: pruned.coordinates,
  };
}

/** The body of an answer. */
export function writeAnswer(operation: CompiledOperation, result: Result): string {
  if (operation.isParted) joinAsides(result);
  const known = result.errors.length === 0 ? operation.denials : [...operation.denials, ...clientErrors(result)];
  let data = operation.write(result.data, result.plain);
  let errors = known;
  if (data === null) {
    const completion = completeResult(operation.shape, result.data, known);
    data = completion.data;
    errors = [...known, ...completion.errors];
  }
  return errors.length === 0 ? `{"data":${data}}` : `{"data":${data},"errors":${JSON.stringify(errors)}}`;
}

/** The errors that fetching gave, as clients know their places. */
export function clientErrors({ errors }: Result): readonly AnswerError[] {
  return errors.map(asClientsKnowIt);
}

/** Subgraphs name places as the mesh does inside. */
function asClientsKnowIt(error: AnswerError): AnswerError {
  return error.path === undefined ? error : { ...error, path: clientPath(withoutAside(error.path)) };
}

/** Whoever defers leaves it to the server to answer at once all the same: so it is where one plan cannot hold the operation. */
function settleDefers(operation: OperationDefinitionNode, { requirements, apiSchema }: Planner): LabelledOperation {
  if (!hasDefer(operation)) return { operation, labels: new Map() };
  const isParted = requirements.split(operation, apiSchema).length > 1;
  return isParted ? { operation: withoutDefers(operation), labels: new Map() } : labelDefers(operation);
}

interface Planned extends Pick<CompiledOperation, 'groups' | 'source' | 'isParted'> {
  readonly deferred: readonly DeferredPlan[];
}

function planPruned({ operation }: Pruned, planner: Planner): Planned {
  if (operation.selectionSet.selections.length === 0) {
    return { groups: [], source: null, isParted: false, deferred: [] };
  }
  const { requirements, possibleTypes } = planner;
  const parts = requirements.split(operation, planner.apiSchema);
  const isParted = parts.length > 1;
  if (isParted && operation.operation !== 'query') throw partsRefused(operation);
  const hidden = parts.map((part) => hideAliases(part, requirements.names));
  const plans = hidden.map((part) => {
    const document = { kind: Kind.DOCUMENT, definitions: [withoutDefers(part)] } as const;
    return planner.plan(document, operation.name?.value ?? null);
  });
  const whole = joinPlans(plans.map((plan) => plan.root));
  const { root, deferred } = slicePlan(whole, { operation: hidden[0] ?? operation, entities: planner.entities });
  const groups = compilePlan(root, possibleTypes);
  const subscription = plans[0]?.subscription ?? null;
  if (subscription === null) return { groups, source: null, isParted, deferred };
  const group = compileGroup([subscription], possibleTypes);
  const [part] = group.parts;
  if (part?.kind !== 'root') throw new Error('The planner gave a subscription without a root fetch.');
  return { groups, source: { group, part }, isParted, deferred };
}

/** A query may be asked in parts; whatever has an effect must happen once. */
function partsRefused({ operation }: OperationDefinitionNode): WeftError {
  return new WeftError('BAD_REQUEST', {
    action: `Cannot plan the ${operation}: two of its fields require one field of another subgraph with different arguments`,
    fix: 'Ask for one of them in a query of its own.',
  });
}

function shapeAnswer(
  operation: OperationDefinitionNode,
  pruned: Pruned,
  { apiSchema: schema, requirements, possibleTypes }: Planner,
): ObjectShape {
  return shapeOperation(operation, {
    schema,
    required: requirements.names,
    possibleTypes,
    isDeferring: hasDefer(operation),
    isDenied: (field: FieldNode) => pruned.deniedFields.has(field),
    isTypeDenied: (type) => pruned.deniedTypes.has(type),
  });
}

function denialError({ path, coordinate, rule, reason }: Denied): AnswerError {
  const extensions = { code: 'UNAUTHORIZED_FIELD_OR_TYPE', coordinate, rule: rule.text, reason };
  return { message: `Not allowed to read ${coordinate}: ${reason}.`, path, extensions };
}
