/** The durable, ordered record of everything that happens in the mesh. Adapters: `sqlite.ts`. */
import type { EventFilter, MeshEvent, StoredEvent } from '../core/event.ts';

export interface EventLog {
  /** What the banner and `/health` call it: `sqlite .weft/log.db`. */
  readonly location: string;

  /**
   * Stores events in the order given and resolves with their offsets once they are on disk (fsync). An id that the log
   * already holds is not stored again; its first offset is given. All or none of one call's events are stored.
   * Throws `EVENT_INVALID` or `EVENT_TOO_LARGE` before anything is stored, `STORE_UNAVAILABLE` when the queue is full
   * or the store fails.
   */
  append(events: readonly MeshEvent[]): Promise<readonly number[]>;

  /** Events that pass the filter, in the order of their offsets (or the reverse), from one bounded look at the log. */
  read(query?: LogQuery): Promise<readonly StoredEvent[]>;

  /**
   * Every event after `after` that passes the filter: those stored, then those to come, until the signal aborts. Each
   * exactly once, in order. Throws `STORE_UNAVAILABLE` when the log is closed or fails before that.
   */
  follow(query: FollowQuery, signal: AbortSignal): AsyncIterable<StoredEvent>;

  /** The largest offset stored; 0 when the log is empty. */
  end(): Promise<number>;

  /** Waits for what was accepted, then lets go of the store. Later calls throw `STORE_UNAVAILABLE`. */
  close(): Promise<void>;
}

export interface LogQuery {
  /** Only offsets larger than this. Default 0. */
  readonly after?: number;
  /** Only offsets smaller than this; the cursor of a descending read. */
  readonly before?: number;
  readonly filter?: EventFilter;
  /** At most this many; default and bound `limits.logReadMax`. */
  readonly limit?: number;
  /** Newest first. Default: oldest first. */
  readonly descending?: boolean;
}

export interface FollowQuery {
  /** Start after this offset; `end()` for new events only. */
  readonly after: number;
  readonly filter?: EventFilter;
}
