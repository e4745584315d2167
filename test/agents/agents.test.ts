/** The agents that need the host, called as a worker calls them, on a real log and a real lineage store. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { type Agents, openAgents } from '../../mesh/agents/agents.ts';
import type { Scope } from '../../mesh/agents/scope.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { type ErrorCode, isWeftError } from '../../mesh/core/error.ts';
import type { Json } from '../../mesh/core/json.ts';
import type { MeshAnswer, MeshRequest } from '../../mesh/core/subgraph.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openLog } from '../../mesh/events/open.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import { createScope } from './scope.ts';

interface Trial {
  readonly agents: Agents;
  readonly log: EventLog;
  readonly asked: readonly MeshRequest[];
  call(scope: Scope, name: string, ...values: Json[]): Promise<unknown>;
}

async function open(t: TestContext, answer: Partial<MeshAnswer> | Error = {}): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-agents-'));
  const log = await openLog(join(folder, 'log.db'));
  const store = await openStore(join(folder, 'lineage.db'));
  const asked: MeshRequest[] = [];
  const agents = await openAgents({
    sql: { folder, packages: folder, datasets: {} },
    mesh: {
      ask: async (request) => {
        asked.push(request);
        if (answer instanceof Error) throw answer;
        return { data: { a: 1 }, errors: [], coordinates: [], ...answer };
      },
      productsAt: (coordinate) =>
        coordinate.startsWith('A.') ? [{ kind: 'product', domain: 'other', name: 'A' }] : [],
      scopesOf: () => ['read'],
    },
    events: { log, clock: systemClock },
    platform: { log, store, domains: ['discovery'] },
  });
  t.after(async () => {
    agents.close();
    await log.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  return {
    agents,
    log,
    asked,
    call(scope, name, ...values) {
      const [agent = '', method = ''] = name.split('.');
      return agents.call(scope, { logic: 'step', agent, method, values });
    },
  };
}

const isCoded = (code: ErrorCode, found?: RegExp) => (thrown: unknown) =>
  isWeftError(thrown, code) && (found === undefined || found.test(thrown.message));

describe('events.emit()', () => {
  test('appends data events of the execution, and notes their labels', async (t) => {
    const { call, log } = await open(t);
    const scope = createScope();
    await call(scope, 'events.emit', { label: 'tree.cut', payload: { height: 3 } });
    await call(scope, 'events.emit', [
      { label: 'tree.cut', payload: {}, source: 'axe:1', target: 'tree:7', type: 'cut' },
      { label: 'tree.sold', payload: {} },
    ]);
    const events = await log.read();
    assert.deepEqual(
      events.map(({ label, type, source, target, sequence }) => [label, type, source, target, sequence]),
      [
        ['tree.cut', 'tree.cut', 'trial/probe', '', 0],
        ['tree.cut', 'cut', 'axe:1', 'tree:7', 1],
        ['tree.sold', 'tree.sold', 'trial/probe', '', 2],
      ],
    );
    assert.deepEqual(
      events.map(({ domain, process, revision, logic, executionId, payload }) => [
        domain,
        process,
        revision,
        logic,
        executionId,
        payload,
      ])[0],
      ['trial', 'probe', 'r', 'step', 'e', { height: 3 }],
    );
    assert.deepEqual(scope.outputs.all, [
      { kind: 'label', domain: 'trial', name: 'tree.cut' },
      { kind: 'label', domain: 'trial', name: 'tree.sold' },
    ]);
    assert.equal(scope.hasEffects, true);
  });

  test('stores the same key of a domain once, and that of another domain beside it', async (t) => {
    const { call, log } = await open(t);
    const event = { label: 'a', payload: {}, key: 'k' };
    await call(createScope(), 'events.emit', event);
    await call(createScope(), 'events.emit', [event, { ...event, key: 'l' }]);
    await call(createScope(undefined, 'other'), 'events.emit', event);
    const ids = (await log.read()).map(({ id }) => id);
    assert.equal(ids.length, 3);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('refuses the platform’s types, events without a label, payloads that are no objects, and stores none of a call', async (t) => {
    const { call, log } = await open(t);
    const good = { label: 'a', payload: {} };
    for (const bad of [
      { label: 'a', type: 'weft.execution.finished', payload: {} },
      { label: 'weft.a', payload: {} },
      { label: '', payload: {} },
      { label: 'a', payload: [] },
      { label: 'a' },
    ]) {
      await assert.rejects(call(createScope(), 'events.emit', [good, bad]), isCoded('EVENT_INVALID'));
    }
    await assert.rejects(
      call(createScope(), 'events.emit', { label: 'a', payload: { text: 'x'.repeat(40_000) } }),
      isCoded('EVENT_TOO_LARGE'),
    );
    assert.deepEqual(await log.read(), []);
  });
});

describe('mesh.query()', () => {
  test('asks as its domain, and notes the products that the answer came from', async (t) => {
    const { call, asked } = await open(t, { coordinates: ['Query.a', 'A.x', 'A.y'] });
    const scope = createScope();
    assert.deepEqual(await call(scope, 'mesh.query', '{ a }', { v: 1 }), { a: 1 });
    assert.deepEqual(
      asked.map(({ query, variables, subject }) => [query, variables, subject.id, subject.scopes]),
      [['{ a }', { v: 1 }, 'domain:trial', ['read']]],
    );
    assert.deepEqual(scope.inputs.all, [{ kind: 'product', domain: 'other', name: 'A' }]);
  });

  test('fails when the answer carries errors, has no data, or does not come', async (t) => {
    for (const [answer, found] of [
      [{ errors: [{ message: 'denied' }] }, /found "denied"/],
      [{ data: null }, /found "no data"/],
      [new Error('gone'), /found "gone"/],
    ] as const) {
      const { call } = await open(t, answer);
      const scope = createScope();
      await assert.rejects(call(scope, 'mesh.query', '{ a }', {}), isCoded('AGENT_FAILED', found));
      assert.deepEqual(scope.inputs.all, []);
    }
  });
});

describe('platform', () => {
  const calls = [
    ['platform.nodes', {}],
    ['platform.traverse', { from: 'domain:a', direction: 'up' }],
    ['platform.executions', {}],
    ['platform.eventsOf', { identity: 'a' }],
    ['platform.events', {}],
  ] as const;

  test('answers the platform’s own domains', async (t) => {
    const { call } = await open(t);
    const scope = createScope(undefined, 'discovery');
    const answers = await Promise.all(calls.map(([name, query]) => call(scope, name, query)));
    assert.deepEqual(answers, [[], null, [], [], []]);
  });

  test('is denied to any other', async (t) => {
    const { call } = await open(t);
    for (const [name, query] of calls)
      await assert.rejects(call(createScope(), name, query), isCoded('AGENT_DENIED', /in domain "trial"/));
  });
});

test('what is no method of an agent, or no argument of it, is refused', async (t) => {
  const { call } = await open(t);
  await assert.rejects(call(createScope(), 'sql.close'), isCoded('AGENT_DENIED'));
  await assert.rejects(call(createScope(), 'sql.query', 1), isCoded('AGENT_FAILED', /found number, wanted a string/));
  await assert.rejects(call(createScope(), 'sql.query', 'select 1', [1]), isCoded('AGENT_FAILED', /wanted an object/));
});
