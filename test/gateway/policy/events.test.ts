/** Live: every event goes through the same masks and filters; what shows nothing new to the subject is not sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestGatewayOptions } from '../../support/gateway.ts';
import type { RulesByCoordinate } from '../../support/ruled.ts';
import { type FlightData, createRuledAirline, flights, inRegions, westerner } from './airline.ts';

async function follow(
  rules: RulesByCoordinate,
  query: string,
  { events, ...options }: { readonly events: readonly Partial<FlightData>[][] } & TestGatewayOptions,
) {
  const airline = createRuledAirline(rules, options);
  const [first] = flights;
  assert.ok(first);
  airline.events.push(...events.map((event) => event.map((change) => ({ ...first, ...change }))));
  const answers = await Array.fromAsync(
    airline.gateway.follow(query, new AbortController().signal, { subject: westerner }),
  );
  return { answers, text: JSON.stringify(answers) };
}

const west = { region: 'west' };
const east = { region: 'east', pilot: 'canary@example.com' };

test('no event is sent of what does not exist for the subject', async () => {
  const events = [[{ ...west, delay: 1 }], [{ ...east, delay: 2 }], [{ ...west, delay: 3 }]];
  const { answers, text } = await follow({ Flight: inRegions }, 'subscription { moved { delay pilot } }', { events });
  assert.deepEqual(
    answers.map(({ data }) => (data as { moved: { delay: number } }).moved.delay),
    [1, 3],
  );
  assert.doesNotMatch(text, /canary|__rows/);
});

test('of a list in an event those go that do not exist, and with the last of them the event', async () => {
  const events = [
    [
      { ...west, id: '1' },
      { ...east, id: '2' },
    ],
    [{ ...east, id: '3' }],
    [],
  ];
  const { answers } = await follow({ Flight: inRegions }, 'subscription { moves { id } }', { events });
  assert.deepEqual(answers, [{ data: { moves: [{ id: '1' }] } }, { data: { moves: [] } }]);
});

test('an event that changes only what is hidden is not sent', async () => {
  const events = [[{ delay: 101 }], [{ delay: 102 }], [{ delay: 201 }], [{ delay: 101 }]];
  const query = 'subscription { moved { delay } }';
  const masked = await follow({ 'Flight.delay': '@weft__mask(with: "ROUND(100)")' }, query, { events });
  assert.deepEqual(
    masked.answers.map(({ data }) => (data as { moved: { delay: number } }).moved.delay),
    [100, 200, 100],
  );
  const free = await follow({ 'Flight.pilot': '@weft__mask(with: REDACT)' }, query, {
    events: [[{ delay: 1 }], [{ delay: 1 }]],
  });
  assert.equal(free.answers.length, 2);
});

test('nor one that changes only what is denied', async () => {
  const events = [[{ id: '1', delay: 1 }], [{ id: '1', delay: 2 }], [{ id: '2', delay: 2 }]];
  const rules = { 'Flight.delay': '@requiresScopes(scopes: [["ops"]])' };
  const { answers } = await follow(rules, 'subscription { moved { id region } }', { events });
  assert.equal(answers.length, 3);
  const nullable = { 'Flight.pilot': '@requiresScopes(scopes: [["ops"]])' };
  const denied = await follow(nullable, 'subscription { moved { id pilot } }', { events });
  assert.deepEqual(
    denied.answers.map(({ data }) => (data as { moved: { id: string } }).moved.id),
    ['1', '2'],
  );
});

test('an event whose condition another domain cannot tell is not sent', async () => {
  const events = [[{ id: '4' }], [{ id: '1' }]];
  const rules = { Flight: '@weft__rows(where: "object.risk != 9")' };
  const { answers, text } = await follow(rules, 'subscription { moved { id } }', { events });
  assert.deepEqual(answers, [{ data: { moved: { id: '1' } } }]);
  assert.doesNotMatch(text, /canary/);
  const strict = await follow({ Flight: '@weft__rows(where: "object.strict < 4")' }, 'subscription { moved { id } }', {
    events: [[{ id: '2' }], [{ id: '1' }]],
  });
  assert.deepEqual(strict.answers, [{ data: { moved: { id: '1' } } }]);
});
