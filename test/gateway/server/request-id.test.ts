/** The id of a request, whichever way it comes: its client is told, and nobody else chooses it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startTiny } from './tiny.ts';
import { WebSocket } from '../../../gateway/wire/websocket.ts';

const form = /^[0-9a-f]{24}-[0-9a-z]+$/;
const query = JSON.stringify({ query: '{ hello }' });

async function start(context: TestContext): Promise<string> {
  return `${(await startTiny(context)).url}/graphql`;
}

async function idOf(url: string, { body = query, ...headers }: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  await response.body?.cancel();
  return response.headers.get('x-request-id') ?? '';
}

test('each answer has another one: of results, refusals and streams, by the lane and by Node', async (context: TestContext) => {
  const url = await start(context);
  const ids = [
    await idOf(url),
    await idOf(url),
    await idOf(url, { body: '{"query":"{ nope }"}' }),
    await idOf(url, { body: '{' }),
    await idOf(url, { accept: 'text/event-stream' }),
    await idOf(url, { accept: 'text/html' }),
    (await fetch(`${url}?query={hello}`)).headers.get('x-request-id') ?? '',
  ];
  for (const id of ids) assert.match(id, form);
  assert.equal(new Set(ids).size, ids.length);
});

test('answers that several get at once, short and long, have one each', async (context: TestContext) => {
  const url = await start(context);
  for (const name of ['x', 'é'.repeat(10_000)]) {
    const body = JSON.stringify({ query: `{ hello(name: "${name}") }` });
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        return { id: response.headers.get('x-request-id'), text: await response.text() };
      }),
    );
    assert.equal(new Set(answers.map(({ id }) => id)).size, answers.length);
    assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([`{"data":{"hello":"hello ${name}"}}`]));
  }
});

test('one that a client sends is not taken', async (context: TestContext) => {
  const url = await start(context);
  for (const accept of ['application/json', 'text/event-stream']) {
    const id = await idOf(url, { accept, 'x-request-id': 'forged' });
    assert.match(id, form);
  }
});

test('the answer to the upgrade of a WebSocket has one', async (context: TestContext) => {
  const url = await start(context);
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const id = await new Promise((resolve) => {
    socket.once('upgrade', (response) => resolve(response.headers['x-request-id']));
  });
  socket.terminate();
  assert.match(String(id), form);
});
