/** Attacks on the catalogue, the lineage and the log of the mesh: what they tell names nothing that introspection hides. */
import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlatform } from '../../mesh/agents/platform.ts';
import type { StoredEvent } from '../../mesh/core/event.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { openLog } from '../../mesh/events/open.ts';
import { fold } from '../../mesh/lineage/fold.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import { createScope } from '../agents/scope.ts';
import { eventAt, finished, productFlow, recordAt } from '../lineage/build.ts';
import { assertUntold, insider, openIntrospected, stranger } from './introspection-house.ts';

const domain = 'people';
const product = (name: string, coordinate: string, more: object = {}) => ({
  payload: {
    name,
    coordinate,
    owner: 'hr',
    description: 'People.',
    status: 'ACTIVE',
    freshness: null,
    availability: null,
    process: name,
    labels: [],
    derivedFrom: [],
    fields: [],
    ...more,
  },
  domain,
});
const processOf = (name: string, answers: readonly string[], labels: readonly string[] = []) => ({
  payload: { name, revision: 'r', logics: [], aggregator: 'a', answers, labels, schedule: null },
  domain,
});
const run = (process: string, parts: Parameters<typeof finished>[0]) => ({
  payload: finished(parts),
  domain,
  process,
  executionId: `x-${process}`,
  revision: 'r',
});
const dataset = (name: string) => ({ kind: 'dataset', namespace: 'file', name }) as const;
const decision = {
  verdict: 'deny',
  rule: '@requiresScopes(scopes: [["all"]])',
  ruleAt: 'CanarySpy',
  code: 'SCOPE_MISSING',
  reason: 'ask the owner of CanarySpy',
  coordinates: ['CanarySpy', 'Color.CANARY_RED', 'Person.name'],
} as const;
const rows = {
  ...decision,
  verdict: 'filter',
  rule: '@rows(where: "object.canaryPay < 3")',
  coordinates: ['Person'],
} as const;
const accessBy = (subject: string) => ({
  payload: {
    requestId: null,
    operation: null,
    purpose: null,
    revision: 'r',
    decisions: [decision, rows, { ...decision, coordinates: ['CanarySpy.cover'] }],
    rowsHidden: 3,
    count: 1,
    part: 0,
    parts: 1,
  },
  domain: 'gateway',
  subject,
});

const history: readonly StoredEvent[] = [
  recordAt(1, 'weft.process.deployed', processOf('people', ['Query.people'])),
  recordAt(2, 'weft.process.deployed', processOf('canaryVault', ['Query.canaryVault'], ['canary.opened'])),
  recordAt(
    3,
    'weft.product.deployed',
    product('people', 'Query.people', {
      fields: ['name: String', 'canaryPay: Int', 'canaryBoss: Person'],
      derivedFrom: ['people/canaryVault', 'people/named'],
    }),
  ),
  recordAt(4, 'weft.product.deployed', product('canaryVault', 'Query.canaryVault', { labels: ['canary.alarm'] })),
  recordAt(5, 'weft.product.deployed', product('named', 'Query.named', { derivedFrom: ['people/canaryVault'] })),
  recordAt(6, 'weft.product.deployed', product('spies', 'CanarySpy')),
  recordAt(
    7,
    'weft.execution.finished',
    run('people', {
      from: 'Query.people',
      inputs: [productFlow('people', 'canaryVault'), dataset('people.csv')],
      outputs: [productFlow('people', 'people')],
      error: { code: 'AGENT_FAILED', message: 'Not allowed to read Person.canaryPay' },
    }),
  ),
  recordAt(
    8,
    'weft.execution.finished',
    run('canaryVault', {
      from: 'Query.canaryVault',
      inputs: [dataset('canary.csv')],
      outputs: [productFlow('people', 'canaryVault')],
    }),
  ),
  eventAt(9, { domain, label: 'canary.alarm', type: 'canary.alarm', source: 'vault:1' }),
  eventAt(10, {
    domain,
    label: 'arrived',
    type: 'arrived',
    source: 'person:1',
    payload: { name: 'Ada', canaryPay: 7, job: { title: 'count', canaryGrade: 3 }, canaryExtra: 1 },
  }),
  eventAt(11, { domain, label: 'inner', type: 'inner', source: 'person:1', payload: { canaryPay: 7 } }),
  recordAt(12, 'weft.access.read', accessBy('insider')),
  recordAt(13, 'weft.access.denied', accessBy('stranger')),
  eventAt(14, { domain, label: 'canary.opened', type: 'canary.opened', process: 'canaryVault' }),
];
const places = new Map([
  ['label:people/canary.alarm', ['Subscription.canaryAlarm']],
  ['label:people/arrived', ['Subscription.arrived']],
  ['process:people/people', ['Query.people']],
  ['process:people/named', ['Query.named']],
  ['process:people/canaryVault', ['Query.canaryVault']],
  ['product:people/people', ['Query.people']],
  ['product:people/named', ['Query.named']],
  ['product:people/canaryVault', ['Query.canaryVault']],
]);

