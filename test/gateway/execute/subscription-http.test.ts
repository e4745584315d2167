/** Subscriptions of a subgraph as a stream over HTTP: against the gateway's own stream, and against streams that go wrong. */
import assert from 'node:assert/strict';
import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { startTiny } from '../server/tiny.ts';
import { follow, listen, open, outcomeOf, subscription, until } from './streaming.ts';

const asEvents = { protocol: 'sse', url: null } as const;

/** Answers each subscription as `answer` does. */
async function openRaw(context: TestContext, answer: RequestListener, options = {}) {
  const server = await listen(context, createServer(answer));
  return open(context, server, { subscriptions: asEvents, timeoutMs: 2_000, responseBytesMax: 4_096, ...options });
}

const type = { 'content-type': 'text/event-stream' };
const next = (payload: unknown): string => `event: next\ndata: ${JSON.stringify(payload)}\n\n`;
const complete = 'event: complete\ndata: \n\n';
const start = (response: ServerResponse, text: string): void => void response.writeHead(200, type).write(text);

for (const protocol of ['ws', 'sse', 'multipart'] as const)
  test(`a gateway is a subgraph to another by ${protocol}: events, variables, the end, a refusal`, async (context) => {
    const { url } = await startTiny(context);
    const subscriptions = { protocol, url: null };
    const subgraph = createHttpSubgraph({ name: 'shop', sdl: '', url: `${url}/graphql`, subscriptions });
    const request = subscription('subscription ($to: Int!) { count(to: $to) }', { variablesJson: '{"to":3}' });
    assert.deepEqual(await outcomeOf(follow(subgraph, request)), {
      all: [{ count: 1 }, { count: 2 }, { count: 3 }],
      code: 'none',
    });
    const { all, code } = await outcomeOf(follow(subgraph, 'subscription { nothing }'));
    assert.equal(code, 'none');
    assert.match(
      JSON.stringify(all),
      /^\[\{"data":null,"errors":\[\{"message":"Cannot query field \\"nothing\\".*\}\]\}\]$/,
    );
    await subgraph.close();
  });

test('the request is a POST with what the subgraph needs and the forwarded headers, on a connection of its own', async (context) => {
  const seen: { head: IncomingMessage; body: string }[] = [];
  const subgraph = await openRaw(context, async (head, response) => {
    seen.push({ head, body: Buffer.concat(await Array.fromAsync(head as AsyncIterable<Buffer>)).toString() });
    start(response, next({ data: { a: seen.length } }));
  });
  const wait = async (headers: Record<string, string>) => {
    const answers = follow(subgraph, subscription('subscription { a(x: "é") }', { headers }));
    await answers.next();
    return answers;
  };
  const asked = [
    await wait({ authorization: 'Bearer ada', accept: 'text/html', 'accept-encoding': 'gzip' }),
    await wait({ authorization: 'Bearer bob' }),
    await wait({ authorization: 'Bearer bob' }),
  ];
  const [first] = seen;
  assert.equal(first?.head.method, 'POST');
  assert.equal(first?.head.url, '/graphql');
  assert.match(first?.head.headers.accept ?? '', /^text\/event-stream/);
  assert.equal(first?.head.headers['accept-encoding'], undefined);
  assert.equal(first?.body, '{"query":"subscription { a(x: \\"é\\") }","variables":{}}');
  assert.deepEqual(
    seen.map(({ head }) => head.headers.authorization),
    ['Bearer ada', 'Bearer bob', 'Bearer bob'],
  );
  assert.equal(new Set(seen.map(({ head }) => head.socket)).size, 3);
  await Promise.all(asked.map((answers) => answers.return?.()));
  await until(() => seen.every(({ head }) => head.socket.destroyed));
});

test('a header that would end its line is not sent, and nothing else is', async (context) => {
  const subgraph = await openRaw(context, () => assert.fail());
  const request = subscription('subscription { a }', { headers: { 'x-tag': 'a\r\nx-admin: 1' } });
  assert.equal((await outcomeOf(follow(subgraph, request))).code, 'SUBGRAPH_UNAVAILABLE');
});

const faults: Readonly<Record<string, readonly [code: string, answer: RequestListener]>> = {
  'ends without completing': ['SUBGRAPH_UNAVAILABLE', (_, response) => response.writeHead(200, type).end(':\n\n')],
  'is cut before it answers': ['SUBGRAPH_UNAVAILABLE', (request) => request.socket.destroy()],
  'resets the stream': [
    'SUBGRAPH_UNAVAILABLE',
    (request, response) => {
      start(response, ':\n\n');
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    },
  ],
  'never answers': ['SUBGRAPH_TIMED_OUT', () => undefined],
  'answers HTML': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<html>secret</html>'),
  ],
  'answers nothing': ['SUBGRAPH_INVALID_RESPONSE', (_, response) => response.writeHead(204).end()],
  'answers in an encoding': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => response.writeHead(200, { ...type, 'content-encoding': 'gzip' }).end('secret'),
  ],
  redirects: [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/secret' }).end(),
  ],
  'sends an event that is no JSON': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => start(response, 'event: next\ndata: secret\n\n'),
  ],
  'sends an event that is no GraphQL response': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => start(response, next({ result: 'secret' })),
  ],
  'sends an event that is too large': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => start(response, next({ data: { a: 'x'.repeat(5_000) } })),
  ],
  'sends a line without an end': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => start(response, `:${'x'.repeat(5_000)}`),
  ],
  'answers with a body that is too large': [
    'SUBGRAPH_INVALID_RESPONSE',
    (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(5_000)}"`),
  ],
};
for (const [what, [code, answer]] of Object.entries(faults)) {
  test(`a subgraph that ${what} gives ${code}, and its connection is let go`, async (context) => {
    const connections: IncomingMessage['socket'][] = [];
    const listener: RequestListener = (request, response) => {
      connections.push(request.socket);
      void answer(request, response);
    };
    const subgraph = await openRaw(context, listener, code === 'SUBGRAPH_TIMED_OUT' ? { timeoutMs: 100 } : {});
    assert.deepEqual(await outcomeOf(follow(subgraph, 'subscription { a }')), { all: [], code });
    await until(() => connections.every((connection) => connection.destroyed));
    assert.equal(connections.length, 1);
  });
}

