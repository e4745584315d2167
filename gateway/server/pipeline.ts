/**
 * The life of one request: document → operation → variables → authorize → plan → execute → shape → record. What comes
 * before (admitting it, telling who asks) is the transports' part.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { WeftError, isWeftError } from '../../mesh/core/error.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { SchemaSightOf } from '../../mesh/core/schema-sight.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { type CompiledOperation, writeAnswer } from '../execute/operation.ts';
import { type ExecutionContext, createResult, runGroups } from '../execute/run.ts';
import { type RunningProgram, mayRun, runProgram } from '../splice/run.ts';
import { selectOperation, unfitDocument } from '../plan/document.ts';
import type { AccessRecorder, RecordedRequest } from '../policy/access.ts';
import type { Disclosed } from './disclosure.ts';
import type { Report } from './failure.ts';
import { Generation, type GenerationParts, type Succession } from './generation.ts';
import { type OnEnd, type StreamGround, decideAgain, schemaChanged, seesAlike, sourceOf } from './ground.ts';
import { expired, isExpired } from './lifetime.ts';
import type { Gateway, OperationRequest, OperationResult, OperationStream } from './operation.ts';
import { streamPayloads } from './payloads.ts';
import { type PlansOptions, warmPlans } from './plans.ts';
import type { NumberedDocument } from './reader.ts';
import { refusal } from './refusal.ts';
import { Shares } from './share.ts';
import { LiveStream } from './stream.ts';
import { coerceVariables } from './variables.ts';

export interface PipelineOptions extends GenerationParts, PlansOptions {
  readonly recorder: AccessRecorder | null;
  readonly report: Report;
  /** Whether queries that are the same are run once while one is under way. Default true. */
  readonly shareRequests?: boolean;
}

/** What a request came to. */
export interface PipelineAnswer extends OperationResult {
  /** `null` when the request was refused before there was one. */
  readonly operation: CompiledOperation | null;
  /** Objects that did not exist for the subject. Default `null`: nothing was looked for. */
  readonly rowsHidden?: number | null;
}

export interface Pipeline extends Gateway {
  /** `execute`, and which operation it was. */
  answer(request: OperationRequest, signal: CancelSignal): Promise<PipelineAnswer>;
  /**
   * Puts another supergraph in service, between two requests, once the operations used last are planned on it. Requests
   * under way finish where they began; streams go on if they can. One swap at a time; a signal that aborts hurries it.
   */
  swap(parts: Succession, signal?: AbortSignal): Promise<void>;
  /** What a subject is told of the schema in service, by those who tell of the mesh. */
  readonly sightOf: SchemaSightOf;
  /** The subgraphs in service, by name. */
  subgraphs(): ReadonlyMap<string, Subgraph>;
}

/** A request that is ready to be sent to subgraphs. */
interface PreparedOperation {
  readonly generation: Generation;
  readonly document: NumberedDocument;
  readonly definition: OperationDefinitionNode;
  readonly labels: ReadonlySet<string>;
  readonly operation: CompiledOperation;
  /** `null` when the operation can only be executed the general way. */
  readonly program: RunningProgram | null;
  readonly context: ExecutionContext;
  /** The client's own variables: introspection coerces them itself. */
  readonly variables: JsonObject;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  let { governance } = options;
  let current = new Generation(options, options);
  const streams = new Set<LiveStream>();
  const runOnce = createRunner(options);
  const decide = createDecider(options, () => current);

  const answer: Pipeline['answer'] = async (request, signal) => {
    const generation = current;
    generation.enter();
    try {
      const prepared = prepare(generation, request, { signal });
      if (prepared.operation.kind === OperationTypeNode.SUBSCRIPTION) throw subscriptionRefused();
      return await runOnce(prepared, request);
    } catch (error) {
      return { ...refusal(error, options.report), operation: null };
    } finally {
      generation.leave();
    }
  };

