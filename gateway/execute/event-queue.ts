/** Events that came and were not taken yet: where a socket's pushes become an async iterable with a bound. */

export interface EventQueueOptions {
  /** From so many bytes on that wait the source is told to pause. */
  readonly bytesMax: number;
  pause(): void;
  resume(): void;
}

/** One producer, one consumer. Events that came before the end or a failure are given first. */
export class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #options: EventQueueOptions;
  readonly #waiting: { readonly event: Event; readonly bytes: number }[] = [];
  #bytes = 0;
  #isPaused = false;
  #outcome: { readonly error: unknown } | 'complete' | null = null;
  #wake: () => void = () => {};

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** Whether nothing more is taken in. */
  get isOver(): boolean {
    return this.#outcome !== null;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  push(event: Event, bytes: number): void {
    if (this.#outcome !== null) return;
    this.#waiting.push({ event, bytes });
    this.#bytes += bytes;
    if (!this.#isPaused && this.#bytes >= this.#options.bytesMax) {
      this.#isPaused = true;
      this.#options.pause();
    }
    this.#wake();
  }

  /** Ends the iteration, normally or by throwing `error`; only the first end counts. */
  end(error?: unknown): void {
    this.#outcome ??= error === undefined ? 'complete' : { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, void> {
    while (true) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#release(next.bytes);
        yield next.event;
      } else if (this.#outcome === null) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      } else if (this.#outcome === 'complete') {
        return;
      } else {
        throw this.#outcome.error;
      }
    }
  }

  /** The source goes on once half of the room is free, so that it is not switched at each event. */
  #release(bytes: number): void {
    this.#bytes -= bytes;
    if (!this.#isPaused || this.#bytes > this.#options.bytesMax / 2) return;
    this.#isPaused = false;
    this.#options.resume();
  }
}
