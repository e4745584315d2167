/** Records behind everybody's back: written in order, kept while the log is down, and given up when nothing else is left. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { systemClock } from '../../mesh/core/clock.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { ExecutionFinished, MeshEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import { limits } from '../../mesh/core/limits.ts';
import { openLog } from '../../mesh/events/open.ts';
import { Recorder, fitPayload } from '../../mesh/runtime/record.ts';
import { temporaryFolder } from './fixture.ts';

function record(n: number): MeshEvent {
  return {
    id: createId(),
    time: new Date(systemClock.now()).toISOString(),
    type: 'weft.execution.finished',
    label: 'weft.execution.finished',
    source: 'a/b',
    target: '',
    domain: 'a',
    product: null,
    process: 'b',
    revision: null,
    logic: null,
    executionId: null,
    sequence: null,
    subject: null,
    classification: [],
    traceparent: null,
    payload: { n },
  };
}

async function open(t: TestContext) {
  const log = await openLog(join(temporaryFolder(t), 'log.db'));
  t.after(() => log.close());
  const lines: string[] = [];
  return { log, lines, writeLine: (line: string) => void lines.push(line) };
}

describe('a recorder', () => {
  test('writes everything that was added before it is closed, in order', async (t) => {
    const { log, lines, writeLine } = await open(t);
    const recorder = new Recorder({ log, writeLine });
    const numbers = Array.from({ length: 3_000 }, (_, n) => n);
    for (const n of numbers) recorder.add(record(n));
    await recorder.close();
    const pages = await Promise.all([0, 1_000, 2_000].map((after) => log.read({ after })));
    assert.deepEqual(
      pages.flat().map(({ payload }) => payload['n']),
      numbers,
    );
    assert.deepEqual(lines, []);
  });

  test('tries again while the log is down', async (t) => {
    const { log, lines, writeLine } = await open(t);
    let isDown = true;
    const shaky = {
      ...log,
      append: async (events: readonly MeshEvent[]) => {
        if (!isDown) return log.append(events);
        isDown = false;
        throw new WeftError('STORE_UNAVAILABLE', { action: 'Cannot append' });
      },
    };
    const recorder = new Recorder({ log: shaky, writeLine });
    recorder.add(record(1));
    await new Promise(setImmediate);
    recorder.add(record(2));
    await recorder.close();
    assert.deepEqual(
      (await log.read()).map(({ payload }) => payload['n']),
      [1, 2],
    );
    assert.deepEqual(lines, ['1 records not written, trying again: Cannot append.']);
  });

  test('gives up when it is closed while the log is gone, and says so', async (t) => {
    const { log, lines, writeLine } = await open(t);
    await log.close();
    const recorder = new Recorder({ log, writeLine });
    recorder.add(record(1));
    await recorder.close();
    assert.match(lines.at(-1) ?? '', /^1 records not written: /);
  });

  test('drops what does not fit, and says how many', async (t) => {
    const { log, lines, writeLine } = await open(t);
    const recorder = new Recorder({ log, writeLine });
    for (let n = 0; n < limits.recordsQueuedMax + 5; n++) recorder.add(record(n));
    await recorder.close();
    assert.deepEqual(lines, ['5 records did not fit and were dropped']);
    assert.equal(await log.end(), limits.recordsQueuedMax);
  });
});

test('fitPayload() leaves alone what fits, and cuts messages, timeline and flows of what does not', () => {
  const small: ExecutionFinished = {
    trigger: 'query',
    from: 'Query.a',
    status: 'FAILED',
    startedAt: '',
    durationMs: 1,
    timeline: [],
    error: { code: 'LOGIC_FAILED', message: 'x' },
    inputs: [],
    outputs: [],
  };
  assert.equal(fitPayload(small), small);
  const flow = { kind: 'product', domain: 'd'.repeat(500), name: 'n'.repeat(500) } as const;
  const fitted = fitPayload({
    ...small,
    inputs: Array.from({ length: 1_000 }, () => flow),
    error: { code: 'LOGIC_FAILED', message: '\u0001'.repeat(8_000) },
  });
  assert.ok(Buffer.byteLength(JSON.stringify(fitted)) <= limits.eventPayloadBytesMax);
  assert.ok(fitted.inputs.length > 0 && (fitted.error?.message.length ?? 0) > 0);
});
