/** Worker processes that crash, loop, gorge themselves and hang: each costs its own execution, and the pool is whole again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { isWeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Outcome } from '../../mesh/runtime/execution.ts';
import { type Pool, openPool } from '../../mesh/runtime/pool.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { writeDomain, writeFolder } from './fixture.ts';

const body = `
const finish = aggregator('finish', ({ input, result }) => result.finalize(input));
const define = (name, run, more = {}) => defineProcess({ name, logics: [logic(name, run)], aggregator: finish, ...more });
const kept = [];
const processes = [
  define('echo', () => undefined),
  define('call', async ({ sql }) => { await sql.query('any'); }),
  define('pause', async ({ sql }) => { await sql.query('pause'); }),
  define('exit', () => process.exit(0)),
  define('exitLate', async ({ sql }) => { await sql.query('late'); process.exit(3); }),
  define('float', async ({ sql }) => { void sql.query('any').then(() => { throw new Error('nobody waits'); }); await sql.query('late'); }),
  define('loop', () => { for (;;); }),
  define('loopLate', async ({ sql }) => { await sql.query('late'); for (;;); }),
  define('heap', () => { for (;;) kept.push(new Array(1_000).fill({})); }),
  define('buffers', async () => { for (;;) { kept.push(Buffer.alloc(16 << 20, 1)); await new Promise(setImmediate); } }),
  define('busy', async ({ sql }) => { await sql.query('busy'); const end = Date.now() + ${limits.workerStallMs + 1_000}; while (Date.now() < end); }),
  define('hang', () => new Promise(() => undefined)),
];
`;

interface Trial {
  readonly pool: Pool;
  /** Runs a process; agent calls are answered by `answer`. */
  run(process: string, options?: RunOptions): Promise<Outcome>;
}

interface RunOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly input?: object;
  readonly isRepeatable?: boolean;
  call?(text: string): Promise<unknown>;
}

async function openTrial(t: TestContext): Promise<Trial> {
  const pool = openPool(writeDomain(t, { schema: 'type Query { a: Int }', body }));
  t.after(() => pool.close());
  await pool.manifest;
  let last = 0;
  return {
    pool,
    run(
      process,
      { timeoutMs = 20_000, signal = new AbortController().signal, input = {}, isRepeatable = true, call } = {},
    ) {
      const json = JSON.stringify({ input, subject: anonymous, variables: {}, filters: {} });
      return pool.run({
        order: { id: String((last += 1)), process, revision: 'r', timeoutMs, json },
        signal,
        isRepeatable: () => isRepeatable,
        call: async (to) => (await call?.(JSON.parse(to.json)[0])) ?? null,
        write: () => undefined,
      });
    },
  };
}