const parts =
  (...bodies: string[]): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/mixed;boundary="b";subscriptionSpec=1.0' });
    response.write(`--b${bodies.map((body) => `\r\ncontent-type: application/json\r\n\r\n${body}\r\n--b`).join('')}`);
  };
const partFaults: Readonly<Record<string, readonly [code: string, answer: RequestListener]>> = {
  'ends with an error beside a payload': [
    'SUBGRAPH_UNAVAILABLE',
    parts('{}', '{"payload":{"data":{"a":1}},"errors":[{"message":"secret"}]}'),
  ],
  'ends with an error in place of a payload': [
    'SUBGRAPH_UNAVAILABLE',
    parts('{"payload":{"data":{"a":1}}}', '{"payload":null,"errors":[{"message":"secret"}]}'),
  ],
  'stops without its last delimiter': [
    'SUBGRAPH_UNAVAILABLE',
    (request, response) => {
      parts('{"payload":{"data":{"a":1}}}')(request, response);
      response.end();
    },
  ],
  'sends no JSON': ['SUBGRAPH_INVALID_RESPONSE', parts('{"payload":{"data":{"a":1}}}', 'secret')],
  'sends no object': ['SUBGRAPH_INVALID_RESPONSE', parts('{"payload":{"data":{"a":1}}}', '[]')],
  'sends a payload that is no response': [
    'SUBGRAPH_INVALID_RESPONSE',
    parts('{"payload":{"data":{"a":1}}}', '{"payload":{"secret":1}}'),
  ],
  'sends a part that is too large': [
    'SUBGRAPH_INVALID_RESPONSE',
    parts('{"payload":{"data":{"a":1}}}', `"${'x'.repeat(5_000)}`),
  ],
};
for (const [what, [code, answer]] of Object.entries(partFaults)) {
  test(`a subgraph that speaks multipart and ${what} gives ${code} after its events`, async (context) => {
    const subgraph = await openRaw(context, answer, { subscriptions: { protocol: 'multipart', url: null } });
    assert.deepEqual(await outcomeOf(follow(subgraph, 'subscription { a }')), { all: [{ a: 1 }], code });
  });
}

