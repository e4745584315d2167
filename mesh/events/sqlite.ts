/**
 * The log in one SQLite file, for one machine. Commits are grouped: while one is on its way to the disk, the calls that
 * come in gather, and one transaction stores them all. SQLite works in two threads of its own (`sqlite-worker.ts`).
 */
import { WeftError } from '../core/error.ts';
import { type EventFilter, type MeshEvent, type StoredEvent, matchesFilter } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import { checkEvent } from './check.ts';
import type { EventLog, FollowQuery, LogQuery } from './log.ts';
import { type Row, selectOf, toEvent, toRow } from './sqlite-row.ts';
import type { Appended, LogCalls } from './sqlite-worker.ts';
import { Tail } from './tail.ts';
import { Thread } from './thread.ts';

export interface SqliteLogOptions {
  /** The file; it and its folder are made if there is none. Beside it lie `-wal` and `-shm` while it is open. */
  readonly path: string;
}

/**
 * Opens a log file. Several processes may have it open; each follows what the others write within `limits.logPollMs`.
 * Throws `STORE_CORRUPT`, the file untouched, when it is not a log that this Weft reads; `STORE_UNAVAILABLE` when it
 * cannot be read and written.
 */
export async function openSqliteLog({ path }: SqliteLogOptions): Promise<EventLog> {
  const file = new URL('./sqlite-worker.ts', import.meta.url);
  const writer = new Thread<LogCalls>(file, `log "${path}"`);
  const reader = new Thread<LogCalls>(file, `log "${path}"`);
  try {
    const end = await writer.ask('open', { path, writes: true });
    await reader.ask('open', { path, writes: false });
    return new SqliteLog(`sqlite ${path}`, { writer, reader, end });
  } catch (error) {
    await Promise.all([writer.terminate(), reader.terminate()]);
    throw error;
  }
}

interface Threads {
  readonly writer: Thread<LogCalls>;
  readonly reader: Thread<LogCalls>;
}

/** One call of `append` that waits for its commit. */
interface Append {
  readonly rows: readonly Row[];
  readonly resolve: (offsets: readonly number[]) => void;
  readonly reject: (error: unknown) => void;
}

class SqliteLog implements EventLog {
  readonly location: string;
  readonly #threads: Threads;
  readonly #tail: Tail;
  #queue: Append[] = [];
  #queuedRows = 0;
  #committing: Promise<void> | null = null;
  /** Wakes each follower. */
  readonly #followers = new Set<() => void>();
  #poll: NodeJS.Timeout | undefined;
  #closing: Promise<void> | null = null;

  constructor(location: string, { end, ...threads }: Threads & { readonly end: number }) {
    this.location = location;
    this.#threads = threads;
    this.#tail = new Tail(end, limits.logReadMax);
  }

  async append(events: readonly MeshEvent[]): Promise<readonly number[]> {
    this.#assertOpen();
    const rows = events.map((event) => toRow(event, checkEvent(event)));
    if (rows.length === 0) return [];
    if (this.#queuedRows + rows.length > limits.logAppendQueueMax) throw this.#queueFull(rows.length);
    return new Promise((resolve, reject) => {
      this.#queue.push({ rows, resolve, reject });
      this.#queuedRows += rows.length;
      this.#committing ??= this.#commitQueue();
    });
  }

  async read(query: LogQuery = {}): Promise<readonly StoredEvent[]> {
    this.#assertOpen();
    const { rows } = await this.#threads.reader.ask('read', selectOf(query));
    return rows.map(toEvent);
  }

  async *follow({ after, filter = {} }: FollowQuery, signal: AbortSignal): AsyncGenerator<StoredEvent, void> {
    this.#assertOpen();
    let wake = (): void => {};
    const ring = (): void => wake();
    this.#enter(ring);
    signal.addEventListener('abort', ring);
    try {
      let cursor = after;
      while (!signal.aborted) {
        this.#assertOpen();
        if (cursor >= this.#tail.end) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        const look = this.#lookAtTail(cursor, filter) ?? (await this.#lookAtStore(cursor, filter));
        for (const event of look.events) {
          if (signal.aborted) return;
          yield event;
        }
        cursor = look.end;
      }
    } finally {
      signal.removeEventListener('abort', ring);
      this.#leave(ring);
    }
  }

  async end(): Promise<number> {
    this.#assertOpen();
    return this.#threads.reader.ask('end', null);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #commitQueue(): Promise<void> {
    // Calls of the same turn of the event loop belong together.
    await Promise.resolve();
    while (this.#queue.length > 0) await this.#commit(this.#takeBatch());
    this.#committing = null;
  }

  /** Whole calls, at most `limits.logBatchMax` rows together; a call that is larger goes alone. */
  #takeBatch(): readonly Append[] {
    let rows = 0;
    const surplus = this.#queue.findIndex((call, index) => {
      rows += call.rows.length;
      return index > 0 && rows > limits.logBatchMax;
    });
    const batch = this.#queue.splice(0, surplus === -1 ? this.#queue.length : surplus);
    for (const call of batch) this.#queuedRows -= call.rows.length;
    return batch;
  }

