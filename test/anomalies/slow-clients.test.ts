/** Clients that send their requests by the byte, or not to the end: they are cut, and cost nobody else anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { limits } from '../../mesh/core/limits.ts';
import { type Tiny, startTiny } from '../gateway/server/tiny.ts';

const patience = { headMs: 400, bodyMs: 900 };
/** The sweep's turn, and a machine that others use. */
const graceMs = limits.requestSweepMs + 2_000;

/** Sends a text at once and then a byte now and then; how long until the server closes. */
async function dribble(context: TestContext, { url }: Tiny, start: string): Promise<{ ms: number; text: string }> {
  // The server's patience begins when it has the connection, which may be before we know of it.
  const startedAt = performance.now();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  context.after(() => socket.destroy());
  let text = '';
  socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
  await once(socket, 'connect');
  socket.write(start);
  const timer = setInterval(() => socket.write(' '), 50);
  context.after(() => clearInterval(timer));
  await once(socket, 'close');
  clearInterval(timer);
  return { ms: performance.now() - startedAt, text };
}

async function ask({ url }: Tiny): Promise<number> {
  const body = JSON.stringify({ query: '{ hello }' });
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.status;
}

const slow: Readonly<Record<string, readonly [start: string, patienceMs: number]>> = {
  'a head that does not end': ['POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ', patience.headMs],
  'a body that does not end': [
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{',
    patience.bodyMs,
  ],
  'chunks that do not end': [
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n400\r\n{',
    patience.bodyMs,
  ],
};

for (const [what, [start, patienceMs]] of Object.entries(slow)) {
  test(`${what} is waited for no longer than the gateway has patience`, async (context) => {
    const tiny = await startTiny(context, { patience });
    const cut = dribble(context, tiny, start);
    assert.equal(await ask(tiny), 200, 'others are served meanwhile');
    const { ms, text } = await cut;
    assert.ok(ms >= patienceMs && ms < patienceMs + graceMs, `took ${ms} ms`);
    assert.match(text, /^HTTP\/1\.1 408 |^$/);
    assert.equal(await ask(tiny), 200);
    assert.deepEqual(tiny.reports, []);
  });
}

test('the gateway has 10 s for a head and 30 s for a body, and looks often enough', () => {
  const { requestHeadMs, requestBodyMs, requestSweepMs } = limits;
  assert.deepEqual([requestHeadMs, requestBodyMs], [10_000, 30_000]);
  assert.ok(requestSweepMs <= 1_000);
});