  return {
    answer,
    execute: answer,
    async subscribe(request, signal) {
      const generation = current;
      generation.enter();
      try {
        const prepared = prepare(generation, request, { signal, mayDefer: request.mayDefer ?? true });
        if (prepared.operation.deferral !== null) {
          await roomFor(prepared, options.recorder);
          options.recorder?.record(recordOf(request, prepared));
          return deferredStream(generation, prepared);
        }
        // Where policy left nothing to ask, one answer says so.
        if (prepared.operation.source === null) return await runOnce(prepared, request);
        const room = roomFor(prepared, options.recorder);
        if (room !== null) await room;
        options.recorder?.record(recordOf(request, prepared));
        const stream = new LiveStream(groundOf(prepared), {
          decide: (ground) => decide(ground, request),
          onClose: () => streams.delete(stream),
        });
        streams.add(stream);
        return { kind: 'events', stream: stream.answers };
      } catch (error) {
        return refusal(error, options.report);
      } finally {
        generation.leave();
      }
    },
    async swap(parts, signal) {
      ({ governance = governance } = parts);
      const [old, next] = [current, new Generation(parts, { ...options, governance })];
      await warmPlans(next.plans, old.plans.recent(limits.supergraphWarmMax), signal);
      current = next;
      old.retire();
      // Those that are begun from here on stand on the new one.
      const begun = [...streams];
      for (const stream of begun) {
        stream.decide();
        await nextTurn();
      }
    },
    sightOf: (subject) => current.plans.sightOf(current.enrol(subject)),
    subgraphs: () => current.subgraphs,
  };
}

/** What a stream is to stand on now; another outcome is recorded. Throws what ends the stream. */
function createDecider({ recorder, clock = systemClock }: PipelineOptions, current: () => Generation) {
  return (before: StreamGround, request: OperationRequest): StreamGround => {
    if (isExpired(request.subject, clock)) throw expired();
    const generation = current();
    const note: OnEnd = (operation) => recorder?.record(recordOf(request, { generation, operation }));
    const isOutdated = before.generation !== generation;
    const now = isOutdated ? moveGround(before, request, { generation, note }) : decideAgain(before, note);
    if (now.operation !== before.operation && !seesAlike(before, now)) note(now.operation);
    return now;
  };
}

/** The generation is left when the last part is written. */
function deferredStream(generation: Generation, { operation, context, variables }: PreparedOperation): OperationStream {
  const data = operation.introspect?.(variables) ?? {};
  generation.enter();
  const stream = streamPayloads({ operation, context, data, onClose: () => generation.leave() });
  return { kind: 'incremental', stream };
}

/** Runs prepared operations, queries that are the same together, and notes for each request what it read. */
function createRunner({ recorder, shareRequests = true }: PipelineOptions) {
  // Whoever gets this has left, or has had its time: there is nothing to tell the operator.
  const refuse = (reason: unknown): PipelineAnswer => ({ ...refusal(reason, () => {}), operation: null });
  const shares = shareRequests ? new Shares<PipelineAnswer>({ refuse }) : null;

  return async (prepared: PreparedOperation, request: OperationRequest): Promise<PipelineAnswer> => {
    const { operation, context } = prepared;
    const same = { operation, verdicts: context.verdicts, request };
    const isShared = shares !== null && operation.kind === OperationTypeNode.QUERY;
    const start = (signal: CancelSignal) => run({ ...prepared, context: { ...context, signal } });
    const room = roomFor(prepared, recorder);
    if (room !== null) await room;
    let answered: PipelineAnswer | undefined;
    try {
      answered = await (isShared ? shares.join(same, context.signal, start) : run(prepared));
      if (operation.kind === OperationTypeNode.MUTATION) {
        shares?.closeAll();
        prepared.generation.noteWrite();
      }
      return answered;
    } finally {
      recorder?.record(recordOf(request, prepared, answered?.rowsHidden));
    }
  };
}

/** Waits until what is decided can be recorded, where it is more than that all is allowed. */
function roomFor({ operation, context }: PreparedOperation, recorder: AccessRecorder | null): Promise<void> | null {
  return operation.decided.length === 0 ? null : (recorder?.room(context.signal) ?? null);
}

function recordOf(
  { subject, id }: OperationRequest,
  { generation, operation }: Pick<PreparedOperation, 'generation' | 'operation'>,
  rowsHidden: number | null = null,
): RecordedRequest {
  return { operation, subject, revision: generation.revision, requestId: id ?? null, rowsHidden };
}

