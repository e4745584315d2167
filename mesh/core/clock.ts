/** Time and randomness come from here and nowhere else, so that a test can hold them still. */
import { randomBytes } from 'node:crypto';

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonic(): number;
  /** Unpredictable bytes. */
  randomBytes(size: number): Uint8Array;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  randomBytes: (size) => randomBytes(size),
};
