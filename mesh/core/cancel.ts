/**
 * Saying that something is no longer wanted. On the hot path this stands for `AbortController`: that costs microseconds a
 * piece, and with several of them to a request much of what a request holds outlives it until the next full garbage
 * collection.
 */

/** Says when to stop: as much of an `AbortSignal` as is needed, so that one can be given for it. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** Why, once it has been given. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal and the way to give it. */
export class Cancellation implements CancelSignal {
  #isCancelled = false;
  #reason: unknown;
  /** Mostly there is one. */
  #listeners: (() => void)[] = [];

  get aborted(): boolean {
    return this.#isCancelled;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Listeners are called once; one that is added after the signal was given is not called. */
  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const position = this.#listeners.lastIndexOf(listener);
    if (position === -1) return;
    if (position === this.#listeners.length - 1) this.#listeners.pop();
    else this.#listeners.splice(position, 1);
  }

  /** Gives the signal, the first time. */
  cancel(reason?: unknown): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    this.#reason = reason;
    for (const listener of this.#listeners.splice(0)) listener();
  }
}

/** The signal as an `AbortSignal`, for what takes nothing else. */
export function abortSignalOf(signal: CancelSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