test('events that came before a fault are given before it; nothing after complete is', async (context) => {
  const broken = await openRaw(context, (_, response) =>
    start(response, `${next({ data: { a: 1 } })}${next({ data: { a: 2 } })}data: secret\n\n`),
  );
  const { all, code } = await outcomeOf(follow(broken, 'subscription { a }'));
  assert.deepEqual([all, code], [[{ a: 1 }, { a: 2 }], 'SUBGRAPH_INVALID_RESPONSE']);
  const late = await openRaw(context, (_, response) => start(response, `${complete}${next({ data: { a: 1 } })}`));
  assert.deepEqual(await outcomeOf(follow(late, 'subscription { a }')), { all: [], code: 'none' });
});

test('events without a name are answers, those of another name are none', async (context) => {
  const text = `data: {"data":{"a":1}}\n\nevent: ping\ndata: x\n\n${complete}`;
  const subgraph = await openRaw(context, (_, response) => start(response, text));
  assert.deepEqual(await outcomeOf(follow(subgraph, 'subscription { a }')), { all: [{ a: 1 }], code: 'none' });
});

test('the connection closes when the client leaves, whether it waits for the stream, for an event or for nothing', async (context) => {
  const connections: IncomingMessage['socket'][] = [];
  let sends = false;
  const subgraph = await openRaw(context, (request, response) => {
    connections.push(request.socket);
    if (sends) start(response, next({ data: { a: 1 } }));
  });
  const controller = new AbortController();
  const unanswered = outcomeOf(follow(subgraph, 'subscription { a }', controller.signal));
  await until(() => connections.length === 1);
  sends = true;
  const waiting = outcomeOf(follow(subgraph, 'subscription { a }', controller.signal));
  const resting = follow(subgraph, 'subscription { a }');
  await resting.next();
  await until(() => connections.length === 3);
  await sleep(20);
  controller.abort();
  assert.deepEqual(await unanswered, { all: [], code: 'none' });
  assert.deepEqual(await waiting, { all: [{ a: 1 }], code: 'none' });
  await resting.return?.();
  await until(() => connections.every((connection) => connection.destroyed));
});

test('a subgraph that sends faster than its events are taken is made to wait', async (context) => {
  let sent = 0;
  const subgraph = await openRaw(
    context,
    (_, response) => {
      response.writeHead(200, type);
      const flood = (): void => {
        if (response.destroyed) return;
        sent += 1;
        response.write(next({ data: { a: 'x'.repeat(100_000) } }), (error) => {
          if (!error) setImmediate(flood);
        });
      };
      flood();
    },
    { responseBytesMax: 200_000 },
  );
  const answers = follow(subgraph, 'subscription { a }');
  await answers.next();
  let before = -1;
  while (sent !== before) {
    before = sent;
    await sleep(200);
  }
  assert.ok(sent < 1_000, `${sent} events of 100 kB were sent`);
  for (let taken = 1; taken < before; taken++) assert.equal((await answers.next()).done, false);
  await answers.next();
  assert.ok(sent > before, 'it goes on when they are taken');
  await answers.return?.();
});

test('close() ends subscriptions with an error', async (context) => {
  const subgraph = await openRaw(context, (_, response) => start(response, next({ data: { a: 1 } })));
  const answers = follow(subgraph, 'subscription { a }');
  await answers.next();
  await subgraph.close();
  assert.equal((await outcomeOf(answers)).code, 'SUBGRAPH_UNAVAILABLE');
});
