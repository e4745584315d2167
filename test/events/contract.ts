/** What every adapter of the log promises: the tests that each of them passes. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import fc from 'fast-check';

import { isWeftError } from '../../mesh/core/error.ts';
import { type MeshEvent, type StoredEvent, matchesFilter } from '../../mesh/core/event.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { EventLog, FollowQuery } from '../../mesh/events/log.ts';
import { dataEvent, dataEvents } from './event.ts';
import { oracle, queries, stored, variedEvents } from './varied.ts';

/** An empty place for a log. */
export interface LogPlace {
  /** Opens the log that is there, each time anew. */
  open(): Promise<EventLog>;
  remove(): Promise<void>;
}

/** Tests an adapter against the port's promises. */
export function describeEventLog(name: string, createPlace: () => Promise<LogPlace>): void {
  // A follower that misses an event waits for ever.
  describe(name, { timeout: 60_000 }, () => {
    describeAppend(createPlace);
    describeRead(createPlace);
    describeFollow(createPlace);
    describeClose(createPlace);
  });
}

/** A new log for each test of the suite it is called in. */
function eachLog(createPlace: () => Promise<LogPlace>): { readonly place: LogPlace; readonly log: EventLog } {
  const at = {} as { place: LogPlace; log: EventLog };
  beforeEach(async () => {
    at.place = await createPlace();
    at.log = await at.place.open();
  });
  afterEach(async () => {
    await at.log.close();
    await at.place.remove();
  });
  return at;
}

function describeAppend(createPlace: () => Promise<LogPlace>): void {
  describe('append()', () => {
    const at = eachLog(createPlace);

    test('gives each event the next offset, from 1', async () => {
      assert.equal(await at.log.end(), 0);
      assert.deepEqual(await at.log.append(dataEvents(3)), [1, 2, 3]);
      assert.deepEqual(await at.log.append(dataEvents(2)), [4, 5]);
      assert.equal(await at.log.end(), 5);
    });

    test('takes no events for an answer', async () => {
      assert.deepEqual(await at.log.append([]), []);
      assert.equal(await at.log.end(), 0);
    });

    test('acknowledges when whoever else opens the log finds the event', async () => {
      const event = dataEvent();
      await at.log.append([event]);
      const other = await at.place.open();
      try {
        assert.deepEqual(await other.read(), [{ ...event, offset: 1 }]);
      } finally {
        await other.close();
      }
    });

    test('keeps every attribute as it was, whatever the text', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 40 });
      const named = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
      const maybe = fc.option(text);
      const events = fc.record<MeshEvent>({
        id: fc.uuid(),
        time: fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
          .map((d) => d.toISOString()),
        type: named,
        label: named,
        source: named,
        target: text,
        domain: named,
        product: maybe,
        process: maybe,
        revision: maybe,
        logic: maybe,
        executionId: maybe,
        sequence: fc.option(fc.maxSafeNat()),
        subject: maybe,
        classification: fc.array(text, { maxLength: 3 }),
        traceparent: maybe,
        payload: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })).map((value) => reparsed(value)),
      });
      await fc.assert(
        fc.asyncProperty(events, async (event) => {
          const [offset = 0] = await at.log.append([event]);
          assert.deepEqual(await at.log.read({ after: offset - 1, limit: 1 }), [{ ...event, offset }]);
        }),
        { numRuns: 50 },
      );
    });

    test('keeps what it was given when the caller changes it afterwards', async () => {
      const payload = { number: 1 };
      const appended = at.log.append([dataEvent({ payload })]);
      payload.number = 2;
      await appended;
      assert.deepEqual((await at.log.read())[0]?.payload, { number: 1 });
    });

    test('stores an id once and answers with its first offset', async () => {
      const [first, second, third] = dataEvents(3) as [MeshEvent, MeshEvent, MeshEvent];
      assert.deepEqual(await at.log.append([first, second]), [1, 2]);
      assert.deepEqual(await at.log.append([second, third, third, { ...first, label: 'other' }]), [2, 3, 3, 1]);
      assert.deepEqual(await at.log.read(), stored([first, second, third]));
      assert.deepEqual(await Promise.all([at.log.append([first]), at.log.append([third])]), [[1], [3]]);
    });

    test('keeps the order of calls that run at the same time', async () => {
      const calls = Array.from({ length: 300 }, (_, index) => dataEvents((index % 4) + 1));
      const offsets = await Promise.all(calls.map((events) => at.log.append(events)));
      const all = calls.flat();
      assert.deepEqual(
        offsets.flat(),
        all.map((_, index) => index + 1),
      );
      assert.deepEqual(await at.log.read(), stored(all).slice(0, limits.logReadMax));
    });

    test('stores a call that is larger than a batch', async () => {
      const events = dataEvents(limits.logBatchMax + 1);
      const offsets = await Promise.all([at.log.append(dataEvents(1)), at.log.append(events)]);
      assert.deepEqual(
        offsets.map((list) => list.length),
        [1, events.length],
      );
      assert.equal(await at.log.end(), events.length + 1);
    });

    test('refuses a call with a bad event and stores none of it', async () => {
      const bad = [
        dataEvent({ id: 'seventeen' }),
        dataEvent({ payload: { text: 'x'.repeat(limits.eventPayloadBytesMax) } }),
      ];
      const good = at.log.append([dataEvent()]);
      await assert.rejects(at.log.append([dataEvent(), bad[0] ?? dataEvent()]), withCode('EVENT_INVALID'));
      await assert.rejects(at.log.append([dataEvent(), bad[1] ?? dataEvent()]), withCode('EVENT_TOO_LARGE'));
      await good;
      assert.equal(await at.log.end(), 1);
      assert.deepEqual(await at.log.append([dataEvent()]), [2]);
    });

    test('refuses what does not fit into the queue, and has room again later', async () => {
      const event = dataEvent();
      const many = Array.from({ length: limits.logAppendQueueMax }, () => event);
      const accepted = at.log.append(many);
      await assert.rejects(at.log.append([dataEvent()]), withCode('STORE_UNAVAILABLE'));
      await accepted;
      assert.deepEqual(await at.log.append([dataEvent()]), [2]);
    });
  });
}

