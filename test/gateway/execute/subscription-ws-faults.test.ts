/** Subscriptions over WebSocket to subgraphs that misbehave: a code, nothing else of it, and nothing left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { asked, next, openRaw, overSocket } from './speaking.ts';
import { follow, listen, open, outcomeOf, until } from './streaming.ts';

const faults: Readonly<Record<string, readonly [code: string, speak: (socket: WebSocket) => void]>> = {
  'closes before it acknowledges': ['SUBGRAPH_UNAVAILABLE', (socket) => socket.close(4403, 'secret')],
  'closes in the middle': ['SUBGRAPH_UNAVAILABLE', asked((socket) => socket.close(1011, 'secret'))],
  'closes in good order, but without completing': ['SUBGRAPH_UNAVAILABLE', asked((socket) => socket.close(1000))],
  'resets the connection': ['SUBGRAPH_UNAVAILABLE', asked((socket) => socket.terminate())],
  'never acknowledges': ['SUBGRAPH_TIMED_OUT', () => undefined],
  'pings but never acknowledges': ['SUBGRAPH_TIMED_OUT', (socket) => socket.send('{"type":"ping"}')],
  'sends no JSON': ['SUBGRAPH_INVALID_RESPONSE', asked((socket) => socket.send('<html>secret</html>'))],
  'sends no object': ['SUBGRAPH_INVALID_RESPONSE', asked((socket) => socket.send('[]'))],
  'sends bytes': ['SUBGRAPH_INVALID_RESPONSE', asked((socket) => socket.send(Buffer.from('{"type":"ping"}')))],
  'sends a message of an unknown type': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(JSON.stringify({ type: 'data', id }))),
  ],
  'acknowledges twice': ['SUBGRAPH_INVALID_RESPONSE', asked((socket) => socket.send('{"type":"connection_ack"}'))],
  'sends an event before it was asked': [
    'SUBGRAPH_INVALID_RESPONSE',
    (socket) => socket.send(next('1', { data: { a: 1 } })),
  ],
  'sends an event of another subscription': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket) => socket.send(next('other', { data: { a: 1 } }))),
  ],
  'sends an event that is no GraphQL response': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(next(id, { result: 1 }))),
  ],
  'sends data that is a list': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(next(id, { data: [] }))),
  ],
  'refuses without errors': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(JSON.stringify({ type: 'error', id, payload: 'secret' }))),
  ],
  'sends an event of too many lists': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(next(id, { data: { a: Array.from({ length: 1_000_001 }, () => []) } }))),
  ],
  'sends an event that is too large': [
    'SUBGRAPH_INVALID_RESPONSE',
    asked((socket, id) => socket.send(next(id, { data: { a: 'x'.repeat(5_000) } }))),
  ],
};
for (const [what, [code, speak]] of Object.entries(faults)) {
  test(`a subgraph that ${what} gives ${code}, and its socket is let go`, async (context) => {
    const sockets: WebSocket[] = [];
    const options = {
      ...(code === 'SUBGRAPH_TIMED_OUT' ? { timeoutMs: 100 } : {}),
      ...(what.includes('lists') ? { responseBytesMax: 2 ** 24 } : {}),
    };
    const subgraph = await openRaw(
      context,
      (socket) => {
        sockets.push(socket);
        speak(socket);
      },
      options,
    );
    assert.deepEqual(await outcomeOf(follow(subgraph, 'subscription { a }')), { all: [], code });
    await until(() => sockets.every((socket) => socket.readyState === socket.CLOSED));
    assert.equal(sockets.length, 1);
  });
}

test('events that came before a fault are given before it', async (context) => {
  const speak = asked((socket, id) => {
    for (const a of [1, 2]) socket.send(next(id, { data: { a } }));
    socket.send('secret');
  });
  const subgraph = await openRaw(context, speak);
  const { all, code } = await outcomeOf(follow(subgraph, 'subscription { a }'));
  assert.deepEqual([all, code], [[{ a: 1 }, { a: 2 }], 'SUBGRAPH_INVALID_RESPONSE']);
});

test('a subgraph that opens no WebSocket, or another subprotocol, is unavailable', async (context) => {
  const server = await listen(context);
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 secret\r\ncontent-length: 6\r\n\r\nsecret'));
  const refusing = open(context, server, { subscriptions: overSocket });
  assert.equal((await outcomeOf(follow(refusing, 'subscription { a }'))).code, 'SUBGRAPH_UNAVAILABLE');
  const other = await listen(context);
  const sockets = new WebSocketServer({ server: other, handleProtocols: () => false });
  context.after(() => sockets.clients.forEach((socket) => socket.terminate()));
  const silent = open(context, other, { subscriptions: overSocket });
  assert.equal((await outcomeOf(follow(silent, 'subscription { a }'))).code, 'SUBGRAPH_UNAVAILABLE');
  const nobody = createHttpSubgraph({ name: 'shop', sdl: '', url: 'http://127.0.0.1:1/' });
  assert.equal((await outcomeOf(follow(nobody, 'subscription { a }'))).code, 'SUBGRAPH_UNAVAILABLE');
});
