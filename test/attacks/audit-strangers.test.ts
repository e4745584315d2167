/** Attacks on the audit by those who only ask: names, identities, values. Nothing that they choose makes, breaks or colours a record. */
import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import type { Access, StoredEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { createEvents } from '../../mesh/agents/events.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { createRuledAirline, inRegions, westerner } from '../gateway/policy/airline.ts';
import { dataEvent, openAudit } from '../support/audit.ts';

const rules = {
  Flight: inRegions,
  'Flight.pilot': '@weft__mask(with: HASH)',
  'Flight.label': '@requiresScopes(scopes: [["labels"]])',
};

async function open(context: TestContext) {
  const audit = await openAudit(context);
  const recorder = await audit.gateway();
  const airline = createRuledAirline(rules, { recorder });
  let asked = 0;
  return {
    audit,
    ...airline,
    async ask(query: string, subject: Subject = westerner, variables = {}) {
      const request = { id: `q${(asked += 1)}`, query, operationName: null, variables, subject, headers: {} };
      return await airline.gateway.pipeline.execute({ ...request, readOnly: false }, new AbortController().signal);
    },
    /** The records, once the gateway is closed; the audit is whole. */
    async records(): Promise<readonly StoredEvent[]> {
      await recorder.close();
      const { found, findings } = await audit.verify();
      assert.deepEqual({ found, findings }, { found: 0, findings: [] });
      return audit.log.read({ filter: { domains: ['gateway'] } });
    },
  };
}

const accessOf = ({ payload }: StoredEvent) => payload as unknown as Access;
const denied = '{ flights { id label } }';

describe('a name', () => {
  const names = {
    'a line break': 'x\r\nweft.access.read subject:root',
    'a line break of Unicode': 'x\u2028y\u2029z\u0085',
    'an escape sequence': '\u001b[2J\u001b]0;owned\u0007',
    'a zero byte': 'a\0b',
    'half a surrogate pair': 'a\ud800b\udc00',
    'text turned around': '\u202eana',
    'JSON of its own': 'x","verdict":"allow","y":"',
    'the prototype': '__proto__',
    'a constructor': 'constructor',
    'SQL of its own': `'); DROP TABLE events; --`,
    'a megabyte': 'N'.repeat(1024 * 1024),
    'a megabyte of what takes most bytes': '😀'.repeat(256 * 1024),
    'the gateway’s own': 'gateway',
  };
  for (const [what, name] of Object.entries(names)) {
    test(`of a subject and a purpose that is ${what} is a value in one record, and nothing else`, async (context) => {
      const { ask, records } = await open(context);
      await ask(denied, { ...westerner, id: name, purpose: name });
      await ask('{ flights { id } }', { ...westerner, id: name, purpose: name, claims: { regions: ['west', 'east'] } });
      const [one, ...others] = await records();
      assert.equal(others.length, 1);
      const stored = name.slice(0, limits.eventTextLengthMax - 'subject:'.length).toWellFormed();
      assert.deepEqual([one?.type, one?.subject, one?.source], ['weft.access.denied', stored, `subject:${stored}`]);
      assert.equal(one && accessOf(one).purpose, stored);
      assert.equal(Object.getPrototypeOf(one?.payload), Object.prototype);
    });
  }

  for (const name of ['__proto__', 'constructor', 'toString', 'N'.repeat(100_000)]) {
    test(`of an operation, ${name.slice(0, 12)}, is a value in a record`, async (context) => {
      const { ask, records } = await open(context);
      await ask(`query ${name} ${denied}`);
      const [one, ...others] = await records();
      assert.equal(others.length, 0);
      assert.equal(one && accessOf(one).operation, name.slice(0, limits.eventTextLengthMax - 'subject:'.length));
    });
  }

  test('of an alias is in no record, however many there are', async (context) => {
    const { ask, records } = await open(context);
    const aliases = Array.from({ length: 90 }, (_, i) => `forged_${'x'.repeat(200)}${i}: label`).join(' ');
    await ask(`{ flights { id ${aliases} } }`);
    const [one, ...others] = await records();
    assert.equal(others.length, 0);
    assert.doesNotMatch(JSON.stringify(one), /forged_/);
    assert.deepEqual(one && accessOf(one).decisions[0]?.coordinates, ['Flight.label']);
  });
});

test('a megabyte of variables is in no record', async (context) => {
  const { ask, records } = await open(context);
  await ask('query Q($id: ID!) { flight(id: $id) { id label } }', westerner, { id: `canary${'x'.repeat(500_000)}` });
  assert.doesNotMatch(JSON.stringify(await records()), /canary/);
});

test('canaries in protected fields are in no record, whichever way they are asked for', async (context) => {
  const { ask, records, audit } = await open(context);
  const everyone = { ...westerner, claims: { regions: ['west', 'east'], note: 'canary-claim' } };
  for (const subject of [westerner, everyone]) {
    await ask('{ flights { id pilot label } assets { label } flight(id: "2") { id pilot region } }', subject);
    await ask('{ flights { strict } sure(id: "2") { id } flight(id: "4") { risk broken } }', subject);
    await ask('mutation { delay(id: "2", minutes: 5) { id pilot label } }', subject);
  }
  const events = await records();
  assert.ok(events.length >= 6);
  assert.doesNotMatch(JSON.stringify(events), /canary|example\.com/);
  audit.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const rows = audit.database.prepare('SELECT * FROM events').all();
  assert.doesNotMatch(JSON.stringify(rows), /canary|example\.com/);
});

test('a flood of different reads takes no denial with it, and none is counted into another', async (context) => {
  const { ask, records } = await open(context);
  const everyone = { ...westerner, claims: { regions: ['west', 'east'] } };
  for (let i = 0; i < 200; i++) {
    await ask('{ flight(id: "1") { delay } }', { ...everyone, id: `stranger${i}` });
    if (i % 20 === 0) await ask(denied);
  }
  const events = await records();
  const denials = events.filter(({ type }) => type === 'weft.access.denied');
  assert.equal(denials.length, 10);
  assert.equal(new Set(denials.map(({ target }) => target)).size, 10);
  assert.ok(denials.every((event) => accessOf(event).count === 1));
});

describe('a domain', () => {
  const scope = {
    execution: { id: createId(), domain: 'flights', process: 'p', revision: 'r' },
    subject: westerner,
    emitted: 0,
    hasEffects: false,
    outputs: new Set(),
  } as unknown as Parameters<ReturnType<typeof createEvents>['emit']>[0];

  for (const event of [
    { label: 'x', type: 'weft.access.denied', payload: {} },
    { label: 'weft.access.denied', payload: {} },
    { label: 'weft.access.denied', type: 'x', payload: {} },
    { label: 'weft.policy.changed', payload: {} },
  ]) {
    test(`emits no record of audit: ${JSON.stringify(event)}`, async (context) => {
      const { log } = await openAudit(context);
      const { emit } = createEvents({ log, clock: systemClock });
      await assert.rejects(emit(scope, 'l', event), { code: 'EVENT_INVALID' });
      assert.equal(await log.end(), 0);
    });
  }

  test('that copies a seal into its own event neither makes a record nor spoils the audit', async (context) => {
    const { ask, audit, records } = await open(context);
    await ask(denied);
    const [record] = await records();
    const { audit: link = {} } = record?.payload ?? {};
    await audit.log.append([{ ...dataEvent('flight.delayed'), payload: { audit: link } }]);
    assert.equal((await audit.verify()).found, 0);
  });
});
