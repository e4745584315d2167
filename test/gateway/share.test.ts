/** Queries that are the same while one is under way: run once, and never for anybody whose answer could differ. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import type { Subgraph, SubgraphRequest } from '../../mesh/core/subgraph.ts';
import type { RecordedOperation } from '../../gateway/policy/decided.ts';
import { textOf } from '../../gateway/server/operation.ts';
import { createTestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { recorderTo } from '../support/recorder.ts';
import { federation } from '../support/subgraph.ts';

/** A subgraph that tells what it saw of a request, once it is let. */
function createMirror() {
  const requests: SubgraphRequest[] = [];
  const signals: CancelSignal[] = [];
  let open: () => void = () => {};
  let gate: Promise<void> = Promise.resolve();
  let areMutationsFree = false;
  const subgraph: Subgraph = {
    name: 'mirror',
    sdl: `${federation('@requiresScopes')}
      type Query { seen(word: String, many: [Int]): String secret: String @requiresScopes(scopes: [["secret"]]) }
      type Mutation { change: String }`,
    origin: 'mirror.graphql',
    givesBytes: true,
    async fetch(request, signal) {
      if (signal.aborted) throw new WeftError('SUBGRAPH_TIMED_OUT', { action: 'too late' });
      requests.push(request);
      signals.push(signal);
      const { subject, headers, variablesJson } = request;
      const isFree = areMutationsFree && request.operationKind === 'mutation';
      await Promise.race([
        isFree ? null : gate,
        new Promise<void>((resolve) => signal.addEventListener('abort', resolve)),
      ]);
      if (signal.aborted) throw new WeftError('SUBGRAPH_TIMED_OUT', { action: 'too late' });
      const { id, purpose, claims } = subject;
      const saw = JSON.stringify({ id, purpose, claims, headers, variables: JSON.parse(variablesJson) as unknown });
      const data = Object.fromEntries(
        [...request.query.matchAll(/\b(seen|secret|change)\b/g)].map(([, name]) => [name, saw]),
      );
      return { data };
    },
    health: async () => null,
  };
  return {
    subgraph,
    requests,
    signals,
    /** Answers wait from here until the gate is opened. */
    shut: () => void (gate = new Promise((resolve) => void (open = resolve))),
    open: () => open(),
    /** Mutations no longer wait at the gate. */
    freeMutations: () => void (areMutationsFree = true),
  };
}

function build(options: TestGatewayOptions = {}) {
  const mirror = createMirror();
  const recorded: { operation: RecordedOperation; subject: Subject }[] = [];
  const recorder = recorderTo(({ operation, subject }) => void recorded.push({ operation, subject }));
  const gateway = createTestGateway([mirror.subgraph], { recorder, ...options });
  mirror.shut();
  return { ...gateway, mirror, recorded };
}

const query = 'query Seen($word: String) { seen(word: $word) }';
const requestOf = (query: string, more: object = {}) => ({
  query,
  operationName: null,
  variables: {},
  subject: anonymous,
  headers: {},
  readOnly: false,
  ...more,
});
const never = () => new AbortController().signal;

test('a query that is the same as one under way gets its answer; both are recorded', async () => {
  const { pipeline, mirror, recorded } = build();
  const asked = [1, 2, 3].map(() => pipeline.execute(requestOf('{ seen }'), never()));
  await sleep(5);
  mirror.open();
  const [first, ...others] = await Promise.all(asked);
  assert.equal(mirror.requests.length, 1);
  assert.equal(first?.isShared, true);
  for (const other of others) assert.equal(other, first);
  assert.equal(recorded.length, 3);
  const later = await pipeline.execute(requestOf('{ seen }'), never());
  assert.equal(mirror.requests.length, 2, 'an answer that was given is not given again');
  assert.equal(later.isShared, undefined);
});

test('each query is run by itself when configuration says so', async () => {
  const { pipeline, mirror } = build({ shareRequests: false });
  const asked = [1, 2].map(() => pipeline.execute(requestOf('{ seen }'), never()));
  await sleep(5);
  mirror.open();
  const [first, second] = await Promise.all(asked);
  assert.notEqual(first, second);
  assert.equal(first?.isShared, undefined);
});

const ada = Object.freeze({ ...anonymous, id: 'ada', claims: { sub: 'ada' } });
const subjects: readonly Subject[] = [
  anonymous,
  ada,
  Object.freeze({ ...ada, purpose: 'audit' }),
  Object.freeze({ ...ada, claims: { sub: 'ada', tenant: 'a' } }),
  Object.freeze({ ...ada, scopes: ['secret'] }),
  Object.freeze({ ...ada, id: 'bob', claims: { sub: 'bob' } }),
];
const asks = fc.record({
  subject: fc.constantFrom(...subjects),
  headers: fc.constantFrom({}, { a: '1' }, { a: '2' }, { b: '1' }, { a: '1', b: '1' }, { a: '1"\n' }, { a: '' }),
  variables: fc.constantFrom(
    {},
    { word: null },
    { word: 'a' },
    { word: 'A' },
    { word: '"},{"a":"1"}' },
    { word: 'a\n{}' },
  ),
  text: fc.constantFrom(
    query,
    'query Seen($word: String) { seen(word: $word)  }',
    'query Seen($word: String) { seen(word: $word) secret }',
  ),
});

