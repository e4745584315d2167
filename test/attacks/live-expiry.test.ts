/**
 * Tokens that end while something is under way: nothing more is shown, by whichever transport, whether or not a timer has
 * noticed. The clock is put forward, which timers know nothing of.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isExpired, startExpiry } from '../../gateway/server/lifetime.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { openRaw } from '../gateway/server/raw-socket.ts';
import { type House, assertNoCanary, openHouse, until } from './live-house.ts';

const inside = { policies: { inside: 'true' } };
const query = 'subscription { reading { id secret note } }';

/** Seconds since the epoch, in so many. */
const soon = (seconds: number): number => Math.ceil(Date.now() / 1000) + seconds;

async function openSocket(house: House, claims: object = {}) {
  const socket = await openRaw(house.url);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${house.token({ ...claims })}` } });
  await socket.received(1);
  return socket;
}

async function openStream(house: House, accept: string, claims: object = {}) {
  const response = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json', authorization: `Bearer ${house.token({ ...claims })}` },
    body: JSON.stringify({ query }),
  });
  assert.equal(response.status, 200);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const seen = { text: '', isOver: false };
  const reading = (async () => {
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      seen.text += part.value;
    }
    seen.isOver = true;
  })();
  return { seen, rest: () => reading.then(() => seen.text) };
}

test('a socket is closed with 4403 within a second of its token’s end, with streams on it and without', async (context) => {
  const house = await openHouse(context, inside);
  const exp = soon(1);
  const [idle, busy] = [await openSocket(house, { exp }), await openSocket(house, { exp, jti: 'other' })];
  busy.send({ type: 'subscribe', id: 'a', payload: { query } });
  const at = await Promise.all(
    [idle, busy].map(async (socket) => {
      assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
      return Date.now();
    }),
  );
  for (const time of at) {
    assert.ok(time >= exp * 1000 - 50, `${exp * 1000 - time} ms too early`);
    // A busy machine is given more.
    assert.ok(time <= exp * 1000 + 4_000, `${time - exp * 1000} ms too late`);
  }
});

test('a socket shows no event after the end of its token, though no timer has noticed', async (context) => {
  const house = await openHouse(context, inside);
  const socket = await openSocket(house);
  socket.send({ type: 'subscribe', id: 'a', payload: { query } });
  await house.feed.push('r1');
  await socket.received(2);
  const asked = house.notesAsked();
  house.clock.ahead += 700_000;
  await house.feed.push('r2');
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
  assert.equal(socket.inbox.filter(({ type }) => type === 'next').length, 1);
  assert.ok(!JSON.stringify(socket.inbox).includes('r2'));
  assert.equal(house.notesAsked(), asked, 'the event was not completed either');
});

test('a socket shows no event that was under way when its token ended', async (context) => {
  const house = await openHouse(context, inside);
  const socket = await openSocket(house);
  house.gate.shut();
  socket.send({ type: 'subscribe', id: 'a', payload: { query } });
  await house.feed.push('r1');
  await until(() => house.gate.waiting() === 1);
  house.clock.ahead += 700_000;
  house.gate.open();
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
  assertNoCanary(socket.inbox);
});

test('a socket whose token has ended runs no further query, though no timer has noticed', async (context) => {
  const house = await openHouse(context, inside);
  const socket = await openSocket(house);
  const asked = house.asked();
  house.clock.ahead += 700_000;
  socket.send({ type: 'subscribe', id: 'a', payload: { query: '{ secret }' } });
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
  assertNoCanary(socket.inbox);
  assert.equal(house.asked(), asked);
});

test('a query over a socket that is answered after the end of its token is not shown', async (context) => {
  const house = await openHouse(context, inside);
  const socket = await openSocket(house);
  house.vaultGate.shut();
  socket.send({ type: 'subscribe', id: 'a', payload: { query: '{ secret }' } });
  await until(() => house.vaultGate.waiting() === 1);
  house.clock.ahead += 700_000;
  house.vaultGate.open();
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
  assertNoCanary(socket.inbox);
});

for (const [name, accept, end] of [
  ['server-sent events', 'text/event-stream', /TOKEN_EXPIRED.*\n\nevent: complete\ndata: \n\n$/],
  [
    'multipart',
    'multipart/mixed;subscriptionSpec=1.0',
    /"payload":null,"errors":\[.*TOKEN_EXPIRED.*\r\n--graphql--\r\n$/s,
  ],
] as const) {
  test(`${name}: a stream ends after TOKEN_EXPIRED when its token does`, async (context) => {
    const house = await openHouse(context, inside);
    const exp = soon(1);
    const stream = await openStream(house, accept, { exp });
    assert.match(await stream.rest(), end);
    const late = Date.now() - exp * 1000;
    assert.ok(late >= -50 && late <= 4_000, `${late} ms late`);
  });

  test(`${name}: no event is shown after the end of the token, though no timer has noticed`, async (context) => {
    const house = await openHouse(context, inside);
    const stream = await openStream(house, accept);
    await house.feed.push('r1');
    await until(() => stream.seen.text.includes('r1'));
    house.clock.ahead += 700_000;
    await house.feed.push('r2');
    const text = await stream.rest();
    assert.match(text, end);
    assert.ok(!text.includes('r2'));
  });

  test(`${name}: no event is shown that was under way when the token ended`, async (context) => {
    const house = await openHouse(context, inside);
    house.gate.shut();
    const stream = await openStream(house, accept);
    await house.feed.push('r1');
    await until(() => house.gate.waiting() === 1);
    house.clock.ahead += 700_000;
    house.gate.open();
    const text = await stream.rest();
    assert.match(text, end);
    assertNoCanary(text);
  });
}

for (const days of [25, 36_500]) {
  test(`a token that ends in ${days} days ends nothing now`, async (context) => {
    const house = await openHouse(context, inside);
    const socket = await openSocket(house, { exp: soon(days * 86_400) });
    socket.send({ type: 'subscribe', id: 'a', payload: { query } });
    await house.feed.push('r1');
    await socket.received(2);
    socket.close();
    await socket.closed();
  });
}

test('the end of a token is found though the clock was set forward, and not while it stands', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 1_000_000;
  let count = 0;
  const clock = { ...systemClock, now: () => now };
  const subject = { ...anonymous, expiresAt: 10_000_000 };
  const stop = startExpiry(subject, clock, () => (count += 1));
  const pass = (context: TestContext, ms: number): void => context.mock.timers.tick(ms);
  pass(context, 10 * limits.expiryLookMs);
  assert.equal(count, 0);
  assert.equal(isExpired(subject, clock), false);
  now = 10_000_000_000 - 100;
  pass(context, limits.expiryLookMs);
  assert.equal(count, 0);
  pass(context, 100);
  assert.equal(count, 1);
  now += 100;
  assert.equal(isExpired(subject, clock), true);
  stop();
});