function describeRead(createPlace: () => Promise<LogPlace>): void {
  describe('read()', () => {
    let place: LogPlace;
    let log: EventLog;
    const events = variedEvents(120);
    before(async () => {
      place = await createPlace();
      log = await place.open();
      await log.append(events);
    });
    after(async () => {
      await log.close();
      await place.remove();
    });

    test('pages forward without gap or duplicate', async () => {
      const pages: StoredEvent[] = [];
      for (let page = await log.read({ limit: 7 }); page.length > 0;) {
        pages.push(...page);
        page = await log.read({ limit: 7, after: page.at(-1)?.offset ?? 0 });
      }
      assert.deepEqual(pages, stored(events));
    });

    test('pages backward without gap or duplicate', async () => {
      const pages: StoredEvent[] = [];
      for (let page = await log.read({ limit: 7, descending: true }); page.length > 0;) {
        pages.push(...page);
        page = await log.read({ limit: 7, descending: true, before: page.at(-1)?.offset ?? 0 });
      }
      assert.deepEqual(pages, stored(events).toReversed());
    });

    test('finds exactly what matchesFilter() lets through', async () => {
      await fc.assert(
        fc.asyncProperty(queries(events), async (query) => {
          assert.deepEqual(await log.read(query), oracle(events, query));
        }),
        { numRuns: 600 },
      );
    });

    test('takes a filter with more values than a database binds', async () => {
      const sources = [...Array.from({ length: 40_000 }, (_, number) => `nobody:${number}`), 'é"\'%'];
      assert.deepEqual(await log.read({ filter: { sources } }), oracle(events, { filter: { sources } }));
    });

    test('gives at most limits.logReadMax events', async () => {
      await log.append(dataEvents(limits.logReadMax, { label: 'many' }));
      assert.equal((await log.read()).length, limits.logReadMax);
      assert.equal((await log.read({ limit: limits.logReadMax + 1 })).length, limits.logReadMax);
      assert.equal((await log.read({ limit: 0 })).length, 0);
    });
  });
}