async function open(t: TestContext, options: Parameters<typeof openIntrospected>[0] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weft-told-'));
  const [log, store] = [await openLog(join(folder, 'log.db')), await openStore(join(folder, 'lineage.db'))];
  t.after(async () => {
    await log.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  await log.append(history);
  await store.apply(history.flatMap(fold), history.length);
  const { pipeline } = openIntrospected(options);
  const parts = { log, store, domains: ['discovery'], placesOf: (node: string) => places.get(node) ?? null };
  return {
    platform: createPlatform({ ...parts, sightOf: pipeline.sightOf }),
    unsighted: createPlatform(parts),
    as: (subject: Subject) => ({ ...createScope(undefined, 'discovery'), subject }),
  };
}

const namesOf = (nodes: readonly { readonly name: string }[]) => nodes.map(({ name }) => name);

describe('the catalogue', () => {
  test('lists what a subject sees, without what it does not see of it', async (t) => {
    const { platform, as } = await open(t);
    const nodes = await platform.nodes(as(stranger), { kinds: ['product'] });
    assertUntold(JSON.stringify(nodes));
    assert.deepEqual(namesOf(nodes), ['named', 'people']);
    assert.deepEqual(nodes[1]?.properties['fields'], ['name: String']);
    assert.match(JSON.stringify(await platform.nodes(as(insider), { kinds: ['product'] })), /canaryPay/);
  });

  test('cannot be searched for what is hidden, neither by its name nor by a part of it', async (t) => {
    const { platform, as } = await open(t);
    for (const text of ['canary', 'pay', 'canaryPay: Int', 'vault', 'CanarySpy', 'boss people'])
      assert.deepEqual(await platform.nodes(as(stranger), { kinds: ['product'], text }), [], text);
    assert.equal((await platform.nodes(as(stranger), { text: 'NAME: string', kinds: ['product'] })).length, 1);
  });

  test('counts as many as are seen: a page is not short for what is hidden', async (t) => {
    const { platform, as } = await open(t);
    assert.deepEqual(namesOf(await platform.nodes(as(stranger), { kinds: ['product'], limit: 1 })), ['named']);
    assert.equal((await platform.nodes(as(stranger), { kinds: ['product'], limit: 2 })).length, 2);
  });

  test('knows no processes and labels of what is hidden', async (t) => {
    const { platform, as } = await open(t);
    assertUntold(JSON.stringify((await platform.nodes(as(stranger), {})).filter(({ kind }) => kind !== 'dataset')));
  });

  test('shows nothing to anybody where nobody says who sees what', async (t) => {
    const { unsighted, as } = await open(t);
    assert.deepEqual(await unsighted.nodes(as(insider), { kinds: ['product'] }), []);
    assert.equal(await unsighted.traverse(as(insider), { from: 'product:people/people', direction: 'up' }), null);
    assert.deepEqual(await unsighted.executions(as(insider), {}), []);
  });
});

describe('the lineage', () => {
  test('leads around what is hidden, to nothing that is reached by it alone', async (t) => {
    const { platform, as } = await open(t);
    for (const [from, direction] of [
      ['product:people/people', 'up'],
      ['product:people/named', 'up'],
      ['product:people/named', 'down'],
      ['dataset:file/people.csv', 'down'],
    ] as const) {
      const lineage = await platform.traverse(as(stranger), { from, direction });
      assert.ok(lineage, from);
      assertUntold(JSON.stringify(lineage));
      const ids = new Set(lineage.nodes.map(({ id }) => id));
      assert.ok(lineage.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to)));
    }
  });

  test('does not begin at what is hidden, nor at what hangs on that alone', async (t) => {
    const { platform, as } = await open(t);
    for (const from of [
      'product:people/canaryVault',
      'product:people/spies',
      'process:people/canaryVault',
      'label:people/canary.alarm',
      'dataset:file/canary.csv',
      'product:people/nowhere',
    ]) {
      for (const direction of ['up', 'down'] as const)
        assert.equal(await platform.traverse(as(stranger), { from, direction }), null, from);
    }
    assert.ok(await platform.traverse(as(insider), { from: 'product:people/canaryVault', direction: 'up' }));
  });

  test('does not say that it was cut where only what is hidden is left out', async (t) => {
    const { platform, as } = await open(t);
    const from = 'product:people/named';
    const near = await platform.traverse(as(stranger), { from, direction: 'up', depth: 1 });
    assert.deepEqual(near && [namesOf(near.nodes), near.truncated], [['named', 'named'], false]);
    const few = await platform.traverse(as(stranger), { from, direction: 'up', nodes: 1 });
    assert.equal(few?.truncated, true);
  });
});

