/** Rules of the other kinds in streams: rows, masks, purposes and agreements, when they change and when their time comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRaw } from '../gateway/server/raw-socket.ts';
import { type House, assertNoCanary, canary, openHouse, until } from './live-house.ts';

async function openSocket(house: House, query: string, init: Readonly<Record<string, string>> = {}) {
  const socket = await openRaw(house.url);
  const authorization = `Bearer ${house.token({ domain: 'safety', purposes: ['audit'] })}`;
  socket.send({ type: 'connection_init', payload: { authorization, ...init } });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query } });
  await until(() => house.feed.listening() > 0);
  const events = (): readonly string[] =>
    socket.inbox.filter(({ type }) => type === 'next').map(({ payload }) => JSON.stringify(payload));
  return { ...socket, events };
}

const inOneMinute = (): string => new Date(Date.now() + 60_000).toISOString();
const inOneHour = (): string => new Date(Date.now() + 3_600_000).toISOString();

test('a row whose time runs out is sent as long as it lasts, and never after', async (context) => {
  const rules = { Reading: '@weft__rows(where: "timestamp(object.until) > now")' };
  const house = await openHouse(context, { rules });
  const socket = await openSocket(house, 'subscription { reading { id plain note } }');
  const end = inOneMinute();
  for (const id of ['r1', 'r2', 'r3']) {
    await house.feed.push(id, { until: end });
    await until(() => socket.events().some((event) => event.includes(id)));
  }
  house.clock.ahead += 61_000;
  await house.feed.push('gone', { until: end });
  await house.feed.push('r4', { until: inOneHour() });
  await until(() => socket.events().some((event) => event.includes('r4')));
  assert.ok(!JSON.stringify(socket.inbox).includes('gone'));
  socket.close();
});

test('a row whose time runs out while its event is under way is not sent', async (context) => {
  const rules = { Reading: '@weft__rows(where: "timestamp(object.until) > now")' };
  const house = await openHouse(context, { rules });
  const socket = await openSocket(house, 'subscription { reading { id plain note } }');
  house.gate.shut();
  await house.feed.push('gone', { until: inOneMinute() });
  await until(() => house.gate.waiting() === 1);
  house.clock.ahead += 61_000;
  house.gate.open();
  await house.feed.push('r2', { until: inOneHour() });
  await until(() => socket.events().length > 0);
  assert.ok(!JSON.stringify(socket.inbox).includes('gone'));
  socket.close();
});

test('a field under a mask from now on is masked in the next event, and in the one under way', async (context) => {
  const house = await openHouse(context);
  const socket = await openSocket(house, 'subscription { reading { id plain note } }');
  await house.feed.push('r1');
  await until(() => socket.events().length === 1);
  assert.ok(socket.events()[0]?.includes(canary));
  house.gate.shut();
  await house.feed.push('r2');
  await until(() => house.gate.waiting() === 1);
  await house.govern({}, { rules: { 'Reading.plain': '@weft__mask(with: REDACT)' } });
  house.gate.open();
  await house.feed.push('r3');
  await until(() => socket.events().some((event) => event.includes('r3')));
  assertNoCanary(socket.events().slice(1));
  assert.match(socket.events().at(-1) ?? '', /"plain":"\[redacted\]"/);
  socket.close();
});

test('a row condition from now on hides what it does not let through, in the next event and in the one under way', async (context) => {
  const house = await openHouse(context);
  const socket = await openSocket(house, 'subscription { reading { id plain note } }');
  house.gate.shut();
  await house.feed.push('gone1', { until: 'no' });
  await until(() => house.gate.waiting() === 1);
  await house.govern({}, { rules: { Reading: `@weft__rows(where: "object.until == 'yes'")` } });
  house.gate.open();
  await until(() => house.feed.listening() > 1 || house.vault.requests.length > 1);
  await house.feed.push('gone2', { until: 'no' });
  await house.feed.push('gone3');
  await house.feed.push('r1', { until: 'yes' });
  await until(() => socket.events().length > 0);
  assert.deepEqual(
    socket.events().map((event) => /gone|r1/.exec(event)?.[0]),
    ['r1'],
  );
  socket.close();
});

test('an agreement that ends hides what it was made for, from the first event after it', async (context) => {
  const rules = { 'Reading.plain': '@weft__purpose(allow: ["audit"])' };
  const agreement = {
    id: 'a',
    consumer: 'safety',
    products: ['Reading.plain'],
    purposes: ['audit'],
    until: Date.now() + 60_000,
  };
  const house = await openHouse(context, { rules, agreements: [agreement] });
  const socket = await openSocket(house, 'subscription { reading { id plain } }', { 'weft-purpose': 'audit' });
  await house.feed.push('r1');
  await until(() => socket.events().length === 1);
  assert.ok(socket.events()[0]?.includes(canary));
  house.clock.ahead += 61_000;
  await house.feed.push('r2');
  await until(() => socket.events().length === 2);
  assertNoCanary(socket.events()[1]);
  assert.match(socket.events()[1] ?? '', /UNAUTHORIZED_FIELD_OR_TYPE/);
  socket.close();
});

test('an agreement that is withdrawn hides what it was made for, and one that is made shows it', async (context) => {
  const rules = { 'Reading.plain': '@weft__purpose(allow: ["audit"])' };
  const agreement = {
    id: 'a',
    consumer: 'safety',
    products: ['Reading.plain'],
    purposes: ['audit'],
    until: Date.now() + 3_600_000,
  };
  const house = await openHouse(context, { rules, agreements: [agreement] });
  const socket = await openSocket(house, 'subscription { reading { id plain } }', { 'weft-purpose': 'audit' });
  const asked = () => house.vault.requests.length;
  await house.govern({}, { rules, agreements: [] });
  await until(() => asked() === 2 && house.feed.listening() === 2);
  await house.feed.push('r1');
  await until(() => socket.events().length === 1);
  assertNoCanary(socket.events());
  await house.govern({}, { rules, agreements: [agreement] });
  await until(() => asked() === 3);
  await until(() => house.feed.listening() > 1);
  await house.feed.push('r2');
  await until(() => socket.events().length === 2);
  assert.ok(socket.events()[1]?.includes(canary));
  socket.close();
});

test('a stream under a purpose that is not stated shows nothing of what needs one', async (context) => {
  const rules = { 'Reading.plain': '@weft__purpose(allow: ["audit"])' };
  const house = await openHouse(context, { rules });
  const socket = await openSocket(house, 'subscription { reading { id plain } }');
  await house.feed.push('r1');
  await until(() => socket.events().length === 1);
  assertNoCanary(socket.events(), house.asked());
  socket.close();
});