  async #commit(batch: readonly Append[]): Promise<void> {
    const rows = batch.flatMap((call) => call.rows);
    try {
      const appended = await this.#threads.writer.ask('append', rows);
      this.#announce(rows, appended);
      let taken = 0;
      for (const call of batch) call.resolve(appended.offsets.slice(taken, (taken += call.rows.length)));
    } catch (error) {
      for (const call of batch) call.reject(error);
    }
  }

  /** Tells the followers what a commit stored. */
  #announce(rows: readonly Row[], { offsets, before }: Appended): void {
    if (this.#followers.size > 0) {
      // What was there before has an offset from before; what one commit was given twice, the tail takes once.
      const pairs = rows.map((row, index) => [offsets[index] ?? 0, row] as const);
      const added = pairs.filter(([offset]) => offset > before).map(([offset, row]) => toEvent([offset, ...row]));
      this.#tail.push(added, before);
    } else {
      this.#tail.skip(offsets.reduce((end, offset) => Math.max(end, offset), before));
    }
    this.#ring();
  }

  #lookAtTail(cursor: number, filter: EventFilter): Look | null {
    const events = this.#tail.after(cursor);
    return events && { events: events.filter((event) => matchesFilter(event, filter)), end: this.#tail.end };
  }

  async #lookAtStore(cursor: number, filter: EventFilter): Promise<Look> {
    const { rows, end } = await this.#threads.reader.ask('read', selectOf({ after: cursor, filter }));
    const last = rows.at(-1)?.[0] ?? cursor;
    // A full page ends where it ends; else everything up to the end was looked at.
    return { events: rows.map(toEvent), end: rows.length < limits.logReadMax ? Math.max(last, end) : last };
  }

  #enter(ring: () => void): void {
    this.#followers.add(ring);
    this.#poll ??= setInterval(() => void this.#lookForOthers(), limits.logPollMs).unref();
  }

  #leave(ring: () => void): void {
    this.#followers.delete(ring);
    if (this.#followers.size > 0) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #ring(): void {
    for (const ring of this.#followers) ring();
  }

  /** Finds what other processes wrote, and that a thread has died: who is rung looks at both. */
  async #lookForOthers(): Promise<void> {
    const end = await this.#threads.reader.ask('end', null).catch(() => 0);
    this.#tail.skip(end);
    this.#ring();
  }

  async #close(): Promise<void> {
    this.#ring();
    await this.#committing;
    const { writer, reader } = this.#threads;
    // The writer last: it takes the write-ahead log in. If it cannot, the next one to open the file does.
    for (const thread of [reader, writer]) {
      await thread.ask('close', null).catch(() => undefined);
      await thread.terminate();
    }
  }

  #assertOpen(): void {
    if (this.#closing !== null) {
      throw new WeftError('STORE_UNAVAILABLE', {
        action: `Cannot use the log "${this.location}"`,
        found: 'that it has been closed',
        wanted: 'an open one',
      });
    }
    const { writer, reader } = this.#threads;
    const gone = writer.gone ?? reader.gone;
    if (gone !== null) throw gone;
  }

  #queueFull(rows: number): WeftError {
    return new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot append ${rows} events to the log "${this.location}"`,
      found: `${this.#queuedRows} that wait for the disk`,
      wanted: `at most ${limits.logAppendQueueMax} together`,
      fix: 'Wait for earlier calls to resolve, and append fewer at once.',
    });
  }
}

/** What one look at the log found, and up to where it looked. */
interface Look {
  readonly events: readonly StoredEvent[];
  readonly end: number;
}
