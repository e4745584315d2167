/** The graphql-transport-ws protocol over real WebSockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { systemClock } from '../../../mesh/core/clock.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { addressOf, openRaw, subprotocol } from './raw-socket.ts';
import { startTiny } from './tiny.ts';

function connect(url: string, connectionParams?: Record<string, unknown>): Client {
  return createClient({ url: addressOf(url), webSocketImpl: WebSocket, retryAttempts: 0, connectionParams });
}

async function collect(client: Client, query: string): Promise<unknown[]> {
  const results: unknown[] = [];
  for await (const result of client.iterate({ query })) results.push(result);
  return results;
}

test('a subscription gives its results and completes', async (context) => {
  const { url } = await startTiny(context);
  const client = connect(url);
  assert.deepEqual(await collect(client, 'subscription { count(to: 3) }'), [
    { data: { count: 1 } },
    { data: { count: 2 } },
    { data: { count: 3 } },
  ]);
  await client.dispose();
});

test('a query and a mutation give one result, with errors beside data as they are', async (context) => {
  const body = '{"data":{"hello":null},"errors":[{"message":"no","path":["hello"],"extensions":{"code":"X"}}]}';
  const result = { body, executed: true, status: 200 };
  const gateway = { execute: async () => result, subscribe: async () => result };
  const { url } = await startTiny(context, { gateway });
  const client = connect(url);
  assert.deepEqual(await collect(client, '{ hello }'), [JSON.parse(body)]);
  await client.dispose();
});

test('an operation that is refused ends with an error message that has its codes', async (context) => {
  const { url } = await startTiny(context);
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  socket.send({ type: 'ping' });
  await socket.received(2);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: '{ nothing }' } });
  const error = (await socket.received(3))[2];
  assert.equal(error?.type, 'error');
  assert.match(JSON.stringify(error?.payload), /GRAPHQL_VALIDATION_FAILED/);
  socket.close();
  await socket.closed();
});

test('a subscription that breaks ends with a masked error', async (context) => {
  const { url, reports } = await startTiny(context);
  const client = connect(url);
  await assert.rejects(collect(client, 'subscription { broken }'), (errors: unknown) => {
    assert.match(JSON.stringify(errors), /INTERNAL_SERVER_ERROR/);
    assert.doesNotMatch(JSON.stringify(errors), /secret/);
    return true;
  });
  assert.equal(reports.length, 1);
  await client.dispose();
});

test('who asks is said in connection_init, with keys in any case, and not by headers of the upgrade', async (context) => {
  const { url } = await startTiny(context);
  for (const key of ['authorization', 'Authorization']) {
    const client = connect(url, { [key]: 'Mock ada', 'weft-purpose': 'audit' });
    assert.deepEqual(await collect(client, '{ whoami purpose }'), [{ data: { whoami: 'ada', purpose: 'audit' } }]);
    await client.dispose();
  }
  const socket = await openRaw(url, { authorization: 'Mock ada' });
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: '{ whoami }' } });
  assert.deepEqual((await socket.received(2))[1]?.payload, { data: { whoami: null } });
  socket.close();
  await socket.closed();
});

test('headers of connection_init go on to subgraphs as configured', async (context) => {
  const { url } = await startTiny(context, { config: { headers: { forward: ['x-tenant'] } } });
  const client = connect(url, { 'X-Tenant': 'acme', number: 1 });
  assert.deepEqual(await collect(client, '{ header(name: "x-tenant") }'), [{ data: { header: 'acme' } }]);
  await client.dispose();
});

test('a bad token closes the socket with 4403', async (context) => {
  const { url } = await startTiny(context);
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init', payload: { authorization: 'Bearer nonsense' } });
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'UNAUTHENTICATED' });
});

test('a token that ends closes the socket with 4403 and ends its operations', async (context) => {
  const expiresAt = 2_000_000_000;
  const clock = { ...systemClock, now: () => expiresAt * 1000 - 50 };
  const authenticate = async () => ({ ...anonymous, id: 'ada', expiresAt });
  const { url, trace } = await startTiny(context, { clock, authenticate });
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: 'subscription { wait }' } });
  assert.deepEqual(await socket.closed(), { code: 4403, reason: 'TOKEN_EXPIRED' });
  while (trace.aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('an operation that the client completes ends at once, a query too', async (context) => {
  const { url, trace } = await startTiny(context);
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: 'subscription { wait }' } });
  await socket.received(2);
  socket.send({ type: 'subscribe', id: 'b', payload: { query: '{ forever }' } });
  socket.send({ type: 'ping' });
  await socket.received(3);
  socket.send({ type: 'complete', id: 'a' });
  socket.send({ type: 'complete', id: 'b' });
  while (trace.aborted.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(trace.aborted, ['EXECUTION_CANCELLED', 'EXECUTION_CANCELLED']);
  socket.close();
  await socket.closed();
});

test('a client that leaves ends its operations', async (context) => {
  const { url, trace } = await startTiny(context);
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload: { query: 'subscription { wait }' } });
  await socket.received(2);
  socket.close();
  while (trace.aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(trace.aborted, ['EXECUTION_CANCELLED']);
});

test('a slow client is not sent more than it takes', async (context) => {
  const { url, trace } = await startTiny(context);
  const socket = new WebSocket(addressOf(url), subprotocol);
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  const payload = { query: 'subscription { flood(bytes: 100000) }' };
  socket.send(JSON.stringify({ type: 'subscribe', id: 'a', payload }));
  await once(socket, 'message');
  socket.pause();
  let before = -1;
  // Buffers of both kernels fill; then nothing more is asked of the source.
  while (trace.flooded !== before) {
    before = trace.flooded;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(before > 0 && before < 1_000, `${before} values of 100 kB were taken from the source`);
  socket.terminate();
});

test('one operation more than a socket may have is refused, the others go on', async (context) => {
  const { url } = await startTiny(context);
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  const max = limits.subscriptionsPerSocketMax;
  const payload = { query: 'subscription { wait }' };
  for (let id = 0; id <= max; id++) socket.send({ type: 'subscribe', id: String(id), payload });
  const messages = await socket.received(max + 2);
  const errors = messages.filter(({ type }) => type === 'error');
  assert.deepEqual(
    errors.map(({ id }) => id),
    [String(max)],
  );
  assert.match(JSON.stringify(errors), /LIMIT_EXCEEDED/);
  assert.equal(messages.filter(({ type }) => type === 'next').length, max);
  socket.close();
  await socket.closed();
});

test('an upgrade from a page of another origin is refused with 403, one from our own is taken', async (context) => {
  const { url } = await startTiny(context);
  for (const origin of ['https://evil.example', 'null', `${url}0`]) {
    await assert.rejects(openRaw(url, { origin }), /Unexpected server response: 403/);
  }
  const socket = await openRaw(url, { origin: url });
  socket.close();
  await socket.closed();
});

test('an upgrade elsewhere is refused with 404', async (context) => {
  const { url } = await startTiny(context);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/other`, subprotocol);
  const [error] = await once(socket, 'error');
  assert.match(String(error), /404/);
});

test('a message that is too large closes the socket with 1009', async (context) => {
  const { url, reports } = await startTiny(context);
  const large = await openRaw(url);
  large.send({ type: 'connection_init', payload: { padding: 'x'.repeat(limits.requestBodyBytesMax) } });
  assert.equal((await large.closed()).code, 1009);
  assert.deepEqual(reports, []);
});

test('close() says goodbye to every socket', async (context) => {
  const { url, server } = await startTiny(context);
  const socket = await openRaw(url);
  const [{ code }] = await Promise.all([socket.closed(), server.close()]);
  assert.equal(code, 1001);
});
