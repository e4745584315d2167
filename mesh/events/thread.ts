/**
 * A worker thread as something that is asked and answers, in the order of the questions. When it dies, every question
 * that waits and every later one is answered with `STORE_UNAVAILABLE`; none hangs.
 */
import { type MessagePort, Worker } from 'node:worker_threads';

import { type ErrorCode, WeftError, isWeftError } from '../core/error.ts';

/** What can be asked, by name. */
type Calls<Known> = { readonly [Call in keyof Known]: { readonly input: unknown; readonly output: unknown } };

/** What answers in the thread, one function a call. */
export type Handlers<Known extends Calls<Known>> = {
  readonly [Call in keyof Known]: (input: Known[Call]['input']) => Known[Call]['output'];
};

interface Question {
  readonly id: number;
  readonly call: string;
  readonly input: unknown;
}

type Answer = { readonly id: number } & ({ readonly output: unknown } | { readonly failure: Failure });

/** A `WeftError` as it travels: the copy that a thread makes of an error keeps neither class nor code. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cause: unknown;
}

interface Asker {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The asking side. `what` names the store in errors: `log ".weft/log.db"`. */
export class Thread<Known extends Calls<Known>> {
  readonly #worker: Worker;
  readonly #what: string;
  readonly #askers = new Map<number, Asker>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #gone: WeftError | null = null;

  constructor(file: URL, what: string) {
    this.#what = what;
    this.#worker = new Worker(file, { name: `weft ${what}` });
    this.#worker.on('message', (answer: Answer) => this.#take(answer));
    this.#worker.on('messageerror', (cause) => this.#fail(cause));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(undefined);
        resolve();
      });
    });
  }

  /** Why it can no longer be asked; `null` as long as it can. */
  get gone(): WeftError | null {
    return this.#gone;
  }

  /** Throws what the handler threw, or `STORE_UNAVAILABLE` when the thread is gone. */
  async ask<Call extends keyof Known & string>(
    call: Call,
    input: Known[Call]['input'],
  ): Promise<Known[Call]['output']> {
    if (this.#gone !== null) throw this.#gone;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#askers.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage({ id, call, input } satisfies Question);
    });
  }

  /** Ends the thread without waiting for what was asked. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.#exited;
  }

  #take(answer: Answer): void {
    const asker = this.#askers.get(answer.id);
    this.#askers.delete(answer.id);
    if ('output' in answer) return asker?.resolve(answer.output);
    const { code, message, cause } = answer.failure;
    asker?.reject(new WeftError(code, { action: message, cause }));
  }

  #fail(cause: unknown): void {
    this.#gone ??= new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot use the ${this.#what}`,
      found: 'that its thread has ended',
      wanted: 'a running one',
      fix: 'What was acknowledged is safe; restart the mesh.',
      cause,
    });
    for (const { reject } of this.#askers.values()) reject(this.#gone);
    this.#askers.clear();
  }
}

/** The answering side: gives every question that comes through the port to its handler. */
export function answerQuestions<Known extends Calls<Known>>(port: MessagePort, handlers: Handlers<Known>): void {
  port.on('message', ({ id, call, input }: Question) => {
    let answer: Answer;
    try {
      answer = { id, output: handlers[call as keyof Known](input as Known[keyof Known]['input']) };
    } catch (error) {
      // Anything else is a bug of ours: it ends the thread, and with it every question.
      if (!isWeftError(error)) throw error;
      answer = { id, failure: { code: error.code, message: error.message, cause: error.cause } };
    }
    port.postMessage(answer);
  });
}