test('nothing crosses between principals, headers, purposes, variables or documents, 50 at a time', async () => {
  const { pipeline, mirror } = build();
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(asks, { minLength: 50, maxLength: 50 }), async (all) => {
      mirror.shut();
      const asked = all.map(async ({ subject, headers, variables, text }, turn) => {
        await sleep(turn % 3);
        return pipeline.execute(requestOf(text, { subject, headers, variables }), never());
      });
      setTimeout(() => mirror.open(), 6);
      const before = mirror.requests.length;
      const results = await Promise.all(asked);
      all.forEach(({ subject, headers, variables, text }, index) => {
        const result = results[index];
        assert.ok(result);
        const { data, errors } = JSON.parse(textOf(result)) as {
          data: { seen: string; secret?: string };
          errors?: unknown;
        };
        const { id, purpose, claims } = subject;
        const saw = { id, purpose, claims, headers, variables: JSON.parse(JSON.stringify(variables)) as unknown };
        assert.deepEqual(JSON.parse(data.seen), saw);
        if (!text.includes('secret')) return;
        const may = subject.scopes.includes('secret');
        assert.equal(data.secret, may ? data.seen : null);
        assert.equal(errors === undefined, may);
      });
      const runs = mirror.requests.length - before;
      const kinds = new Set(
        all.map((one) => JSON.stringify([subjects.indexOf(one.subject), one.headers, one.variables, one.text])),
      );
      assert.ok(runs >= kinds.size);
      shared += 50 - runs;
    }),
    { numRuns: 30 },
  );
  assert.ok(shared > 0, 'some were shared');
});

test('two tokens that say the same are two subjects: their answers are not one', async () => {
  const { pipeline, mirror } = build();
  const asked = [ada, { ...ada }].map((subject) => pipeline.execute(requestOf('{ seen }', { subject }), never()));
  mirror.open();
  await Promise.all(asked);
  assert.equal(mirror.requests.length, 2);
});

test('a mutation is never shared, and what is asked after it joins nothing from before', async () => {
  const { pipeline, mirror } = build();
  const changes = [1, 2].map(() => pipeline.execute(requestOf('mutation { change }'), never()));
  await sleep(5);
  assert.equal(mirror.requests.length, 2);
  mirror.open();
  mirror.shut();
  const before = pipeline.execute(requestOf('{ seen }'), never());
  await Promise.all(changes);
  const after = pipeline.execute(requestOf('{ seen }'), never());
  await sleep(5);
  mirror.open();
  assert.notEqual(await before, await after);
});

test('a call to a subgraph from before a mutation is joined by nothing from after it', async () => {
  const { pipeline, mirror } = build({ shareRequests: false });
  const before = pipeline.execute(requestOf('{ seen }'), never());
  const beside = pipeline.execute(requestOf('{ seen }'), never());
  await sleep(5);
  assert.equal(mirror.requests.length, 1, 'calls are shared');
  mirror.freeMutations();
  await pipeline.execute(requestOf('mutation { change }'), never());
  const after = pipeline.execute(requestOf('{ seen }'), never());
  await sleep(5);
  assert.equal(mirror.requests.length, 3);
  mirror.open();
  await Promise.all([before, beside, after]);
});

test('a caller that leaves does not end it for the others; the last one does', async () => {
  const { pipeline, mirror } = build();
  const callers = [1, 2, 3].map(() => new AbortController());
  const asked = callers.map(({ signal }) => pipeline.execute(requestOf('{ seen }'), signal));
  await sleep(5);
  const late = new WeftError('REQUEST_TIMED_OUT', { action: 'Cannot answer the request in time' });
  callers[0]?.abort(late);
  const first = await asked[0];
  assert.equal(first?.status, 504);
  assert.match(first?.body ?? '', /"code":"REQUEST_TIMED_OUT"/);
  assert.equal(mirror.signals[0]?.aborted, false);
  callers[2]?.abort(late);
  assert.equal(mirror.signals[0]?.aborted, false);
  callers[1]?.abort(late);
  assert.equal(mirror.signals[0]?.aborted, true);
  const next = pipeline.execute(requestOf('{ seen }'), never());
  await sleep(5);
  assert.equal(mirror.requests.length, 2, 'a run that is ended is not joined');
  assert.match((await asked[1])?.body ?? '', /SUBGRAPH_TIMED_OUT/, 'what had come of it by then');
  mirror.open();
  assert.match((await next).body, /^\{"data":\{"seen":"/);
});
