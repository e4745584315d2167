/** The SQLite log: the port's promises, and what is true of this adapter alone. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

import { isWeftError } from '../../mesh/core/error.ts';
import { openLog } from '../../mesh/events/open.ts';
import { openSqliteLog } from '../../mesh/events/sqlite.ts';
import { describeEventLog } from './contract.ts';
import { dataEvent, dataEvents } from './event.ts';

describeEventLog('SqliteLog', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-log-'));
  return {
    open: () => openSqliteLog({ path: join(folder, 'data', 'log.db') }),
    remove: () => rm(folder, { recursive: true }),
  };
});

describe('openSqliteLog()', { timeout: 60_000 }, () => {
  test('stores nothing of a commit that fails on the way, and goes on', async (t) => {
    const path = await pathFor(t);
    const log = await openSqliteLog({ path });
    const database = new DatabaseSync(path);
    try {
      database.exec(
        `CREATE TRIGGER full BEFORE INSERT ON events WHEN new.label = 'straw' BEGIN SELECT raise(ABORT, 'no room'); END`,
      );
      const calls = [log.append(dataEvents(3)), log.append([dataEvent(), dataEvent({ label: 'straw' }), dataEvent()])];
      for (const outcome of await Promise.allSettled(calls)) {
        assert.ok(outcome.status === 'rejected' && isWeftError(outcome.reason, 'STORE_UNAVAILABLE'));
        assert.equal(
          outcome.reason.message,
          `Cannot append to the log "${path}": found no room, wanted a file that can be read and written. Set that right, or choose another folder with --data.`,
        );
      }
      assert.equal(await log.end(), 0);
      assert.deepEqual(await log.append([dataEvent()]), [1]);
    } finally {
      database.close();
      await log.close();
    }
  });

  test('shows followers what another opening of the same file appends', async (t) => {
    const path = await pathFor(t);
    const ours = await openSqliteLog({ path });
    const theirs = await openSqliteLog({ path });
    try {
      const events = dataEvents(4);
      const stop = new AbortController();
      const follower = ours.follow({ after: 0 }, stop.signal)[Symbol.asyncIterator]();
      await ours.append(events.slice(0, 1));
      assert.equal((await follower.next()).value?.id, events[0]?.id);
      // Waits, and finds out by itself.
      const second = follower.next();
      await theirs.append(events.slice(1, 2));
      assert.deepEqual((await second).value, { ...events[1], offset: 2 });
      // Learns of theirs with ours.
      await theirs.append(events.slice(2, 3));
      await ours.append(events.slice(3, 4));
      assert.deepEqual((await follower.next()).value, { ...events[2], offset: 3 });
      assert.deepEqual((await follower.next()).value, { ...events[3], offset: 4 });
      stop.abort();
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  });

  test('answers every call with STORE_UNAVAILABLE when a thread dies, and none hangs', async (t) => {
    const workers: Worker[] = [];
    const notice = (worker: Worker): unknown => workers.push(worker);
    process.on('worker', notice);
    t.after(() => process.off('worker', notice));
    for (const dies of [0, 1]) {
      workers.length = 0;
      const log = await openSqliteLog({ path: await pathFor(t) });
      await log.append([dataEvent()]);
      const stop = new AbortController();
      const follower = log.follow({ after: 1 }, stop.signal)[Symbol.asyncIterator]().next();
      const calls = [log.append(dataEvents(2_000)), log.append(dataEvents(2_000)), log.read(), log.end(), follower];
      const ended = Promise.allSettled(calls);
      await workers[dies]?.terminate();
      for (const outcome of await ended) {
        // What the other thread had answered before may stand.
        if (outcome.status === 'rejected') assert.ok(isWeftError(outcome.reason, 'STORE_UNAVAILABLE'));
      }
      await assert.rejects(log.append([dataEvent()]), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
      await assert.rejects(log.end(), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
      stop.abort();
      await log.close();
    }
  });

  test('says nothing on the way', async (t) => {
    const warnings: Error[] = [];
    const notice = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', notice);
    t.after(() => process.off('warning', notice));
    const log = await openSqliteLog({ path: await pathFor(t) });
    const stop = new AbortController();
    // More followers than an event target takes listeners without a warning.
    const followers = Array.from({ length: 30 }, () => log.follow({ after: 0 }, stop.signal)[Symbol.asyncIterator]());
    const first = Promise.all(followers.map((follower) => follower.next()));
    await log.append([dataEvent()]);
    await first;
    stop.abort();
    await log.close();
    await turn();
    assert.deepEqual(warnings, []);
  });
});

describe('openLog()', () => {
  test('opens sqlite:PATH and a path alone', async (t) => {
    const path = await pathFor(t);
    for (const address of [path, `sqlite:${path}`]) {
      const log = await openLog(address);
      assert.equal(log.location, `sqlite ${path}`);
      await log.close();
    }
  });

  test('refuses an address that it does not know', async () => {
    await assert.rejects(openLog('kafka://127.0.0.1:9092'), {
      code: 'CONFIG_INVALID',
      message:
        'Cannot open the log "kafka://127.0.0.1:9092": found the scheme "kafka", wanted "sqlite:PATH" or a path.',
    });
    await assert.rejects(openLog('sqlite:'), {
      code: 'CONFIG_INVALID',
      message: 'Cannot open the log "sqlite:": found no path, wanted "sqlite:PATH" or a path.',
    });
  });
});

async function pathFor(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-log-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'log.db');
}
