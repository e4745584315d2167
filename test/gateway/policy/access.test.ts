/** Access records, gathered beside the hot path and appended to a real log. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAccessRecorder } from '../../../gateway/policy/access.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { openLog } from '../../../mesh/events/open.ts';

async function open(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'weft-access-'));
  const log = await openLog(join(folder, 'log.db'));
  context.after(async () => {
    await log.close();
    await rm(folder, { recursive: true });
  });
  return { log, recorder: createAccessRecorder(log) };
}

const ana = { ...anonymous, id: 'ana' };
const rule = { kind: 'authenticated', coordinate: 'A.b', text: '@authenticated' } as const;
const read = { name: 'Read', coordinates: ['A.a', 'Query.a'], denied: [] };
const denied = {
  name: null,
  coordinates: [],
  denied: [
    { path: ['a', 'b'], coordinate: 'A.b', rule, reason: 'r' },
    { path: ['c', 'b'], coordinate: 'A.b', rule, reason: 'r' },
  ],
};

test('equal reads are counted together, by operation, subject and purpose', async (context) => {
  const { log, recorder } = await open(context);
  for (let i = 0; i < 3; i++) recorder.record(read, ana);
  recorder.record(read, { ...ana, purpose: 'audit' });
  recorder.record(read, anonymous);
  await recorder.close();
  const events = await log.read();
  assert.deepEqual(
    events.map(({ type, subject, source, payload }) => [type, subject, source, payload['purpose'], payload['count']]),
    [
      ['weft.access.read', 'ana', 'subject:ana', null, 3],
      ['weft.access.read', 'ana', 'subject:ana', 'audit', 1],
      ['weft.access.read', null, 'subject:anonymous', null, 1],
    ],
  );
  assert.deepEqual(events[0]?.payload['coordinates'], ['A.a', 'Query.a']);
});

test('a denial is a record of its own that names the rule', async (context) => {
  const { log, recorder } = await open(context);
  recorder.record(denied, anonymous);
  await recorder.close();
  const [event, ...others] = await log.read();
  assert.equal(others.length, 0);
  assert.equal(event?.type, 'weft.access.denied');
  assert.deepEqual(event.payload, {
    operation: null,
    coordinates: ['A.b', 'A.b'],
    purpose: null,
    rule: '@authenticated',
    count: 1,
  });
});

test('records reach the log by themselves', async (context) => {
  const { log, recorder } = await open(context);
  const following = new AbortController();
  recorder.record(read, ana);
  for await (const event of log.follow({ after: 0 }, following.signal)) {
    assert.equal(event.type, 'weft.access.read');
    following.abort();
  }
  await recorder.close();
});

test('when too many different records wait, reads are left out and denials are not', async (context) => {
  const { log, recorder } = await open(context);
  for (let i = 0; i <= limits.accessRecordsMax; i++) recorder.record({ ...read }, ana);
  recorder.record(denied, ana);
  await recorder.close();
  assert.equal(await log.end(), limits.accessRecordsMax + 1);
  const [last] = await log.read({ descending: true, limit: 1 });
  assert.equal(last?.type, 'weft.access.denied');
});

test('what a stranger chose of a name cannot keep a record out of the log', async (context) => {
  const { log, recorder } = await open(context);
  recorder.record(
    { ...denied, name: 'N'.repeat(5_000) },
    { ...ana, id: `${'x'.repeat(503)}🙂${'x'.repeat(1_000)}`, purpose: 'p'.repeat(9_000) },
  );
  recorder.record({ ...read, coordinates: Array.from({ length: 5_000 }, (_, i) => `Type${i}.field`) }, ana);
  await recorder.close();
  assert.deepEqual(
    (await log.read()).map((event) => event.type),
    ['weft.access.denied', 'weft.access.read'],
  );
});
