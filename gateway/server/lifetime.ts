/** How long an operation may live: until its deadline, until its client leaves, until its token ends. */
import { type CancelSignal, Cancellation } from '../../mesh/core/cancel.ts';
import { ChurnMap } from '../../mesh/core/churn.ts';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';

/** Lives whose deadlines hold. One timer looks at all of them: a timer for each would cost more than it watches over. */
const underWay = new ChurnMap<Lifetime, true>();
let isSweeping = false;

export class Lifetime {
  readonly #cancellation = new Cancellation();
  readonly #timeoutMs: number;
  readonly #deadline: number;

  /** The deadline holds from here on, to within `limits.requestDeadlineSweepMs`. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#deadline = systemClock.monotonic() + timeoutMs;
    underWay.set(this, true);
    sweepSoon();
  }

  /** Aborts with a `WeftError`: `REQUEST_TIMED_OUT`, `EXECUTION_CANCELLED`, or what `end` was given. */
  get signal(): CancelSignal {
    return this.#cancellation;
  }

  /** The operation has answered, or its stream stands: the deadline no longer holds. */
  settle(): void {
    underWay.delete(this);
  }

  /** Ends it now; by default because its client left. */
  end(reason: WeftError = cancelled()): void {
    this.settle();
    this.#cancellation.cancel(reason);
  }

  /** Ends it if its time is over. */
  expire(now: number): void {
    if (now >= this.#deadline) this.end(timedOut(this.#timeoutMs));
  }
}

function sweepSoon(): void {
  if (isSweeping) return;
  isSweeping = true;
  setTimeout(sweep, limits.requestDeadlineSweepMs);
}

function sweep(): void {
  isSweeping = false;
  const now = systemClock.monotonic();
  for (const life of underWay.keys()) life.expire(now);
  if (underWay.size > 0) sweepSoon();
}

/** Whether the subject's token has ended. Timers may be late; whoever sends something asks. */
export function isExpired({ expiresAt }: Subject, clock: Pick<Clock, 'now'>): boolean {
  return expiresAt !== null && clock.now() >= expiresAt * 1000;
}

/**
 * Calls back once the subject's token ends; gives the way to call that off. The clock is looked at now and then: it may be
 * set, and a machine may sleep, which no timer knows of; and no timer waits for longer than 24 days.
 */
export function startExpiry({ expiresAt }: Subject, clock: Pick<Clock, 'now'>, onExpired: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (end: number): void => {
    const waitMs = end - clock.now();
    if (waitMs > limits.expiryLookMs) timer = setTimeout(arm, limits.expiryLookMs, end);
    else timer = setTimeout(onExpired, Math.max(waitMs, 0));
  };
  if (expiresAt !== null) arm(expiresAt * 1000);
  return () => clearTimeout(timer);
}

function timedOut(timeoutMs: number): WeftError {
  return new WeftError('REQUEST_TIMED_OUT', {
    action: 'Cannot answer the request in time',
    found: `no answer after ${timeoutMs} ms`,
    fix: 'Ask for less at once, or try again.',
  });
}

function cancelled(): WeftError {
  return new WeftError('EXECUTION_CANCELLED', { action: 'Cannot finish the operation: its client left' });
}

/** What a stream ends with whose subject's token has ended. */
export function expired(): WeftError {
  return new WeftError('TOKEN_EXPIRED', {
    action: 'Cannot go on with the stream',
    found: 'a token that has ended',
    fix: 'Get a new token and ask again.',
  });
}
