/** What is recorded of what policy decides, for requests as the gateway runs them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedRequest } from '../../../gateway/policy/access.ts';
import { isStream } from '../../../gateway/server/operation.ts';
import { noGovernance } from '../../../mesh/policy/governance.ts';
import type { TestGatewayOptions } from '../../support/gateway.ts';
import { recorderTo } from '../../support/recorder.ts';
import type { RulesByCoordinate } from '../../support/ruled.ts';
import { createRuledAirline, flights, inRegions, westerner } from './airline.ts';

const scoped = '@requiresScopes(scopes: [["labels"]])';

function open(rules: RulesByCoordinate, options: TestGatewayOptions = {}) {
  const records: RecordedRequest[] = [];
  const recorder = recorderTo((request) => void records.push(request));
  const airline = createRuledAirline(rules, { recorder, governance: { ...noGovernance, revision: 'r7' }, ...options });
  const decided = (record = records.at(-1)) =>
    (record?.operation.decided ?? []).map(({ verdict, coordinate, code }) => [verdict, coordinate, code]);
  return { ...airline, records, decided };
}

test('a record says what was denied, masked and filtered, under which revision, and how many rows were hidden', async () => {
  const rules = { Flight: inRegions, 'Flight.pilot': '@weft__mask(with: REDACT)', 'Flight.label': scoped };
  const { ask, records, decided } = open(rules);
  // Where answers are put together out of bytes, rows are not counted; introspection is answered in the general way.
  await ask('query Look { flights { id pilot label alias: label } __schema { queryType { name } } }');
  const [record] = records;
  assert.equal(records.length, 1);
  assert.deepEqual(
    [record?.operation.name, record?.revision, record?.subject, record?.rowsHidden],
    ['Look', 'r7', westerner, 2],
  );
  assert.deepEqual(decided(), [
    ['deny', 'Flight.label', 'SCOPE_MISSING'],
    ['deny', 'Flight.label', 'SCOPE_MISSING'],
    ['filter', 'Flight', null],
    ['mask', 'Flight.pilot', null],
  ]);
  assert.deepEqual(record?.operation.coordinates, ['Flight.id', 'Flight.pilot', 'Query.flights']);
});

test('what is masked with NULL is recorded though it is never asked for', async () => {
  const { ask, decided } = open({ 'Flight.pilot': '@weft__mask(with: NULL)' });
  await ask('{ flights { id pilot } }');
  assert.deepEqual(decided(), [['mask', 'Flight.pilot', null]]);
});

test('behind an interface each type is recorded as it was decided', async () => {
  const { ask, decided } = open({ 'Flight.label': scoped });
  await ask('{ assets { id label } }');
  assert.deepEqual(decided(), [['deny', 'Flight.label', 'SCOPE_MISSING']]);
});

test('where everything is allowed a record says what was read, and that no rows were looked for', async () => {
  const { ask, records, decided } = open({ 'Flight.label': scoped });
  await ask('{ flights { id label } }', { ...westerner, scopes: ['labels'] });
  assert.deepEqual(decided(), []);
  assert.equal(records[0]?.rowsHidden, null);
  assert.deepEqual(records[0]?.operation.coordinates, ['Flight.id', 'Flight.label', 'Query.flights']);
});

test('a request has its record whatever becomes of its run, and each of several that are run once', async () => {
  const { ask, gateway, records } = open({ 'Flight.label': scoped });
  await Promise.all([ask('{ flights { label } }'), ask('{ flights { label } }'), ask('{ flights { label } }')]);
  assert.equal(records.length, 3);
  const leaving = new AbortController();
  const request = { query: '{ flights { id label } }', operationName: null, variables: {}, subject: westerner };
  const left = gateway.pipeline.execute({ ...request, id: 'q9', headers: {}, readOnly: false }, leaving.signal);
  leaving.abort(new Error('gone'));
  await left;
  assert.deepEqual([records.length, records.at(-1)?.requestId], [4, 'q9']);
});

test('a stream is recorded when it begins, and again when what is decided is another, also when nothing is left', async () => {
  let holds = true;
  const policies = new Map([['fit', () => holds]]);
  const { gateway, events, records, decided } = open(
    { 'Subscription.moved': '@policy(policies: [["fit"]])' },
    { policies },
  );
  const [first] = flights;
  assert.ok(first);
  events.push([first], [{ ...first, delay: 1 }]);
  const request = { query: 'subscription { moved { id delay } }', operationName: null, variables: {}, headers: {} };
  const outcome = await gateway.pipeline.subscribe(
    { ...request, id: 'q1', subject: westerner, readOnly: false },
    new AbortController().signal,
  );
  assert.ok(isStream(outcome));
  await assert.rejects(async () => {
    for await (const _ of outcome.stream) holds = false;
  });
  assert.deepEqual(
    records.map(({ requestId }) => requestId),
    ['q1', 'q1'],
  );
  assert.deepEqual(decided(records[0]), []);
  assert.deepEqual(decided(records[1]), [['deny', 'Subscription.moved', 'POLICY_FAILED']]);
});

test('what policy did more to than allow is not answered before it can be recorded, and nothing is fetched for it', async () => {
  const room = Promise.withResolvers<void>();
  const records: RecordedRequest[] = [];
  const recorder = { ...recorderTo((request) => void records.push(request)), room: () => room.promise };
  const { ask, flights: subgraph } = createRuledAirline({ 'Flight.label': scoped }, { recorder });
  const free = await ask('{ flights { id } }');
  assert.equal(free.errors, undefined);
  const waiting = ask('{ flights { id label } }');
  const before = subgraph.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([subgraph.requests.length, records.length], [before, 1]);
  room.resolve();
  await waiting;
  assert.deepEqual([subgraph.requests.length, records.length], [before + 1, 2]);
});