async function run(prepared: PreparedOperation): Promise<PipelineAnswer> {
  const { operation, variables } = prepared;
  const outcome = await splice(prepared);
  if ('body' in outcome) {
    // ASCII is one character a byte as well, and its size need not be counted then.
    return { body: outcome.body, latin1: true, executed: true, status: 200, operation };
  }
  const { context } = outcome;
  const result = createResult(operation.introspect?.(variables));
  if (operation.introspect !== null) result.plain = false;
  await runGroups(operation.groups, result, context);
  const body = writeAnswer(operation, result, context.verdicts);
  return { body, executed: true, status: 200, operation, rowsHidden: result.hidden };
}

/** Answers a prepared operation by its program if that can be; else gives the context to execute it in. */
function splice({
  program,
  context,
}: PreparedOperation): ReturnType<typeof runProgram> | { context: ExecutionContext } {
  return program !== null && mayRun(program, context) ? runProgram(program, context) : { context };
}

interface PrepareOptions {
  readonly signal: CancelSignal;
  /** Whether parts may be answered later. Default false: then all is answered at once. */
  readonly mayDefer?: boolean;
}

function prepare(
  generation: Generation,
  request: OperationRequest,
  { signal, mayDefer = false }: PrepareOptions,
): PreparedOperation {
  const { subgraphs, plans } = generation;
  const subject = generation.enrol(request.subject);
  const disclosed = plans.disclosedTo(subject);
  const document = plans.document(request.query, disclosed);
  const operation = selectOperation(document, request.operationName);
  assertMethod(operation, request);
  const variables = coerceVariables(operation, request.variables, {
    schema: generation.supergraph.planner.apiSchema,
    limits: generation.limits,
    disclosed,
  });
  assertCost(generation, { document, operation, variables }, disclosed);
  const { variables: inputs, headers } = request;
  const { verdicts, ...planned } = plans.operation(document, { operation, variables, inputs, subject, mayDefer });
  const views = generation.viewsOf(subject);
  const { isUntold } = disclosed;
  const asking = { subgraphs, variables, headers, subject, verdicts, signal, isUntold, writes: generation.writes };
  const context = views === undefined ? asking : { ...asking, views };
  return {
    generation,
    document,
    definition: operation,
    ...planned,
    context,
    variables: request.variables,
  };
}

/** Throws where policy left nothing of the subscription to ask. */
function groundOf(prepared: PreparedOperation, onEnd?: OnEnd): StreamGround {
  const { generation, document, definition, variables, labels, operation, context } = prepared;
  const source = sourceOf(operation, onEnd);
  return { generation, document, definition, inputs: variables, labels, operation, source, context };
}

/** The ground of a stream on another supergraph. Throws `SUPERGRAPH_CHANGED` where that refuses the operation. */
function moveGround(
  { context }: StreamGround,
  request: OperationRequest,
  { generation, note }: { readonly generation: Generation; readonly note: OnEnd },
): StreamGround {
  return groundOf(prepareAgain(generation, request, context.signal), note);
}

function prepareAgain(generation: Generation, request: OperationRequest, signal: CancelSignal): PreparedOperation {
  try {
    return prepare(generation, request, { signal });
  } catch (cause) {
    if (isWeftError(cause, 'UNAUTHENTICATED')) throw cause;
    // The stream's client is told why when it subscribes again.
    throw schemaChanged(cause);
  }
}

interface Measured {
  readonly document: NumberedDocument;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An estimate may want arguments that the subject is not told of. */
function assertCost({ assertCost: assert }: Generation, measured: Measured, { isUntold }: Disclosed): void {
  try {
    assert?.(measured.document, measured.operation, measured.variables);
  } catch (error) {
    throw isWeftError(error) && isUntold(error.message) ? unfitDocument() : error;
  }
}

function assertMethod(operation: OperationDefinitionNode, request: OperationRequest): void {
  if (!request.readOnly || operation.operation !== OperationTypeNode.MUTATION) return;
  throw new WeftError('METHOD_NOT_ALLOWED', { action: 'Cannot run a mutation by GET', fix: 'Send it by POST.' });
}

function subscriptionRefused(): WeftError {
  return new WeftError('BAD_REQUEST', {
    action: 'Cannot answer a subscription with one response',
    fix: 'Use a WebSocket (graphql-transport-ws) or `accept: text/event-stream`.',
  });
}
