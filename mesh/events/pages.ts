/** A log from one offset to another, page by page, whatever has become of single rows: one that is no longer JSON must not hide those around it. */
import { isWeftError } from '../core/error.ts';
import type { StoredEvent } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import type { EventLog } from './log.ts';

/** Every event after an offset, up to another one; of a row that cannot be read its offset alone. */
export async function* readPages(
  log: EventLog,
  from: number,
  end: number,
): AsyncGenerator<readonly (StoredEvent | number)[], void> {
  for (let after = from; after < end;) {
    const events = await tryRead(log, after, end + 1);
    const last = Math.min(end, after + limits.logReadMax);
    yield events ?? (await readSingly(log, after, last));
    after = events === null ? last : (events.at(-1)?.offset ?? end);
  }
}

async function readSingly(log: EventLog, after: number, last: number): Promise<readonly (StoredEvent | number)[]> {
  const events: (StoredEvent | number)[] = [];
  for (let offset = after + 1; offset <= last; offset++) {
    events.push(...((await tryRead(log, offset - 1, offset + 1)) ?? [offset]));
  }
  return events;
}

/** `null` when one of the rows cannot be read. */
async function tryRead(log: EventLog, after: number, before: number): Promise<readonly StoredEvent[] | null> {
  try {
    return await log.read({ after, before });
  } catch (error) {
    if (isWeftError(error)) throw error;
    return null;
  }
}
