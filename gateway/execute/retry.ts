/** How often and when a call is made again: a budget that calls pay into, and waits that grow and differ. */
import type { Clock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';

/** Retries may be a share of all calls and, at the start, a few more: so a subgraph that is down is not asked twice as much. */
export class RetryBudget {
  readonly #share: number;
  #saved: number = limits.subgraphRetriesFirst;

  constructor(percent: number) {
    this.#share = percent / 100;
  }

  /** A call is made. */
  deposit(): void {
    this.#saved = Math.min(this.#saved + this.#share, limits.subgraphRetriesSavedMax);
  }

  /** Whether one retry may be made; it is paid for. */
  take(): boolean {
    if (this.#share === 0 || this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}

/** How long to wait before a retry: anything up to a bound that doubles each time, so that callers do not come back together. */
export function retryWaitMs(attempt: number, clock: Pick<Clock, 'randomBytes'>): number {
  const [high = 0, low = 0] = clock.randomBytes(2);
  const most = Math.min(limits.subgraphRetryWaitMs * 2 ** attempt, limits.subgraphRetryWaitMsMax);
  return Math.floor((most * (high * 256 + low)) / 65_536);
}