describe('executions', () => {
  test('are those of processes that are seen, and name no other ends nor hidden causes', async (t) => {
    const { platform, as } = await open(t);
    const executions = await platform.executions(as(stranger), {});
    assertUntold(JSON.stringify(executions));
    assert.deepEqual(
      executions.map(({ process, inputs, error }) => [process, inputs.length, error?.code]),
      [['people', 1, 'AGENT_FAILED']],
    );
    assert.deepEqual(await platform.executions(as(stranger), { id: 'x-canaryVault' }), []);
    assert.equal((await platform.executions(as(insider), {})).length, 2);
  });

  test('fill a page with what is seen, whatever lies between', async (t) => {
    const { platform, as } = await open(t);
    assert.equal((await platform.executions(as(stranger), { limit: 1 })).length, 1);
  });
});

describe('the log', () => {
  test('has no events and records of what is hidden', async (t) => {
    const { platform, as } = await open(t);
    const events = await platform.events(as(stranger), { descending: true });
    assertUntold(JSON.stringify(events));
    assert.deepEqual(
      events.map(({ offset }) => offset),
      [13, 11, 10, 7, 5, 3, 1],
    );
  });

  test('shows of a payload what the field that it feeds would show', async (t) => {
    const { platform, as } = await open(t);
    const filter = { labels: ['arrived'] };
    const [event] = await platform.events(as(stranger), { filter });
    assert.deepEqual(event?.payload, { name: 'Ada', job: { title: 'count' } });
    const [whole] = await platform.events(as(insider), { filter });
    assert.deepEqual(whole?.payload, { name: 'Ada', canaryPay: 7, job: { title: 'count', canaryGrade: 3 } });
  });

  test('shows no value that a subject sees masked, and no event of a row that may not be there', async (t) => {
    const masked = await open(t, { rules: { 'Person.name': '@weft__mask(with: REDACT)' } });
    const [event] = await masked.platform.events(masked.as(stranger), { filter: { labels: ['arrived'] } });
    assert.deepEqual(event?.payload, { job: { title: 'count' } });
    const cut = await open(t, { rules: { Person: '@weft__rows(where: "object.name == subject.id")' } });
    assert.deepEqual(await cut.platform.events(cut.as(stranger), { filter: { labels: ['arrived'] } }), []);
    const about = await cut.platform.eventsOf(cut.as(stranger), { identity: 'person:1' });
    assert.deepEqual(
      about.map(({ label }) => label),
      ['inner'],
    );
  });

  test('tells who read what to those who may audit, and to whoever it is about', async (t) => {
    const { platform, as } = await open(t);
    const filter = { types: ['weft.access.read', 'weft.access.denied'] };
    const seenBy = async (subject: Subject) =>
      (await platform.events(as(subject), { filter })).map((event) => event.subject);
    assert.deepEqual(await seenBy(stranger), ['stranger']);
    assert.deepEqual(await seenBy(insider), ['insider']);
    assert.deepEqual(await seenBy({ ...stranger, id: null }), []);
    assert.deepEqual(await seenBy({ ...stranger, id: 'auditor', scopes: ['audit:read'] }), ['insider', 'stranger']);
  });

  test('tells a subject of what it did as far as it knew, not how much it did not see', async (t) => {
    const { platform, as } = await open(t);
    const filter = { types: ['weft.access.denied'] };
    const [own] = await platform.events(as(stranger), { filter });
    assertUntold(JSON.stringify(own));
    assert.equal(own?.payload['rowsHidden'], null);
    const told = own.payload['decisions'] as readonly (typeof decision)[];
    assert.deepEqual(
      told.map(({ verdict, coordinates, ruleAt }) => [verdict, coordinates, ruleAt]),
      [
        ['deny', ['Person.name'], null],
        ['filter', ['Person'], null],
      ],
    );
    const [whole] = await platform.events(as({ ...stranger, scopes: ['audit:read'] }), { filter });
    assert.equal(whole?.payload['rowsHidden'], 3);
  });

  test('reads on in the order that it was asked for', async (t) => {
    const { platform, as } = await open(t);
    const offsets = async (query: object) => (await platform.events(as(stranger), query)).map(({ offset }) => offset);
    assert.deepEqual(await offsets({ limit: 3 }), [1, 3, 5]);
    assert.deepEqual(await offsets({ limit: 3, after: 3 }), [5, 7, 10]);
    assert.deepEqual(await offsets({ limit: 2, before: 7, descending: true }), [5, 3]);
  });

  test('tells of an identity by events that are seen', async (t) => {
    const { platform, as } = await open(t);
    assert.deepEqual(await platform.eventsOf(as(stranger), { identity: 'vault:1' }), []);
    assert.equal((await platform.eventsOf(as(insider), { identity: 'vault:1' })).length, 1);
  });
});
