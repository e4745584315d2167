/**
 * A circuit breaker: when too many calls of late have failed, none is made for a while; then one is let through, and what
 * becomes of it decides. Pure: it is told the time, and holds no timer.
 */

export interface BreakerOptions {
  /** Failed calls, in percent of all within the window, from which it opens. */
  readonly errorPercent: number;
  /** With fewer calls within the window it does not open. */
  readonly callsMin: number;
  readonly windowMs: number;
  /** How long it stays open before a call is let through to probe. */
  readonly waitMs: number;
}

/** Of a call: it may be made, may be made as the one that probes, or may not. */
export type Admission = 'pass' | 'probe' | 'refuse';

/** Of a probe: unknown when its caller left before it was decided. */
export type ProbeOutcome = 'success' | 'failure' | 'unknown';

/** The window moves on by a part at a time. */
const parts = 10;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #calls = Array.from({ length: parts }, () => 0);
  readonly #failures = Array.from({ length: parts }, () => 0);
  /** The part of time that is counted now, from the start of the clock. */
  #part = 0;
  #phase: 'closed' | 'open' | 'probing' = 'closed';
  #openUntil = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Asked before each call. Each `pass` is to be told to `note`, each `probe` to `noteProbe`. */
  admit(now: number): Admission {
    if (this.#phase === 'closed') return 'pass';
    if (this.#phase === 'probing' || now < this.#openUntil) return 'refuse';
    this.#phase = 'probing';
    return 'probe';
  }

  /** What became of a call. */
  note(isFailure: boolean, now: number): void {
    // A call from before it opened says nothing new.
    if (this.#phase !== 'closed') return;
    const at = this.#turnTo(now);
    this.#calls[at] = (this.#calls[at] ?? 0) + 1;
    if (!isFailure) return;
    this.#failures[at] = (this.#failures[at] ?? 0) + 1;
    const calls = sum(this.#calls);
    const { errorPercent, callsMin } = this.#options;
    if (calls >= callsMin && 100 * sum(this.#failures) >= errorPercent * calls) this.#open(now);
  }

  noteProbe(outcome: ProbeOutcome, now: number): void {
    if (this.#phase !== 'probing') return;
    if (outcome === 'success') this.#phase = 'closed';
    else this.#open(now, outcome === 'unknown' ? 0 : this.#options.waitMs);
  }

  #open(now: number, waitMs = this.#options.waitMs): void {
    this.#phase = 'open';
    this.#openUntil = now + waitMs;
    this.#calls.fill(0);
    this.#failures.fill(0);
  }

  /** Position of the part that a time belongs to; parts that it has left behind are emptied. */
  #turnTo(now: number): number {
    const part = Math.floor((now * parts) / this.#options.windowMs);
    for (let next = Math.max(this.#part + 1, part - parts + 1); next <= part; next++) {
      this.#calls[next % parts] = 0;
      this.#failures[next % parts] = 0;
    }
    this.#part = Math.max(this.#part, part);
    return this.#part % parts;
  }
}

function sum(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
