/** The life of one execution, from what starts it to its record in the log. */
import type { Agents } from '../agents/agents.ts';
import { FlowSet, type Scope } from '../agents/scope.ts';
import type { Clock } from '../core/clock.ts';
import { WeftError } from '../core/error.ts';
import type { DataFlow, ExecutionFinished, MeshEvent, TriggerKind } from '../core/event.ts';
import { createId } from '../core/id.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { RowFilters } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import type { Outcome } from './execution.ts';
import type { LogLine, Manifest, OrderBody, ProcessManifest } from './message.ts';
import { type Recorder, fitPayload } from './record.ts';
import type { Job } from './task.ts';

export interface ExecutionsOptions {
  readonly manifest: Manifest;
  /** A process's revision, by its name. */
  readonly revisions: ReadonlyMap<string, string>;
  /** Set by the mesh's configuration; come before the domain's own. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly agents: Agents;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Runs a job where its process belongs: in a worker or inline. */
  runJob(process: ProcessManifest, job: Job): Promise<Outcome>;
  write(executionId: string, line: LogLine): void;
}

/** What starts an execution. */
export interface Start {
  readonly process: ProcessManifest;
  readonly trigger: TriggerKind;
  /** Coordinate, label or schedule. */
  readonly from: string;
  readonly input: JsonObject;
  readonly subject: Subject;
  /** Which rows exist for the subject; default all. */
  readonly filters?: RowFilters;
  /** The products that its result answers. */
  readonly answers: readonly DataFlow[];
}

export interface Ended extends Outcome {
  readonly id: string;
}

/** Runs one process of a domain to its end, whatever that is. Throws `EXECUTION_OVERLOADED` when too many wait. */
export async function runExecution(options: ExecutionsOptions, start: Start, signal: AbortSignal): Promise<Ended> {
  const { manifest, agents, clock } = options;
  const { process, subject } = start;
  const id = createId(clock);
  const revision = options.revisions.get(process.name) ?? '';
  const over = new AbortController();
  const scope: Scope = {
    execution: { id, domain: manifest.name, process: process.name, revision },
    subject,
    signal: over.signal,
    inputs: new FlowSet(),
    outputs: new FlowSet(),
    emitted: 0,
    hasEffects: false,
  };
  const variables = { ...manifest.variables, ...process.variables, ...options.variables };
  const body: OrderBody = { input: start.input, subject, variables, filters: start.filters ?? {} };
  const startedAt = clock.now();
  const from = clock.monotonic();
  const outcome = await options.runJob(process, {
    order: { id, process: process.name, revision, timeoutMs: process.timeoutMs, json: JSON.stringify(body) },
    signal,
    isRepeatable: () => !scope.hasEffects,
    call: callerOf(agents, scope),
    write: (line) => options.write(id, line),
  });
  over.abort();
  if (outcome.resultJson !== null) for (const product of start.answers) scope.outputs.add(product);
  const times = {
    startedAt: new Date(startedAt).toISOString(),
    durationMs: Math.round((clock.monotonic() - from) * 1000) / 1000,
  };
  options.recorder.add(recordOf(scope, { start, outcome, times, clock }));
  return { id, ...outcome };
}

/** The result of an execution that somebody waits for. Throws its public error when it has none. */
export function resultOf({ id, status, resultJson }: Ended, process: string): Json {
  if (resultJson !== null) return JSON.parse(resultJson) as Json;
  const details = { executionId: id };
  if (status === 'TIMED_OUT')
    throw new WeftError('EXECUTION_TIMED_OUT', { action: `Process "${process}" took too long`, details });
  if (status === 'CANCELLED')
    throw new WeftError('EXECUTION_CANCELLED', { action: `Process "${process}" was cancelled`, details });
  throw new WeftError('EXECUTION_FAILED', { action: `Process "${process}" failed`, details });
}

function callerOf(agents: Agents, scope: Scope): Job['call'] {
  let underway = 0;
  return async ({ logic, agent, method, json }) => {
    scope.signal.throwIfAborted();
    if (underway >= limits.agentCallsMax) {
      throw new WeftError('AGENT_FAILED', {
        action: `Cannot call "${agent}"`,
        found: `${underway} calls underway`,
        wanted: 'fewer at a time',
        fix: 'Await some before making more.',
      });
    }
    underway += 1;
    try {
      return await agents.call(scope, { logic, agent, method, values: JSON.parse(json) as Json[] });
    } finally {
      underway -= 1;
    }
  };
}

interface Told {
  readonly start: Start;
  readonly outcome: Outcome;
  readonly times: Pick<ExecutionFinished, 'startedAt' | 'durationMs'>;
  readonly clock: Clock;
}

function recordOf(scope: Scope, { start, outcome, times, clock }: Told): MeshEvent {
  const { id, domain, process, revision } = scope.execution;
  const [answered] = start.answers;
  const payload: ExecutionFinished = {
    trigger: start.trigger,
    from: start.from,
    status: outcome.status,
    ...times,
    timeline: outcome.timeline,
    error: outcome.error,
    inputs: scope.inputs.all,
    outputs: scope.outputs.all,
  };
  return {
    id: createId(clock),
    time: new Date(clock.now()).toISOString(),
    type: 'weft.execution.finished',
    label: 'weft.execution.finished',
    source: `${domain}/${process}`,
    target: '',
    domain,
    product: answered?.kind === 'product' && answered.domain === domain ? answered.name : null,
    process,
    revision,
    logic: null,
    executionId: id,
    sequence: scope.emitted,
    subject: scope.subject.id,
    classification: [],
    traceparent: null,
    payload: { ...fitPayload(payload) } as unknown as JsonObject,
  };
}