/** A promise that many wait for. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('a pool', () => {
  test('runs many executions side by side in one worker, and gives each its own answer', async (t) => {
    const { run } = await openTrial(t);
    const inputs = Array.from({ length: 200 }, (_, n) => ({ n }));
    const outcomes = await Promise.all(inputs.map((input) => run('call', { input, call: async () => null })));
    assert.deepEqual(
      outcomes.map(({ resultJson }) => resultJson),
      inputs.map((input) => JSON.stringify(input)),
    );
  });

  for (const [process, reason] of [
    ['exit', /its worker ended \(exit status 0\)/],
    ['heap', /its worker ended \(.*heap/],
    ['buffers', /its worker ended \(signal SIGKILL/],
  ] as const) {
    test(`fails "${process}" alone, and is whole again`, async (t) => {
      const { run } = await openTrial(t);
      const { status, error } = await run(process);
      assert.equal(status, 'FAILED');
      assert.equal(error?.code, 'LOGIC_FAILED');
      assert.match(error?.message ?? '', reason);
      assert.equal((await run('echo')).status, 'COMPLETE');
    });
  }

  for (const process of ['exitLate', 'float', 'loopLate']) {
    test(`finds the culprit "${process}" among many: all others are answered`, async (t) => {
      const { run } = await openTrial(t);
      const together = gate();
      let arrived = 0;
      // All are in one worker before any of them goes on.
      const call = async (): Promise<void> => {
        if ((arrived += 1) >= 10) together.open();
        await together.opened;
      };
      const culprit = run(process, { timeoutMs: 600, call });
      const others = Array.from({ length: 9 }, (_, n) => run('pause', { input: { n }, call }));
      const expected = process === 'loopLate' ? 'TIMED_OUT' : 'FAILED';
      const { status } = await culprit;
      // What floats may also end before its error does.
      assert.ok(status === expected || (process === 'float' && status === 'COMPLETE'), status);
      assert.deepEqual(
        (await Promise.all(others)).map(({ resultJson }) => resultJson),
        Array.from({ length: 9 }, (_, n) => JSON.stringify({ n })),
      );
      assert.equal((await run('echo')).status, 'COMPLETE');
    });
  }

  test('does not repeat what has changed something outside: it fails with its worker', async (t) => {
    const { run } = await openTrial(t);
    const together = gate();
    let arrived = 0;
    const call = async (): Promise<void> => {
      if ((arrived += 1) >= 2) together.open();
      await together.opened;
    };
    const culprit = run('exitLate', { call });
    const { status, error } = await run('pause', { isRepeatable: false, call });
    assert.equal(status, 'FAILED');
    assert.match(error?.message ?? '', /its worker ended/);
    assert.equal((await culprit).status, 'FAILED');
  });

  test('answers others while one execution loops, long before its time is over', async (t) => {
    const { run, pool } = await openTrial(t);
    const loop = run('loop', { timeoutMs: limits.workerStallMs * 10 });
    assert.equal((await Promise.race([loop, run('echo')])).status, 'COMPLETE');
    assert.equal((await Promise.race([loop, run('echo')])).status, 'COMPLETE');
    await pool.close();
    assert.equal((await loop).status, 'CANCELLED');
  });

  test('lets what keeps its worker busy for long finish when it is alone, and repeats it alone when it is not', async (t) => {
    const { run } = await openTrial(t);
    const together = gate();
    let arrived = 0;
    const call = async (): Promise<void> => {
      if ((arrived += 1) >= 2) together.open();
      await together.opened;
    };
    const [busy, other] = await Promise.all([run('busy', { call }), run('pause', { call })]);
    assert.deepEqual([busy.status, other.status], ['COMPLETE', 'COMPLETE']);
    assert.ok(arrived > 2, 'both ran again');
    assert.equal((await run('busy')).status, 'COMPLETE');
    assert.equal((await run('echo')).status, 'COMPLETE');
  });

  test('ends an execution whose time is over, with the logic that took it; its worker lives on', async (t) => {
    const { run } = await openTrial(t);
    const other = run('hang', { timeoutMs: 400 });
    const { status, error, timeline } = await run('hang', { timeoutMs: 50 });
    assert.equal(status, 'TIMED_OUT');
    assert.equal(error?.code, 'EXECUTION_TIMED_OUT');
    assert.deepEqual(
      timeline.map(({ logic }) => logic),
      ['hang'],
    );
    assert.deepEqual((await other).timeline.length, 1);
  });

  test('ends an endless loop when its time is over', async (t) => {
    const { run } = await openTrial(t);
    const { status, error } = await run('loop', { timeoutMs: 50 });
    assert.equal(status, 'TIMED_OUT');
    assert.equal(error?.message, 'The time of this execution is over: 50 ms.');
    assert.equal((await run('echo')).status, 'COMPLETE');
  });

  test('cancels an execution for its caller, whether it runs or waits', async (t) => {
    const { run } = await openTrial(t);
    const stop = new AbortController();
    const running = Array.from({ length: limits.workerExecutionsMax }, () => run('hang', { signal: stop.signal }));
    const waiting = run('echo', { signal: stop.signal });
    stop.abort();
    for (const { status } of await Promise.all([...running, waiting])) assert.equal(status, 'CANCELLED');
    assert.equal((await run('echo', { signal: AbortSignal.abort() })).status, 'CANCELLED');
    assert.equal((await run('echo')).status, 'COMPLETE');
  });

  test('refuses more than may wait', async (t) => {
    const { run, pool } = await openTrial(t);
    const room = limits.workerExecutionsMax + limits.executionsQueuedMax;
    const all = Array.from({ length: room }, () => run('hang'));
    assert.throws(
      () => void run('echo'),
      (thrown) => isWeftError(thrown, 'EXECUTION_OVERLOADED'),
    );
    await pool.close();
    for (const { status } of await Promise.all(all)) assert.equal(status, 'CANCELLED');
  });

  test('cancels what runs when it is closed', async (t) => {
    const { run, pool } = await openTrial(t);
    const running = run('hang');
    await pool.close();
    assert.equal((await running).status, 'CANCELLED');
    assert.equal((await run('echo')).status, 'CANCELLED');
  });
});

describe('a domain that does not load', () => {
  for (const [what, source, found] of [
    ['throws', 'throw new Error("no way");', /found Error: no way/],
    ['exits', 'process.exit(7);', /exit status 7/],
    [
      'lacks an export',
      "import { nothing } from 'node:path'; nothing();",
      /SyntaxError: The requested module 'node:path'/,
    ],
    ['does not parse', 'export default {', /SyntaxError/],
    ['exports no domain', 'export default 1;', /a default export that is no domain/],
  ] as const) {
    test(`is refused with its place when it ${what}`, async (t) => {
      const folder = writeFolder(t, { 'domain.ts': `// A line above.\n${source}\n` });
      const pool = openPool(folder);
      t.after(() => pool.close());
      await assert.rejects(pool.manifest, (thrown) => {
        assert.ok(isWeftError(thrown, 'DOMAIN_INVALID'));
        assert.match(thrown.message, found);
        assert.equal(thrown.at?.file, join(folder, 'domain.ts'));
        return true;
      });
    });
  }
});
