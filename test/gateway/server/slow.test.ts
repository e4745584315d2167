/** Clients that take their time: what comes in slowly is cut, what goes out slowly is not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { limits } from '../../../mesh/core/limits.ts';
import { startTiny } from './tiny.ts';

const patience = { headMs: 150, bodyMs: 300 };

/** A connection, and all that came on it once it is closed. */
function open(context: TestContext, url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  context.after(() => socket.destroy());
  return {
    socket,
    closed: new Promise<string>((resolve) => socket.once('close', () => resolve(text))),
    text: () => text,
  };
}

/** Sends a byte now and then, without end. */
function drip(context: TestContext, socket: Socket, byte: string): void {
  const timer = setInterval(() => socket.writable && socket.write(byte), 10);
  context.after(() => clearInterval(timer));
}

/** A client that still writes when it is cut may lose the answer to the reset. */
const timedOutOrReset = /^($|HTTP\/1\.1 408 )/;

const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

test('a head that drips, stops or never begins is answered 408 and cut', async (context) => {
  const { url, reports } = await startTiny(context, { patience });
  const dripping = open(context, url);
  dripping.socket.write(`${head}x-drip: `);
  drip(context, dripping.socket, 'x');
  const stopping = open(context, url);
  stopping.socket.write(head);
  const silent = open(context, url);
  assert.match(await dripping.closed, timedOutOrReset);
  assert.match(await stopping.closed, /^HTTP\/1\.1 408 /);
  await silent.closed;
  assert.deepEqual(reports, []);
});

test('a body that drips or stops is answered 408 and cut, by its length and in chunks', async (context) => {
  const { url, reports } = await startTiny(context, { patience });
  const dripping = open(context, url);
  dripping.socket.write(`${head}content-length: 100000\r\n\r\n{"query":"`);
  drip(context, dripping.socket, 'x');
  const chunked = open(context, url);
  chunked.socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
  drip(context, chunked.socket, '1\r\nx\r\n');
  const stopping = open(context, url);
  stopping.socket.write(`${head}content-length: 100\r\n\r\n`);
  for (const { closed } of [dripping, chunked]) assert.match(await closed, timedOutOrReset);
  assert.match(await stopping.closed, /^HTTP\/1\.1 408 /);
  assert.deepEqual(reports, []);
});

test('a second request on a kept connection has no more patience than the first', async (context) => {
  const { url } = await startTiny(context, { patience });
  const { socket, closed, text } = open(context, url);
  socket.write('GET /graphql?query={hello} HTTP/1.1\r\nhost: x\r\n\r\n');
  while (!text().includes('hello you')) await once(socket, 'data');
  socket.write(head);
  assert.match(await closed, /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 408 /);
});

test('an answer and a stream may take longer than their request might', async (context) => {
  const { url } = await startTiny(context, { patience });
  const leaving = new AbortController();
  const headers = { accept: 'text/event-stream' };
  const query = encodeURIComponent('subscription { wait }');
  const stream = await fetch(`${url}/graphql?query=${query}`, { headers, signal: leaving.signal });
  let isOpen = true;
  const reading = stream.text().then(
    () => (isOpen = false),
    () => (isOpen = false),
  );
  await new Promise((resolve) => setTimeout(resolve, 3 * patience.bodyMs + limits.requestSweepMs));
  assert.ok(isOpen);
  leaving.abort();
  await reading;
});

test('the patience of a gateway is ten seconds for a head and thirty for all of a request', () => {
  assert.deepEqual([limits.requestHeadMs, limits.requestBodyMs], [10_000, 30_000]);
  assert.ok(limits.requestSweepMs <= 1_000, 'it is looked often enough for that to be so');
});
