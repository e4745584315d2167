/** What a subscription's stream stands on, and what changes of it a stream can go on with. */
import { isDeepStrictEqual } from 'node:util';
import type { OperationDefinitionNode } from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdict, Verdicts } from '../../mesh/policy/view.ts';
import type { CompiledOperation } from '../execute/operation.ts';
import { type ExecutionContext, writeVariables } from '../execute/run.ts';
import { describeView } from '../plan/view.ts';
import type { Generation } from './generation.ts';
import type { NumberedDocument } from './reader.ts';

/** Exchanged when the supergraph is, and when what the rules say of its subject is another. */
export interface StreamGround {
  readonly generation: Generation;
  readonly document: NumberedDocument;
  readonly definition: OperationDefinitionNode;
  /** The client's own variables. */
  readonly inputs: JsonObject;
  /** Labels of progressive overrides that were drawn for it. */
  readonly labels: ReadonlySet<string>;
  readonly operation: CompiledOperation;
  readonly source: NonNullable<CompiledOperation['source']>;
  readonly context: ExecutionContext;
}

/** Told of an operation of which policy left nothing to ask. */
export type OnEnd = (operation: CompiledOperation) => void;

/** The ground with what the rules say now: the same object where they say the same. Throws where they leave nothing to ask. */
export function decideAgain(ground: StreamGround, onEnd?: OnEnd): StreamGround {
  const { generation, document, definition, inputs, labels, context } = ground;
  const { variables, subject } = context;
  const { operation, verdicts } = generation.plans.operation(document, {
    operation: definition,
    variables,
    inputs,
    subject,
    labels,
  });
  if (operation === ground.operation && verdicts === context.verdicts) return ground;
  return { ...ground, operation, source: sourceOf(operation, onEnd), context: { ...context, verdicts } };
}

/** Throws `UNAUTHORIZED_FIELD_OR_TYPE` where policy left nothing to ask. */
export function sourceOf(operation: CompiledOperation, onEnd?: OnEnd): StreamGround['source'] {
  const { source, denials } = operation;
  if (source !== null) return source;
  onEnd?.(operation);
  throw new WeftError('UNAUTHORIZED_FIELD_OR_TYPE', {
    action: 'Cannot go on with the stream: nothing is left of it that its subject may see',
    details: { denied: denials.map(({ extensions }) => extensions?.['coordinate']) },
  });
}

/** What a stream ends with that the supergraph in service cannot go on with. */
export function schemaChanged(cause?: unknown): WeftError {
  return new WeftError('SUPERGRAPH_CHANGED', {
    action: 'Cannot go on with the stream: the schema that it was begun on has changed',
    fix: 'Subscribe again.',
    cause,
  });
}

/** Whether a stream can go on from one to the other: clients know what it gives as the same, and who feeds it is the same. */
export function goesOn(one: StreamGround, other: StreamGround): boolean {
  if (one.generation === other.generation) return true;
  const { subgraph } = one.source.group;
  return (
    subgraph === other.source.group.subgraph &&
    one.context.subgraphs.get(subgraph) === other.context.subgraphs.get(subgraph) &&
    viewOf(one) === viewOf(other)
  );
}

/** Whether the source would be asked the same. */
export function asksAlike(one: StreamGround, other: StreamGround): boolean {
  const [from, to] = [one.source.group, other.source.group];
  if (!isToldAlike(one, other) || !isForTheSame(one, other)) return false;
  return (
    from === to ||
    (from.query === to.query && writeVariables(from, [], one.context) === writeVariables(to, [], other.context))
  );
}

/** Whether the source would be told of the same subject, where it is told of one. */
function isForTheSame({ source, context }: StreamGround, other: StreamGround): boolean {
  const { seesSubject } = context.subgraphs.get(source.group.subgraph) ?? {};
  return seesSubject === false || isDeepStrictEqual(context.subject, other.context.subject);
}

/** Whether the source would be told the same of which rows exist. */
function isToldAlike(one: StreamGround, other: StreamGround): boolean {
  const [before, now] = [one, other].map(({ source, context }) => context.views?.get(source.group.subgraph)?.filters);
  return before === now || JSON.stringify(before) === JSON.stringify(now);
}

/** Whether the subject sees the same, so that what was worked out on one ground may be shown on the other. */
export function seesAlike(one: StreamGround, other: StreamGround): boolean {
  if (one.operation === other.operation && one.context.verdicts === other.context.verdicts) return true;
  return (
    signOf(one.context.verdicts) === signOf(other.context.verdicts) &&
    JSON.stringify(one.operation.denials) === JSON.stringify(other.operation.denials) &&
    (one.generation === other.generation || viewOf(one) === viewOf(other))
  );
}

/** Whether an event that was asked for on one ground has all that is shown of it on the other. */
export function suffices(one: StreamGround, other: StreamGround): boolean {
  if (asksAlike(one, other)) return true;
  const isSameSchema = one.generation.supergraph.sdl === other.generation.supergraph.sdl;
  const before = new Map(Array.from(one.context.verdicts, ([rule, verdict]) => [nameOf(rule), verdict]));
  const now = new Map(Array.from(other.context.verdicts, ([rule, verdict]) => [nameOf(rule), verdict]));
  return isSameSchema && [...before].every(([rule, verdict]) => isAsStrict(now.get(rule), verdict));
}

function isAsStrict(now: Verdict | undefined, before: Verdict): boolean {
  // Filters of one rule read the same fields.
  return now !== undefined && (now.kind === 'deny' || now.kind === 'filter' || describe(now) === describe(before));
}

function signOf(verdicts: Verdicts): string {
  return Array.from(verdicts, ([rule, verdict]) => `${nameOf(rule)} ${describe(verdict)}`).join('\n');
}

/** Rules are others in another generation; what stands in the schema is not. */
function nameOf({ coordinate, text }: Rule): string {
  return `${coordinate} ${text}`;
}

function describe(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'mask':
      return `mask ${JSON.stringify(verdict.mask)}`;
    case 'filter':
      return `filter ${verdict.filter.text}`;
    default:
      return verdict.kind;
  }
}

function viewOf({ document, generation }: StreamGround): string {
  return describeView(document.ast, generation.supergraph.planner.apiSchema);
}
