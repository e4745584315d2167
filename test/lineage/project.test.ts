/** The projector between a real log and real stores: whatever stops in between, the store ends at `fold(log)`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isWeftError, WeftError } from '../../mesh/core/error.ts';
import type { MeshEvent } from '../../mesh/core/event.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openSqliteLog } from '../../mesh/events/sqlite.ts';
import { fold } from '../../mesh/lineage/fold.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import { type Projector, startProjector } from '../../mesh/lineage/project.ts';
import { rebuild } from '../../mesh/lineage/rebuild.ts';
import type { LineageStore } from '../../mesh/lineage/store.ts';
import { eventAt, finished, productFlow, recordAt } from './build.ts';
import { graphOf } from './oracle.ts';

describe('startProjector()', () => {
  let folder: string;
  let log: EventLog;
  let store: LineageStore;
  const started: Projector[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weft-project-'));
    log = await openSqliteLog({ path: join(folder, 'log.db') });
    store = await openStore(join(folder, 'lineage.db'));
  });
  afterEach(async () => {
    for (const projector of started.splice(0)) await projector.close();
    await Promise.all([log.close(), store.close()]);
    await rm(folder, { recursive: true });
  });

  const start = (to: LineageStore = store): Projector => {
    const projector = startProjector({ log, store: to, retryMs: 5 });
    started.push(projector);
    return projector;
  };
  const append = async (from: number, to: number): Promise<number> => {
    const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const offsets = await log.append(numbers.map(happening));
    return offsets.at(-1) ?? 0;
  };
  const assertFolded = async (): Promise<void> => {
    const facts = (await log.read()).flatMap(fold);
    assert.deepEqual(await store.dump(), graphOf(facts));
    const executions = facts.flatMap((fact) => (fact.fact === 'execution' ? [fact.execution] : []));
    assert.deepEqual(await store.executions({}), executions.toReversed());
    assert.equal(await store.cursor(), await log.end());
  };

  it('folds what the log holds and then what it is told', async () => {
    await append(1, 40);
    const projector = start();
    await projector.caughtUp(await log.end());
    await assertFolded();
    await projector.caughtUp(await append(41, 45));
    await assertFolded();
  });

  it('caughtUp() lets whoever appended read what it wrote', async () => {
    const projector = start();
    for (let n = 1; n <= 20; n++) {
      const offset = await append(n, n);
      await projector.caughtUp(offset);
      assert.ok((await store.cursor()) >= offset);
    }
  });

  it('goes on where an earlier one stopped, in the middle of the log', async () => {
    await append(1, 30);
    const first = start();
    await first.caughtUp(10);
    await first.close();
    await append(31, 60);
    await start().caughtUp(await log.end());
    await assertFolded();
  });

  it('waits for a store that is down, says why, and loses nothing', async () => {
    const failing = failingStore(store);
    const projector = start(failing.store);
    await projector.caughtUp(await append(1, 10));
    failing.down = true;
    const offset = await append(11, 20);
    await until(async () => (await projector.status()).error !== null);
    const { cursor, lag, error } = await projector.status();
    assert.deepEqual([cursor, lag, error], [10, 10, 'Cannot reach the store.']);
    failing.down = false;
    await projector.caughtUp(offset);
    assert.deepEqual(await projector.status(), { cursor: 20, lag: 0, error: null });
    await assertFolded();
  });

  it('counts no event twice when the store commits and then fails', async () => {
    const failing = failingStore(store);
    const projector = start(failing.store);
    failing.forgetful = true;
    const offset = await append(1, 10);
    await until(async () => failing.forgotten > 0);
    failing.forgetful = false;
    await projector.caughtUp(offset);
    await assertFolded();
  });

  it('ends in the same place when two work on one store', async () => {
    await append(1, 50);
    const both = [start(), start()];
    const offset = await append(51, 100);
    for (const projector of both) await projector.caughtUp(offset);
    await assertFolded();
  });

  it('folds the log anew into a store that is ahead of it, filled from another log', async () => {
    await store.apply(fold(eventAt(1, { domain: 'elsewhere' })), 1_000);
    await start().caughtUp(await append(1, 5));
    await assertFolded();
  });

  it('caughtUp() ends with the signal, and with STORE_UNAVAILABLE when the projector closes', async () => {
    const projector = start();
    const impatient = new AbortController();
    const given = projector.caughtUp(99, impatient.signal);
    impatient.abort(new Error('enough'));
    await assert.rejects(given, /^Error: enough$/);
    const waiting = assert.rejects(projector.caughtUp(99), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
    await projector.close();
    await waiting;
    await assert.rejects(projector.caughtUp(99), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
  });

  it('close() does not wait for the next try', async () => {
    const failing = failingStore(store);
    failing.down = true;
    await append(1, 1);
    const projector = startProjector({ log, store: failing.store, retryMs: 60_000 });
    await until(async () => (await projector.status()).error !== null);
    await projector.close();
  });

  it('rebuild() empties a store and folds the whole log into it', async () => {
    await append(1, 20);
    await store.apply(fold(eventAt(1, { domain: 'elsewhere' })), 1);
    await rebuild({ log, store });
    await assertFolded();
  });
});

/** The n-th thing that happens in a small mesh: deployments, runs and data events in turn. */
function happening(n: number): MeshEvent {
  const product = `p${n % 3}`;
  const happenings = [
    recordAt(n, 'weft.product.deployed', {
      payload: {
        name: product,
        coordinate: `Query.${product}`,
        owner: 'ops',
        description: `Revision ${n}`,
        status: 'ACTIVE',
        freshness: null,
        availability: null,
        process: 'summarise',
        labels: [`l${n % 4}`],
        derivedFrom: [`flights/p${(n + 1) % 3}`],
        fields: [],
      },
    }),
    recordAt(n, 'weft.execution.finished', {
      process: 'summarise',
      executionId: `x${n}`,
      payload: finished({ inputs: [productFlow('airports', 'Airport')], outputs: [productFlow('flights', product)] }),
    }),
    eventAt(n),
  ];
  const { offset: _, ...event } = happenings[n % happenings.length] ?? eventAt(n);
  return event;
}

/** A store whose writes fail while it is `down`, or are done and then fail while it is `forgetful`. */
function failingStore(store: LineageStore) {
  const unreachable = () => new WeftError('STORE_UNAVAILABLE', { action: 'Cannot reach the store' });
  const failing = {
    down: false,
    forgetful: false,
    forgotten: 0,
    store: {
      ...store,
      apply: async (...given: Parameters<LineageStore['apply']>) => {
        if (failing.down) throw unreachable();
        await store.apply(...given);
        if (!failing.forgetful) return;
        failing.forgotten++;
        throw unreachable();
      },
    } satisfies LineageStore,
  };
  return failing;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(1);
}