function describeFollow(createPlace: () => Promise<LogPlace>): void {
  describe('follow()', () => {
    const at = eachLog(createPlace);

    test('gives the stored ones and then those to come, each once, in order, to each follower', async () => {
      const past = variedEvents(limits.logReadMax + 200);
      await at.log.append(past);
      const live = variedEvents(3_000);
      const all = stored([...past, ...live]);
      const follows: readonly FollowQuery[] = [
        { after: 0 },
        { after: 0, filter: { labels: ['a', 'b'] } },
        { after: 900, filter: { domains: ['a'], types: ['b', 'c'] } },
        { after: past.length },
        { after: past.length + 1_000, filter: { since: '2026-01-03' } },
      ];
      const wanted = follows.map(({ after, filter = {} }) =>
        all.filter((event) => event.offset > after && matchesFilter(event, filter)),
      );
      const taken = follows.map((query, index) => take(at.log, query, wanted[index]?.length ?? 0));
      for (let index = 0; index < live.length; index += 15) {
        // Five calls at a time, and commits while the followers are at it.
        const calls = [0, 3, 6, 9, 12].map((from) => at.log.append(live.slice(index + from, index + from + 3)));
        if (index % 2 === 0) await Promise.all(calls);
      }
      assert.deepEqual(await Promise.all(taken), wanted);
    });

    test('gives a follower that was away for long all that it missed', async () => {
      const stop = new AbortController();
      const follower = at.log.follow({ after: 0 }, stop.signal)[Symbol.asyncIterator]();
      await at.log.append(dataEvents(1));
      assert.equal((await follower.next()).value?.offset, 1);
      for (let round = 0; round < 5; round++) await at.log.append(dataEvents(limits.logReadMax));
      for (let offset = 2; offset <= 5 * limits.logReadMax + 1; offset++) {
        assert.equal((await follower.next()).value?.offset, offset);
      }
      stop.abort();
      assert.deepEqual(await follower.next(), { done: true, value: undefined });
    });

    test('gives nothing twice when an id is appended again', async () => {
      const [first, second, third] = dataEvents(3) as [MeshEvent, MeshEvent, MeshEvent];
      await at.log.append([first]);
      const taken = take(at.log, { after: 0 }, 3);
      await turn();
      await at.log.append([first, first]);
      await at.log.append([first, second, second, third]);
      assert.deepEqual(await taken, stored([first, second, third]));
    });

    test('starts with new events at end()', async () => {
      await at.log.append(dataEvents(3));
      const taken = take(at.log, { after: await at.log.end() }, 1);
      await at.log.append([dataEvent({ label: 'new' })]);
      assert.deepEqual(
        (await taken).map((event) => event.label),
        ['new'],
      );
    });

    test('ends when the signal aborts while it waits', async () => {
      const stop = new AbortController();
      const next = at.log.follow({ after: 0 }, stop.signal)[Symbol.asyncIterator]().next();
      await turn();
      stop.abort();
      assert.deepEqual(await next, { done: true, value: undefined });
    });

    test('ends when the signal aborts between two events', async () => {
      await at.log.append(dataEvents(3));
      const stop = new AbortController();
      const seen: number[] = [];
      for await (const event of at.log.follow({ after: 0 }, stop.signal)) {
        seen.push(event.offset);
        if (event.offset === 2) stop.abort();
      }
      assert.deepEqual(seen, [1, 2]);
    });

    test('ends at once with a signal that has aborted', async () => {
      await at.log.append(dataEvents(1));
      for await (const event of at.log.follow({ after: 0 }, AbortSignal.abort())) assert.fail(`offset ${event.offset}`);
    });

    test('throws STORE_UNAVAILABLE when the log is closed', async () => {
      const next = at.log.follow({ after: 0 }, new AbortController().signal)[Symbol.asyncIterator]().next();
      await turn();
      await Promise.all([assert.rejects(next, withCode('STORE_UNAVAILABLE')), at.log.close()]);
    });
  });
}

function describeClose(createPlace: () => Promise<LogPlace>): void {
  describe('close()', () => {
    const at = eachLog(createPlace);

    test('waits for what was accepted', async () => {
      const calls = Array.from({ length: 50 }, () => at.log.append(dataEvents(100)));
      await at.log.close();
      assert.equal((await Promise.all(calls)).flat().length, 5_000);
      const again = await at.place.open();
      assert.equal(await again.end(), 5_000);
      assert.deepEqual(await again.append(dataEvents(1)), [5_001]);
      await again.close();
    });

    test('makes later calls throw STORE_UNAVAILABLE, but for close()', async () => {
      await at.log.close();
      const closed = withCode('STORE_UNAVAILABLE');
      await assert.rejects(at.log.append([dataEvent()]), closed);
      await assert.rejects(at.log.append([]), closed);
      await assert.rejects(at.log.read(), closed);
      await assert.rejects(at.log.end(), closed);
      await assert.rejects(take(at.log, { after: 0 }, 1), closed);
      await at.log.close();
    });
  });
}

function withCode(code: Parameters<typeof isWeftError>[1]): (error: unknown) => boolean {
  return (error) => isWeftError(error, code);
}

/** The first events of a follower. */
async function take(log: EventLog, query: FollowQuery, count: number): Promise<readonly StoredEvent[]> {
  const stop = new AbortController();
  const taken: StoredEvent[] = [];
  for await (const event of log.follow(query, stop.signal)) {
    taken.push(event);
    if (taken.length === count) stop.abort();
  }
  return taken;
}

/** A value as JSON knows it: without -0 and its like. */
function reparsed(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
