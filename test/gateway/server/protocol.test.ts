/** `graphql-transport-ws` by the letter of its document: every close code, every rule, and the races between them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Gateway } from '../../../gateway/server/operation.ts';
import { WeftError } from '../../../mesh/core/error.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { addressOf, openGreeted, openRaw } from './raw-socket.ts';
import { startTiny } from './tiny.ts';

const init = { type: 'connection_init' };
const query = '{ hello }';
const subscribe = (id: unknown, payload: unknown = { query }) => ({ type: 'subscribe', id, payload });

describe('4400: a message of another form', () => {
  const messages: Readonly<Record<string, unknown>> = {
    'no object': 'hello',
    'a list': [init],
    null: null,
    'of no type': { id: 'a' },
    'of an unknown type': { type: 'start', id: 'a', payload: { query } },
    'that only a server sends': { type: 'next', id: 'a', payload: {} },
    'connection_init with a text': { type: 'connection_init', payload: 'token' },
    'ping with a list': { type: 'ping', payload: [] },
    'subscribe without an id': subscribe(undefined),
    'subscribe with an empty id': subscribe(''),
    'subscribe with a number for its id': subscribe(1),
    'subscribe without a payload': { type: 'subscribe', id: 'a' },
    'subscribe without a document': subscribe('a', { variables: {} }),
    'subscribe with a list of variables': subscribe('a', { query, variables: [] }),
    'subscribe with a number for its name': subscribe('a', { query, operationName: 1 }),
    'subscribe with a text for extensions': subscribe('a', { query, extensions: '' }),
    'complete without an id': { type: 'complete' },
  };
  for (const [what, message] of Object.entries(messages)) {
    test(`${what} closes the socket`, async (context) => {
      const { url, reports } = await startTiny(context);
      const socket = await openGreeted(url);
      socket.send(message);
      assert.deepEqual(await socket.closed(), { code: 4400, reason: 'Invalid message received' });
      assert.deepEqual(reports, []);
    });
  }

  test('no JSON closes the socket, before it is greeted too', async (context) => {
    const { url } = await startTiny(context);
    const socket = new WebSocket(addressOf(url), 'graphql-transport-ws');
    socket.once('open', () => socket.send('{"type":'));
    const [code] = await once(socket, 'close');
    assert.equal(code, 4400);
  });
});

describe('greeting', () => {
  test('4401: subscribing before it, and while it is not acknowledged', async (context) => {
    const gate = Promise.withResolvers<never>();
    const { url } = await startTiny(context, { authenticate: () => gate.promise });
    const eager = await openRaw(url);
    eager.send(subscribe('a'));
    assert.deepEqual(await eager.closed(), { code: 4401, reason: 'Unauthorized' });
    const hasty = await openRaw(url);
    hasty.send(init);
    hasty.send(subscribe('a'));
    assert.deepEqual(await hasty.closed(), { code: 4401, reason: 'Unauthorized' });
    assert.deepEqual(hasty.inbox, []);
  });

  test('4403: a subject that is refused; 1013 where it cannot be told', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openRaw(url);
    socket.send({ ...init, payload: { authorization: 'Bearer nonsense' } });
    assert.deepEqual(await socket.closed(), { code: 4403, reason: 'UNAUTHENTICATED' });
    const authenticate = () => Promise.reject(new WeftError('SERVICE_UNAVAILABLE', { action: 'Cannot fetch keys' }));
    const blind = await openRaw((await startTiny(context, { authenticate })).url);
    blind.send(init);
    assert.deepEqual(await blind.closed(), { code: 1013, reason: 'SERVICE_UNAVAILABLE' });
  });

  test('4406: a legacy or unknown subprotocol, and none', async (context) => {
    const { url } = await startTiny(context);
    for (const offered of [['graphql-ws'], ['other', 'graphql-ws'], []]) {
      const socket = new WebSocket(addressOf(url), offered);
      const [code, reason] = await once(socket, 'close');
      assert.deepEqual([code, String(reason)], [4406, 'Subprotocol not acceptable'], String(offered));
    }
    const both = new WebSocket(addressOf(url), ['graphql-ws', 'graphql-transport-ws']);
    await once(both, 'open');
    assert.equal(both.protocol, 'graphql-transport-ws');
    both.close();
  });

  test('4408: none in time, whatever else is sent', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openRaw(url);
    socket.send({ type: 'ping' });
    assert.deepEqual(await socket.closed(), { code: 4408, reason: 'Connection initialisation timeout' });
    assert.deepEqual(socket.inbox, [{ type: 'pong' }]);
  });

  test('is not late when only its acknowledgement takes long', async (context) => {
    const authenticate = async () => {
      await sleep(limits.socketInitMs + 200);
      throw new WeftError('UNAUTHENTICATED', { action: 'Cannot tell' });
    };
    const socket = await openRaw((await startTiny(context, { authenticate })).url);
    socket.send(init);
    assert.equal((await socket.closed()).code, 4403);
  });

  test('4429: a second one, before the acknowledgement and after it', async (context) => {
    const gate = Promise.withResolvers<never>();
    const { url } = await startTiny(context, { authenticate: () => gate.promise });
    const hasty = await openRaw(url);
    hasty.send(init);
    hasty.send(init);
    assert.deepEqual(await hasty.closed(), { code: 4429, reason: 'Too many initialisation requests' });
    const late = await openGreeted((await startTiny(context)).url);
    late.send(init);
    assert.equal((await late.closed()).code, 4429);
  });

  test('is acknowledged without a payload', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openGreeted(url);
    assert.deepEqual(socket.inbox, [{ type: 'connection_ack' }]);
    socket.close();
    await socket.closed();
  });
});

describe('operations', () => {
  test('4409: an id that is in use, shortened where it is long', async (context) => {
    const { url, trace } = await startTiny(context);
    for (const [id, shown] of [
      ['a', 'a'],
      ['€'.repeat(200), `${'€'.repeat(24)}…`],
    ] as const) {
      const socket = await openGreeted(url);
      socket.send(subscribe(id, { query: 'subscription { wait }' }));
      await socket.received(2);
      socket.send(subscribe(id));
      assert.deepEqual(await socket.closed(), { code: 4409, reason: `Subscriber for ${shown} already exists` });
    }
    while (trace.aborted.length < 2) await sleep(5);
  });

  test('an id is free again once its operation completed, failed or was completed', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openGreeted(url);
    socket.send(subscribe('a'));
    await socket.received(3);
    socket.send(subscribe('a', { query: '{ nothing }' }));
    await socket.received(4);
    socket.send(subscribe('a', { query: 'subscription { wait }' }));
    await socket.received(5);
    socket.send({ type: 'complete', id: 'a' });
    socket.send(subscribe('a'));
    const types = (await socket.received(7)).map(({ type }) => type);
    assert.deepEqual(types, ['connection_ack', 'next', 'complete', 'error', 'next', 'next', 'complete']);
    socket.close();
    await socket.closed();
  });

  test('an operation that ends late says nothing under an id that is another’s by then', async (context) => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const gateway: Gateway = {
      execute: () => assert.fail(),
      subscribe: async ({ query: text }) => ({
        kind: 'events',
        stream: (async function* () {
          yield `{"data":"${text}"}`;
          await (text === 'first' ? first : second).promise;
          yield `{"data":"${text} again"}`;
        })(),
      }),
    };
    const { url } = await startTiny(context, { gateway });
    const socket = await openGreeted(url);
    socket.send(subscribe('a', { query: 'first' }));
    await socket.received(2);
    socket.send({ type: 'complete', id: 'a' });
    socket.send(subscribe('a', { query: 'second' }));
    await socket.received(3);
    first.resolve();
    await sleep(20);
    second.resolve();
    assert.deepEqual((await socket.received(5)).slice(1), [
      { type: 'next', id: 'a', payload: { data: 'first' } },
      { type: 'next', id: 'a', payload: { data: 'second' } },
      { type: 'next', id: 'a', payload: { data: 'second again' } },
      { type: 'complete', id: 'a' },
    ]);
    socket.close();
    await socket.closed();
  });

  test('complete for an id that is not in use is nothing', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openGreeted(url);
    socket.send({ type: 'complete', id: '__proto__' });
    socket.send(subscribe('__proto__'));
    assert.deepEqual((await socket.received(3)).slice(1), [
      { type: 'next', id: '__proto__', payload: { data: { hello: 'hello you' } } },
      { type: 'complete', id: '__proto__' },
    ]);
    socket.close();
    await socket.closed();
  });

  test('parameters that are no GraphQL request are an error of the operation alone', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openGreeted(url);
    socket.send(subscribe('"\n', { query: '', extensions: { persistedQuery: { version: 2 } } }));
    socket.send(subscribe('b'));
    const messages = await socket.received(4);
    assert.match(JSON.stringify(messages[1]), /^\{"id":"\\"\\n","type":"error","payload":\[\{.*BAD_REQUEST/);
    assert.equal(messages[2]?.id, 'b');
    socket.close();
    await socket.closed();
  });
});

describe('ping', () => {
  test('is answered with its payload at any time', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openRaw(url);
    socket.send({ type: 'ping', payload: { at: 1 } });
    await socket.received(1);
    socket.send(init);
    await socket.received(2);
    socket.send({ type: 'pong' });
    socket.send({ type: 'pong', payload: { unasked: true } });
    socket.send({ type: 'ping', payload: null });
    assert.deepEqual(await socket.received(3), [
      { type: 'pong', payload: { at: 1 } },
      { type: 'connection_ack' },
      { type: 'pong' },
    ]);
    socket.close();
    await socket.closed();
  });

  test('may have one answer with others, the last of which is answered for sure', async (context) => {
    const { url } = await startTiny(context);
    const socket = await openRaw(url);
    for (let at = 1; at <= 500; at++) socket.send({ type: 'ping', payload: { at } });
    while (JSON.stringify(socket.inbox.at(-1)) !== '{"type":"pong","payload":{"at":500}}') await sleep(5);
    assert.ok(socket.inbox.length <= 500);
    socket.close();
    await socket.closed();
  });
});

test('1000: a client may leave whenever it wants; 1001: the server says that it goes away', async (context) => {
  const { url, server } = await startTiny(context);
  const leaving = new WebSocket(addressOf(url), 'graphql-transport-ws');
  await once(leaving, 'open');
  leaving.close(1000);
  assert.equal((await once(leaving, 'close'))[0], 1000);
  const staying = await openGreeted(url);
  const [closed] = await Promise.all([staying.closed(), server.close()]);
  assert.deepEqual(closed, { code: 1001, reason: 'Going away' });
});
