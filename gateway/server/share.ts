/**
 * Queries that are the same in everything that can make a difference are run once while the first of them is under way,
 * and all get its answer. Each caller keeps its own deadline and may leave; the run is ended when the last one leaves.
 */
import { type CancelSignal, Cancellation } from '../../mesh/core/cancel.ts';
import { ChurnMap } from '../../mesh/core/churn.ts';
import { numberOf } from '../../mesh/core/subject.ts';
import type { OperationRequest, OperationResult } from './operation.ts';

/** What decides that two queries are one. */
export interface Sameness {
  /**
   * The compiled operation. There is one for each document, operation name, outcome of its conditions, pattern of denials
   * and supergraph in service.
   */
  readonly operation: object;
  /** What the rules say of the subject now: the same subject may see other rows a moment later. */
  readonly verdicts: object;
  readonly request: Pick<OperationRequest, 'variables' | 'headers' | 'subject'>;
}

export interface Start<Answer> {
  (signal: CancelSignal): Promise<Answer>;
}

export interface ShareOptions<Answer> {
  /** What a caller gets that leaves while others wait on, by the reason of its signal. */
  readonly refuse: (reason: unknown) => Answer;
}

/** The runs that may be joined. */
export class Shares<Answer extends OperationResult> {
  readonly #refuse: ShareOptions<Answer>['refuse'];
  #underWay = new ChurnMap<object, ChurnMap<string, SharedRun<Answer>>>();

  constructor({ refuse }: ShareOptions<Answer>) {
    this.#refuse = refuse;
  }

  /** The answer of a run that is the same, else of a new one. The signal is the caller's own. */
  join(same: Sameness, signal: CancelSignal, start: Start<Answer>): Promise<Answer> {
    const key = keyOf(same);
    const known = this.#underWay.get(same.operation);
    const joined = known?.get(key);
    if (joined !== undefined) return joined.join(signal);
    const runs = known ?? new ChurnMap<string, SharedRun<Answer>>();
    const run: SharedRun<Answer> = new SharedRun(this.#refuse, () => {
      if (runs.get(key) === run) runs.delete(key);
      if (runs.size === 0 && this.#underWay.get(same.operation) === runs) this.#underWay.delete(same.operation);
    });
    runs.set(key, run);
    this.#underWay.set(same.operation, runs);
    const answer = run.join(signal);
    run.start(start);
    return answer;
  }

  /** No run that began before is joined from here on: who asks now must see what was written until now. */
  closeAll(): void {
    this.#underWay = new ChurnMap();
  }
}

/**
 * No JSON text holds a line break: two requests that differ in one part differ in their keys. Subjects are told apart as
 * objects: one token's is one object while it is known, and no other token's.
 */
function keyOf({ verdicts, request: { variables, headers, subject } }: Sameness): string {
  return `${numberOf(subject)}\n${numberOf(verdicts)}\n${JSON.stringify(variables)}\n${JSON.stringify(headers)}`;
}

interface Caller<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: CancelSignal;
  leave(): void;
}

/** One run and those who wait for it. */
class SharedRun<Answer extends OperationResult> {
  readonly #refuse: ShareOptions<Answer>['refuse'];
  /** It is not to be joined any more. */
  readonly #onClosed: () => void;
  readonly #cancellation = new Cancellation();
  readonly #callers = new Set<Caller<Answer>>();
  #hasJoined = false;

  constructor(refuse: ShareOptions<Answer>['refuse'], onClosed: () => void) {
    this.#refuse = refuse;
    this.#onClosed = onClosed;
  }

  join(signal: CancelSignal): Promise<Answer> {
    this.#hasJoined = this.#callers.size > 0;
    return new Promise((resolve, reject) => {
      const caller = { resolve, reject, signal, leave: () => this.#leave(caller) };
      this.#callers.add(caller);
      if (signal.aborted) caller.leave();
      else signal.addEventListener('abort', caller.leave);
    });
  }

  start(start: Start<Answer>): void {
    start(this.#cancellation).then(
      (answer) => this.#answer(this.#hasJoined ? { ...answer, isShared: true } : answer),
      (error: unknown) => this.#end((caller) => caller.reject(error)),
    );
  }

  #answer(answer: Answer): void {
    this.#end((caller) => caller.resolve(answer));
  }

  /** Others are left to wait; the last one ends the run, and gets what had come of it by then. */
  #leave(caller: Caller<Answer>): void {
    if (this.#callers.size === 1) {
      this.#onClosed();
      this.#cancellation.cancel(caller.signal.reason);
      return;
    }
    this.#callers.delete(caller);
    caller.resolve(this.#refuse(caller.signal.reason));
  }

  #end(tell: (caller: Caller<Answer>) => void): void {
    this.#onClosed();
    for (const caller of this.#callers) {
      caller.signal.removeEventListener('abort', caller.leave);
      tell(caller);
    }
    this.#callers.clear();
  }
}
