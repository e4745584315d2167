/** Writes records to the log behind the backs of those they tell of: nobody waits, and what is accepted is written in order. */
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../core/error.ts';
import type { ExecutionFinished, MeshEvent } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import type { EventLog } from '../events/log.ts';

export interface RecorderOptions {
  readonly log: EventLog;
  /** Takes a line for whoever runs the mesh. */
  writeLine(line: string): void;
}

/** Keeps at most `limits.recordsQueuedMax`; a log that is down is tried again, and what does not fit meanwhile is dropped with a line. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #closing = new AbortController();
  #queue: MeshEvent[] = [];
  #dropped = 0;
  #writing: Promise<void> | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  add(event: MeshEvent): void {
    if (this.#queue.length >= limits.recordsQueuedMax) this.#dropped += 1;
    else this.#queue.push(event);
    this.#writing ??= this.#write();
  }

  /** Resolves once all that was added is written, or could not be even now. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, limits.logBatchMax);
      const isWritten = await this.#options.log.append(batch).then(
        () => true,
        (thrown: unknown) => this.#failed(thrown, batch.length),
      );
      if (isWritten) this.#queue.splice(0, batch.length);
    }
    if (this.#dropped > 0) this.#options.writeLine(`${this.#dropped} records did not fit and were dropped`);
    this.#dropped = 0;
    this.#writing = null;
  }

  /** Waits and says that the batch is still to be written; when closing there is no more waiting. */
  async #failed(thrown: unknown, count: number): Promise<boolean> {
    const isLast = this.#closing.signal.aborted;
    this.#options.writeLine(`${count} records not written${isLast ? '' : ', trying again'}: ${messageOf(thrown)}`);
    await wait(limits.recordsRetryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    return isLast;
  }
}

/** The payload cut so that it fits a record: the later part of a long timeline, shorter messages, the first flows. */
export function fitPayload(payload: ExecutionFinished): ExecutionFinished {
  let fitted = payload;
  for (
    let keep = 128;
    keep > 0 && Buffer.byteLength(JSON.stringify(fitted)) > limits.eventPayloadBytesMax;
    keep >>= 1
  ) {
    const cut = <Value extends { readonly error: ExecutionFinished['error'] }>(value: Value): Value =>
      value.error === null
        ? value
        : { ...value, error: { ...value.error, message: value.error.message.slice(0, keep * 4) } };
    fitted = cut({
      ...payload,
      timeline: payload.timeline.slice(-keep).map(cut),
      inputs: payload.inputs.slice(0, keep),
      outputs: payload.outputs.slice(0, keep),
    });
  }
  return fitted;
}
