/** Access records, gathered beside the hot path and appended to a real log. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RecordedRequest, createAccessRecorder } from '../../../gateway/policy/access.ts';
import type { RecordedOperation } from '../../../gateway/policy/decided.ts';
import { WeftError } from '../../../mesh/core/error.ts';
import type { Access, MeshEvent } from '../../../mesh/core/event.ts';
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
const read: RecordedOperation = { name: 'Read', coordinates: ['A.a', 'Query.a'], decided: [] };
const deny = { verdict: 'deny', coordinate: 'A.b', rule, code: 'ANONYMOUS', reason: 'r' } as const;
const denied: RecordedOperation = { name: null, coordinates: ['Query.a'], decided: [deny, deny] };
const of = (operation: RecordedOperation, more: Partial<RecordedRequest> = {}): RecordedRequest => {
  return { operation, subject: ana, revision: 'r1', requestId: 'q1', ...more };
};
const accessOf = ({ payload }: MeshEvent) => payload as unknown as Access;
const never = new AbortController().signal;

test('equal reads are counted together, by operation, subject and purpose', async (context) => {
  const { log, recorder } = await open(context);
  for (let i = 0; i < 3; i++) recorder.record(of(read, { requestId: `q${i}` }));
  recorder.record(of(read, { subject: { ...ana, purpose: 'audit' } }));
  recorder.record(of(read, { subject: anonymous }));
  await recorder.close();
  const events = await log.read();
  assert.deepEqual(
    events.map(({ type, subject, source, target, payload: { requestId, purpose, revision, count } }) => [
      [type, subject, source, target],
      [requestId, purpose, revision, count],
    ]),
    [
      [
        ['weft.access.read', 'ana', 'subject:ana', ''],
        [null, null, 'r1', 3],
      ],
      [
        ['weft.access.read', 'ana', 'subject:ana', ''],
        [null, 'audit', 'r1', 1],
      ],
      [
        ['weft.access.read', null, 'subject:anonymous', ''],
        [null, null, 'r1', 1],
      ],
    ],
  );
  assert.deepEqual(events.map((event) => accessOf(event).decisions)[0], [
    { verdict: 'allow', rule: null, ruleAt: null, code: null, reason: null, coordinates: ['A.a', 'Query.a'] },
  ]);
});

test('each request that is denied something is a record of its own that says what, and by which rule', async (context) => {
  const { log, recorder } = await open(context);
  recorder.record(of(denied, { subject: anonymous, requestId: 'q1' }));
  recorder.record(of(denied, { subject: anonymous, requestId: 'q2', rowsHidden: 4 }));
  await recorder.close();
  const events = await log.read();
  assert.deepEqual(
    events.map(({ type, target }) => [type, target]),
    [
      ['weft.access.denied', 'request:q1'],
      ['weft.access.denied', 'request:q2'],
    ],
  );
  assert.deepEqual(events[1]?.payload, {
    requestId: 'q2',
    operation: null,
    purpose: null,
    revision: 'r1',
    decisions: [
      {
        verdict: 'deny',
        code: 'ANONYMOUS',
        rule: '@authenticated',
        ruleAt: 'A.b',
        reason: 'r',
        coordinates: ['A.b'],
      },
      { verdict: 'allow', rule: null, ruleAt: null, code: null, reason: null, coordinates: ['Query.a'] },
    ],
    rowsHidden: 4,
    count: 1,
    part: 0,
    parts: 1,
  });
});

test('what is masked or filtered is recorded for each request as well', async (context) => {
  const { log, recorder } = await open(context);
  const limited = { verdict: 'mask', coordinate: 'A.b', rule, code: null, reason: null } as const;
  for (const requestId of ['q1', 'q2']) recorder.record(of({ ...read, decided: [limited] }, { requestId }));
  await recorder.close();
  assert.deepEqual(
    (await log.read()).map(({ type, payload }) => [type, payload['requestId']]),
    [
      ['weft.access.limited', 'q1'],
      ['weft.access.limited', 'q2'],
    ],
  );
});

test('records reach the log by themselves', async (context) => {
  const { log, recorder } = await open(context);
  const following = new AbortController();
  recorder.record(of(read));
  for await (const event of log.follow({ after: 0 }, following.signal)) {
    assert.equal(event.type, 'weft.access.read');
    following.abort();
  }
  await recorder.close();
});

test('when too many different records wait, reads are left out and denials are not', async (context) => {
  const { log, recorder } = await open(context);
  for (let i = 0; i <= limits.accessRecordsMax; i++) recorder.record(of({ ...read }));
  for (let i = 0; i < 3; i++) recorder.record(of(denied));
  await recorder.close();
  assert.equal(await log.end(), limits.accessRecordsMax + 3);
  assert.equal((await log.read({ filter: { types: ['weft.access.denied'] } })).length, 3);
});

test('while the log takes nothing, no denial is lost: further requests wait, and all are stored in order afterwards', async () => {
  const stored: string[] = [];
  let isDown = true;
  const failures: unknown[] = [];
  const trail = {
    async append(events: readonly MeshEvent[]) {
      if (isDown) throw new WeftError('STORE_UNAVAILABLE', { action: 'Cannot append' });
      stored.push(...events.map((event) => accessOf(event).requestId ?? ''));
    },
  };
  const recorder = createAccessRecorder(trail, { onFailure: (error) => failures.push(error) });
  for (let i = 0; i < limits.accessDecisionsMax; i++) {
    assert.equal(recorder.room(never), null);
    recorder.record(of(denied, { requestId: String(i) }));
  }
  const waiting = recorder.room(never);
  assert.ok(waiting, 'the next one waits');
  const leaving = new AbortController();
  const left = assert.rejects(async () => await recorder.room(leaving.signal), /gone/);
  leaving.abort(new Error('gone'));
  await left;
  while (failures.length === 0) await sleep(5);
  isDown = false;
  await waiting;
  await recorder.close();
  assert.deepEqual(
    stored,
    Array.from({ length: limits.accessDecisionsMax }, (_, i) => String(i)),
  );
});

test('a record that the log refuses for good does not keep the others out', async () => {
  const stored: string[] = [];
  const trail = {
    async append(events: readonly MeshEvent[]) {
      const ids = events.map((event) => accessOf(event).requestId ?? '');
      if (ids.includes('bad')) throw new WeftError('EVENT_INVALID', { action: 'Cannot append' });
      stored.push(...ids);
    },
  };
  const recorder = createAccessRecorder(trail);
  for (const requestId of ['a', 'bad', 'b']) recorder.record(of(denied, { requestId }));
  await recorder.close();
  assert.deepEqual(stored, ['a', 'b']);
});

test('an operation with more coordinates than a record holds has several, and none is left out', async (context) => {
  const { log, recorder } = await open(context);
  const coordinates = Array.from({ length: 5_000 }, (_, i) => `Type${i}.field`);
  recorder.record(of({ ...read, coordinates, decided: [deny] }));
  recorder.record(of({ ...read, coordinates }));
  await recorder.close();
  for (const type of ['weft.access.denied', 'weft.access.read']) {
    const records = (await log.read({ filter: { types: [type] } })).map(accessOf);
    assert.ok(records.length > 1);
    assert.deepEqual(
      records.map(({ part, parts }) => [part, parts]),
      records.map((_, part) => [part, records.length]),
    );
    const allowed = records.flatMap(({ decisions }) => decisions.filter(({ verdict }) => verdict === 'allow'));
    assert.deepEqual(
      allowed.flatMap((decision) => decision.coordinates),
      coordinates,
    );
  }
});

test('another policy is a record, shortened to what fits', async (context) => {
  const { log, recorder } = await open(context);
  const about = { before: 'r1', after: 'r2', isTaken: true, isWeakeningAcknowledged: true, leftOut: 0 };
  recorder.recordChange({ ...about, weakened: ['User.email: @mask(with: HASH) → nothing'], tightened: [] });
  const many = Array.from({ length: 200 }, (_, i) => `T.f${i}: ${'é€😀'.repeat(5_000)}`);
  recorder.recordChange({ ...about, weakened: many, tightened: many });
  await recorder.close();
  const [one, other] = await log.read({ filter: { types: ['weft.policy.changed'] } });
  assert.deepEqual(one?.payload['weakened'], ['User.email: @mask(with: HASH) → nothing']);
  assert.equal(other?.payload['leftOut'], 2 * (200 - limits.policyChangesMax));
});
