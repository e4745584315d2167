/** One execution on its way through a pool: its time, its being stopped, and its one outcome. */
import { limits } from '../core/limits.ts';
import type { Outcome } from './execution.ts';
import type { AgentCall, LogLine, Order, StopCode } from './message.ts';

export interface Job {
  readonly order: Order;
  /** Cancels the execution. */
  readonly signal: AbortSignal;
  /** Whether it has changed nothing outside its worker yet, so that running it again does no harm. */
  isRepeatable(): boolean;
  /** Calls an agent; resolves with what JSON can carry. */
  call(to: AgentCall): Promise<unknown>;
  write(line: LogLine): void;
}

/** How a worker that runs a task is told of its end. */
export interface Reins {
  stop(code: StopCode): void;
  giveUp(): void;
}

/** See the file's head. Its outcome is that of whichever end comes first. */
export class Task {
  readonly job: Job;
  readonly outcome: Promise<Outcome>;
  readonly #settle: (outcome: Outcome) => void;
  readonly #cancelled = (): void => this.#stop('EXECUTION_CANCELLED');
  #leave: () => void = () => undefined;
  #reins: Reins | null = null;
  #timer: NodeJS.Timeout | undefined;
  #stopCode: StopCode | null = null;
  #repeats = 0;

  constructor(job: Job) {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.job = job;
    this.outcome = promise;
    this.#settle = resolve;
    job.signal.addEventListener('abort', this.#cancelled, { once: true });
    if (job.signal.aborted) queueMicrotask(this.#cancelled);
  }

  get id(): string {
    return this.job.order.id;
  }

  get isStopped(): boolean {
    return this.#stopCode !== null;
  }

  get isRepeatable(): boolean {
    return this.#repeats < limits.executionRepeatsMax && this.job.isRepeatable();
  }

  /** What to do when it is cancelled before a worker has it. */
  onCancel(leave: () => void): void {
    this.#leave = leave;
  }

  /** A worker has it: its time runs. */
  begin(reins: Reins): void {
    this.#reins = reins;
    this.#timer = setTimeout(() => this.#stop('EXECUTION_TIMED_OUT'), this.job.order.timeoutMs);
  }

  /** Its worker is gone and it will be given to another: its time begins anew. */
  rewind(): void {
    clearTimeout(this.#timer);
    this.#reins = null;
    this.#repeats += 1;
  }

  finish(outcome: Outcome): void {
    clearTimeout(this.#timer);
    this.job.signal.removeEventListener('abort', this.#cancelled);
    this.#settle(outcome);
  }

  fail(reason: string): void {
    this.finish(ended('FAILED', { code: 'LOGIC_FAILED', message: `The execution did not end by itself: ${reason}.` }));
  }

  cancel(): void {
    this.#stopCode = 'EXECUTION_CANCELLED';
    this.finishStopped();
  }

  /** Ends it as it was stopped, without its worker's word. */
  finishStopped(): void {
    if (this.#stopCode === 'EXECUTION_TIMED_OUT') {
      const message = `The time of this execution is over: ${this.job.order.timeoutMs} ms.`;
      this.finish(ended('TIMED_OUT', { code: this.#stopCode, message }));
    } else {
      this.finish(ended('CANCELLED', { code: 'EXECUTION_CANCELLED', message: 'Cancelled by its caller.' }));
    }
  }

  #stop(code: StopCode): void {
    if (this.#stopCode !== null) return;
    this.#stopCode = code;
    clearTimeout(this.#timer);
    if (this.#reins === null) {
      this.#leave();
      this.finishStopped();
    } else {
      this.#reins.stop(code);
      this.#timer = setTimeout(this.#reins.giveUp, limits.workerGraceMs);
    }
  }
}

function ended(status: Outcome['status'], error: Outcome['error']): Outcome {
  return { status, timeline: [], error, resultJson: null };
}
