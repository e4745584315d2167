/**
 * What the mesh says of a subject changes while its token lives and its streams stand: the next request and the next event obey,
 * and so does what is under way. Others are who they were.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openRaw } from '../gateway/server/raw-socket.ts';
import { type House, type HouseOptions, assertNoCanary, canary, openHouse, until } from './live-house.ts';

const policies = { inside: '"inner" in subject.roles', audit: '"inner" in subject.roles' };
const inner = { roles: ['inner'] };

const openWith = (context: TestContext, roster: HouseOptions['roster'] = {}): Promise<House> =>
  openHouse(context, { policies, roster });
const say = (house: House, roster: HouseOptions['roster'] = {}): Promise<void> => house.govern(policies, { roster });
const as = (house: House, claims: object): { authorization: string } => ({
  authorization: `Bearer ${house.token({ ...claims })}`,
});

type Socket = Awaited<ReturnType<typeof openRaw>>;

async function openSocket(house: House, claims: object): Promise<Socket> {
  const before = house.feed.listening();
  const socket = await openRaw(house.url);
  socket.send({ type: 'connection_init', payload: as(house, claims) });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: 'subscription { reading { id secret note } }' } });
  await until(() => house.feed.listening() > before);
  return socket;
}

const eventsOf = ({ inbox }: Socket): readonly string[] =>
  inbox.filter(({ type }) => type === 'next').map(({ payload }) => JSON.stringify(payload));
const sourcesOf = ({ vault }: House) => vault.requests.filter(({ operationKind }) => operationKind === 'subscription');

test('a role that is taken away is gone in the next event, and what it showed is asked of the source no longer', async (context) => {
  const house = await openWith(context);
  const socket = await openSocket(house, inner);
  await house.feed.push('r1');
  await until(() => eventsOf(socket).length === 1);
  await say(house, { ada: { roles: [] } });
  await until(() => sourcesOf(house).length === 2 && house.feed.listening() > 1);
  await house.feed.push('r2');
  await until(() => eventsOf(socket).length === 2);
  const [before, after] = eventsOf(socket);
  assert.match(before ?? '', new RegExp(canary));
  assertNoCanary(after);
  assert.doesNotMatch(sourcesOf(house)[1]?.query ?? '', /secret/);
  socket.close();
});

test('a role that is taken away while an event is under way does not show in it', async (context) => {
  const house = await openWith(context);
  const socket = await openSocket(house, inner);
  house.gate.shut();
  await house.feed.push('r1');
  await until(() => house.gate.waiting() === 1);
  await say(house, { ada: { roles: ['outer'] } });
  house.gate.open();
  await until(() => sourcesOf(house).length === 2 && house.feed.listening() > 0);
  await house.feed.push('r2');
  await until(() => eventsOf(socket).length > 0);
  assertNoCanary(socket.inbox);
  socket.close();
});

test('a role that is given shows from the next event on; once nothing is said any more, the token counts again', async (context) => {
  const house = await openWith(context);
  const socket = await openSocket(house, {});
  await house.feed.push('r1');
  await until(() => eventsOf(socket).length === 1);
  await say(house, { ada: { roles: ['inner'] } });
  await until(() => sourcesOf(house).length === 2 && house.feed.listening() > 1);
  await house.feed.push('r2');
  await until(() => eventsOf(socket).length === 2);
  await say(house);
  await until(() => sourcesOf(house).length === 3 && house.feed.listening() > 1);
  await house.feed.push('r3');
  await until(() => eventsOf(socket).length === 3);
  assert.deepEqual(
    eventsOf(socket).map((event) => event.includes(canary)),
    [false, true, false],
  );
  socket.close();
});

test('a source is told of the subject as it is now, also where the rules say the same', async (context) => {
  const house = await openWith(context);
  const socket = await openSocket(house, inner);
  await say(house, { ada: { roles: ['inner', 'more'] } });
  await until(() => sourcesOf(house).length === 2);
  assert.deepEqual(
    sourcesOf(house).map(({ subject }) => subject.roles),
    [['inner'], ['inner', 'more']],
  );
  socket.close();
});

test('the streams of a withdrawn subject end at once, and its socket is good for nothing more', async (context) => {
  const house = await openWith(context);
  const [hers, his] = [await openSocket(house, inner), await openSocket(house, { ...inner, sub: 'bo' })];
  await say(house, { ada: { isWithdrawn: true } });
  await until(() => hers.inbox.at(-1)?.type === 'error');
  assert.match(JSON.stringify(hers.inbox.at(-1)), /"code":"UNAUTHENTICATED"/);
  hers.send({ type: 'subscribe', id: 'b', payload: { query: '{ open }' } });
  await until(() => hers.inbox.some(({ id }) => id === 'b'));
  assert.doesNotMatch(JSON.stringify(hers.inbox), /"open":"open"/);
  await house.feed.push('r1');
  await until(() => eventsOf(his).length === 1);
  assert.match(eventsOf(his)[0] ?? '', new RegExp(canary));
  assertNoCanary(hers.inbox);
  for (const socket of [hers, his]) socket.close();
});

test('a withdrawn subject gets nothing by a token that was good a moment ago, not even what everybody gets', async (context) => {
  const house = await openWith(context);
  const headers = as(house, inner);
  assert.match((await house.ask('{ secret open }', headers)).text, new RegExp(canary));
  await say(house, { ada: { isWithdrawn: true } });
  const asked = house.vault.requests.length;
  const refused = await house.ask('{ secret open }', headers);
  assert.equal(refused.status, 401);
  assert.deepEqual(JSON.parse(refused.text).errors[0].extensions.code, 'UNAUTHENTICATED');
  assert.equal(house.vault.requests.length, asked);
  await say(house);
  assert.match((await house.ask('{ secret open }', headers)).text, new RegExp(canary));
});

test('what is said of one subject changes no other, under one name in another case or none', async (context) => {
  const house = await openWith(context, { ada: { roles: ['inner'], scopes: ['secret:read'] } });
  const query = '{ scoped audited }';
  assert.match((await house.ask(query, as(house, {}))).text, new RegExp(`${canary}.*${canary}`));
  for (const headers of [as(house, { sub: 'Ada' }), as(house, { sub: 'ada ' }), as(house, { sub: 'bo' }), {}])
    assertNoCanary((await house.ask(query, headers)).text);
});

test('scopes of a token do not come back through what is said of roles, nor roles through scopes', async (context) => {
  const house = await openWith(context, { ada: { scopes: [] } });
  const headers = as(house, { ...inner, scope: 'secret:read' });
  const { data } = JSON.parse((await house.ask('{ scoped audited who }', headers)).text);
  assert.equal(data.scoped, null);
  assert.equal(data.audited, canary);
  const told = JSON.parse(data.who);
  assert.deepEqual([told.roles, told.scopes], [['inner'], []]);
});

test('requests of two roster under way at once never share an answer', async (context) => {
  const house = await openWith(context);
  const headers = as(house, inner);
  house.vaultGate.shut();
  const before = house.ask('{ secret audited }', headers);
  await until(() => house.vaultGate.waiting() === 1);
  await say(house, { ada: { roles: [] } });
  const after = house.ask('{ secret audited }', headers);
  await until(() => house.vaultGate.waiting() === 2);
  house.vaultGate.open();
  assert.equal(JSON.parse((await before).text).data.audited, canary);
  assert.equal(JSON.parse((await after).text).data.audited, null);
});
