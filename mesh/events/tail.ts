/**
 * The newest events in memory, one copy for all who follow the log. It is bounded: a follower that falls behind it reads
 * from the store until it has caught up, so a slow one costs nothing but its own time.
 */
import type { StoredEvent } from '../core/event.ts';

/** The last events of a log, without a gap. */
export class Tail {
  readonly #size: number;
  #events: StoredEvent[] = [];
  /** Every event after this offset, up to the end, is here. */
  #start: number;
  #end: number;

  constructor(end: number, size: number) {
    this.#start = end;
    this.#end = end;
    this.#size = size;
  }

  get end(): number {
    return this.#end;
  }

  /** Adds what one commit stored, in order. `before` is where the log ended at its start: larger than `end` when somebody else wrote too. */
  push(events: readonly StoredEvent[], before: number): void {
    if (before > this.#end) this.skip(before);
    for (const event of events) {
      if (event.offset <= this.#end) continue;
      this.#events.push(event);
      this.#end = event.offset;
    }
    const surplus = this.#events.splice(0, Math.max(0, this.#events.length - this.#size));
    this.#start = surplus.at(-1)?.offset ?? this.#start;
  }

  /** Moves on to `end` without the events up to there. */
  skip(end: number): void {
    if (end <= this.#end) return;
    this.#events = [];
    this.#start = end;
    this.#end = end;
  }

  /** The events after an offset; `null` when not all of them are here. */
  after(offset: number): readonly StoredEvent[] | null {
    if (offset < this.#start) return null;
    // Who follows is mostly at the end: look from there.
    return this.#events.slice(this.#events.findLastIndex((event) => event.offset <= offset) + 1);
  }
}
