/**
 * The projector: follows the log and keeps a lineage store at `fold(log)`. The cursor lies in the store and moves with the
 * facts, so that each event counts once, whenever either side stops. A store that fails is waited for; nothing is lost.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, WeftError } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import type { EventLog } from '../events/log.ts';
import { fold } from './fold.ts';
import type { LineageStore } from './store.ts';

export interface ProjectorOptions {
  readonly log: EventLog;
  readonly store: LineageStore;
  /** The first wait after a failure; each further one is twice as long, up to `limits.lineageRetryMsMax`. Default `limits.lineageRetryMs`. */
  readonly retryMs?: number;
}

export interface Projector {
  /**
   * Resolves once the store holds every event up to this offset: whoever has appended may then read what it wrote.
   * Throws `STORE_UNAVAILABLE` when the projector is closed before, and the signal's reason when that aborts.
   */
  caughtUp(offset: number, signal?: AbortSignal): Promise<void>;
  status(): Promise<ProjectorStatus>;
  /** Ends after the batch in hand. Leaves log and store open. */
  close(): Promise<void>;
}

export interface ProjectorStatus {
  /** The offset the store has reached. */
  readonly cursor: number;
  /** How far the log's end is ahead, in offsets. */
  readonly lag: number;
  /** Why it waits; `null` while it does its work. */
  readonly error: string | null;
}

/** Starts to follow the log, from where the store stands. */
export function startProjector({ log, store, retryMs = limits.lineageRetryMs }: ProjectorOptions): Projector {
  const stopping = new AbortController();
  const waiting = new Set<{ readonly offset: number; readonly resolve: () => void }>();
  let cursor = 0;
  let error: string | null = null;

  const reached = (offset: number): void => {
    cursor = offset;
    error = null;
    for (const waiter of waiting) if (waiter.offset <= offset) waiter.resolve();
  };

  const follow = async (): Promise<void> => {
    reached(await startOf(log, store));
    while (!stopping.signal.aborted) {
      const events = await log.read({ after: cursor, limit: limits.lineageBatchMax });
      const last = events.at(-1);
      if (last === undefined) {
        await newEvent(log, { after: cursor, signal: stopping.signal });
      } else {
        await store.apply(events.flatMap(fold), last.offset);
        reached(last.offset);
      }
    }
  };

  const run = async (): Promise<void> => {
    for (let waitMs = retryMs; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, limits.lineageRetryMsMax)) {
      const before = cursor;
      try {
        await follow();
      } catch (caught) {
        error = messageOf(caught);
        // What went well for a while starts over with a short wait.
        if (cursor > before) waitMs = retryMs;
        await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };
  const running = run();

  return {
    async caughtUp(offset, signal) {
      if (offset <= cursor) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter = { offset, resolve };
      const ended = AbortSignal.any([stopping.signal, ...(signal ? [signal] : [])]);
      const refuse = (): void => reject(signal?.aborted ? signal.reason : closedBefore(offset));
      ended.addEventListener('abort', refuse);
      waiting.add(waiter);
      try {
        if (ended.aborted) refuse();
        await promise;
      } finally {
        waiting.delete(waiter);
        ended.removeEventListener('abort', refuse);
      }
    },
    status: async () => ({ cursor, lag: Math.max(0, (await log.end()) - cursor), error }),
    async close() {
      stopping.abort();
      await running;
    },
  };
}

/** Where to go on from. A store ahead of the log was filled from another one: it is folded anew from this. */
async function startOf(log: EventLog, store: LineageStore): Promise<number> {
  const cursor = await store.cursor();
  // Asked second: another projector may move the cursor meanwhile, but never past an end that is read later.
  if (cursor <= (await log.end())) return cursor;
  await store.clear();
  return 0;
}

/** Resolves when the log has an event after that offset, or the signal aborts. */
async function newEvent(log: EventLog, { after, signal }: { after: number; signal: AbortSignal }): Promise<void> {
  for await (const event of log.follow({ after }, signal)) {
    if (event.offset > after) return;
  }
}

function closedBefore(offset: number): WeftError {
  return new WeftError('STORE_UNAVAILABLE', {
    action: `Cannot wait for lineage up to offset ${offset}`,
    found: 'a projector that is closed',
  });
}
