/**
 * One execution as a railway: the logics run in order until one throws; from it on, each only handles the error, and so
 * does the aggregator, which alone finalises the result. No I/O: what logics touch comes with their context.
 */
import type { Clock } from '../core/clock.ts';
import { WeftError, isWeftError, messageOf } from '../core/error.ts';
import type { ExecutionError, ExecutionStatus, TimelineEntry } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { Aggregator, Context, Logic, Process } from '../sdk/index.ts';

export interface Outcome {
  readonly status: Exclude<ExecutionStatus, 'QUEUED' | 'RUNNING'>;
  readonly timeline: readonly TimelineEntry[];
  /** What the first logic that threw had thrown, or why the execution was stopped. */
  readonly error: ExecutionError | null;
  /** The result as JSON text, as it was when the aggregator finalised it; `null` when it did not. */
  readonly resultJson: string | null;
  /** Types whose rows its steps have let pass `visible`. Default none. */
  readonly sifted?: readonly string[];
}

export interface Surroundings {
  /** What the logic of that name is handed. */
  contextFor(logic: string): Context;
  readonly clock: Clock;
  /** Stops the execution: the running step is left to itself and none follows. The reason is the error. */
  readonly signal: AbortSignal;
}

/** Runs a process's steps. Never throws: what is thrown inside is in the outcome. */
export async function execute(
  process: Pick<Process, 'logics' | 'aggregator'>,
  surroundings: Surroundings,
): Promise<Outcome> {
  const run = new Run(surroundings);
  for (const logic of process.logics) await run.take(logic);
  await run.take(process.aggregator);
  return run.outcome();
}

class Run {
  readonly #surroundings: Surroundings;
  readonly #timeline: TimelineEntry[] = [];
  readonly #stopped: Promise<never>;
  #error: Error | null = null;
  #resultJson: string | null = null;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const { signal } = surroundings;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    this.#stopped = promise;
  }

  /** Gives a step its turn: it runs, or it handles the error; a step that throws also handles its own. */
  async take(step: Logic<never> | Aggregator<never>): Promise<void> {
    if (this.#error === null) this.#error = await this.#attempt(step, 'run', (context) => step.run(context));
    const { handleError } = step;
    const error = this.#error;
    if (error === null || handleError === undefined) return;
    await this.#attempt(step, 'handleError', (context) => handleError.call(step, context, error));
  }

  outcome(): Outcome {
    const { signal } = this.#surroundings;
    if (signal.aborted) {
      const error = toError(signal.reason);
      const status = isWeftError(error, 'EXECUTION_TIMED_OUT') ? 'TIMED_OUT' : 'CANCELLED';
      return { status, timeline: this.#timeline, error: toExecutionError(error), resultJson: null };
    }
    const resultJson = this.#resultJson;
    if (resultJson === null) this.#error ??= new WeftError('LOGIC_FAILED', noResult);
    const status = this.#error === null ? 'COMPLETE' : resultJson === null ? 'FAILED' : 'COMPLETE_WITH_ERROR';
    return { status, timeline: this.#timeline, error: this.#error && toExecutionError(this.#error), resultJson };
  }

  /** Runs a step's function to its end and notes it; gives what it threw. Once the execution is stopped, does nothing. */
  async #attempt(
    step: Logic<never> | Aggregator<never>,
    ran: TimelineEntry['ran'],
    call: (context: never) => unknown,
  ): Promise<Error | null> {
    const { clock, signal } = this.#surroundings;
    if (signal.aborted) return null;
    const startedAt = new Date(clock.now()).toISOString();
    const from = clock.monotonic();
    const result = new Result();
    let error: Error | null = null;
    try {
      const context = this.#surroundings.contextFor(step.name);
      // The author's types say which context a step takes; `logic` and `aggregator` are typed by what is given here.
      await Promise.race([
        this.#stopped,
        call((step.kind === 'aggregator' ? { ...context, result } : context) as never),
      ]);
    } catch (thrown) {
      error = toError(thrown);
    }
    const finalized = result.close();
    // What `run` finalised before it threw is no result: its own `handleError` finalises anew.
    if (error === null || ran === 'handleError') this.#resultJson = finalized;
    const durationMs = Math.max(0, Math.round((clock.monotonic() - from) * 1000) / 1000);
    this.#timeline.push({ logic: step.name, ran, startedAt, durationMs, error: error && toExecutionError(error) });
    return error;
  }
}

const noResult = {
  action: 'Cannot complete the execution',
  found: 'an aggregator that finalised no result',
  wanted: 'one call of result.finalize(value)',
};

/** The `result` agent of one turn of the aggregator. */
class Result {
  #json: string | null = null;
  #isOver = false;

  finalize(value: Json): void {
    if (this.#isOver) this.#refuse('a call after the aggregator had returned', 'a call before it returns');
    if (this.#json !== null) this.#refuse('a second call', 'one call an execution');
    this.#json = JSON.stringify(value) ?? this.#refuse(`${typeof value}`, 'a JSON value');
  }

  close(): string | null {
    this.#isOver = true;
    return this.#json;
  }

  #refuse(found: string, wanted: string): never {
    throw new WeftError('LOGIC_FAILED', { action: 'Cannot finalise the result', found, wanted });
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

function toExecutionError(error: Error): ExecutionError {
  const message = error.message.slice(0, limits.eventTextLengthMax);
  return { code: isWeftError(error) ? error.code : 'LOGIC_FAILED', message };
}
