/** Subscriptions of a subgraph over WebSocket: against graphql-ws with graphql-js behind it, and against sockets that misbehave. */
import assert from 'node:assert/strict';

import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { createSubscriptions } from '../../../gateway/execute/subscription.ts';
import { type Message, asked, next, openRaw, overSocket } from './speaking.ts';
import { follow, listen, open, outcomeOf, still, subscription, until } from './streaming.ts';

/** What a graphql-ws server saw. */
interface Seen {
  readonly upgrades: IncomingHttpHeaders[];
  readonly params: unknown[];
  /** Subscriptions whose source was told to stop. */
  stopped: number;
  open: number;
}

const schema = buildSchema(`
  type Query { a: Int }
  type Subscription { count(to: Int!): Int! wait: Int! text: String! fails: Int! }
`);

async function openReal(context: TestContext, options = {}) {
  const seen: Seen = { upgrades: [], params: [], stopped: 0, open: 0 };
  const server = await listen(context);
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const roots = {
    async *count({ to }: { to: number }) {
      for (let count = 1; count <= to; count++) yield { count };
    },
    async *wait() {
      try {
        for (let wait = 1; ; wait++) {
          yield { wait };
          await sleep(5);
        }
      } finally {
        seen.stopped += 1;
      }
    },
    async *text() {
      yield { text: 'line\n"é€😀' };
    },
    async *fails() {
      yield { fails: 1 };
      yield { fails: null };
    },
  };
  const disposable = useServer<Record<string, unknown>>(
    {
      schema,
      roots: { subscription: roots },
      onConnect: ({ connectionParams }) => {
        seen.params.push(connectionParams ?? null);
      },
    },
    sockets,
  );
  sockets.on('connection', (socket, request) => {
    seen.upgrades.push(request.headers);
    seen.open += 1;
    socket.on('close', () => (seen.open -= 1));
  });
  context.after(() => disposable.dispose());
  return { seen, subgraph: open(context, server, { subscriptions: overSocket, ...options }) };
}

test('answers come in order, with what is said of their text, until the subgraph completes', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const request = subscription('subscription ($to: Int!) { count(to: $to) }', { variablesJson: '{"to":3}' });
  assert.deepEqual(await outcomeOf(follow(subgraph, request)), {
    all: [{ count: 1 }, { count: 2 }, { count: 3 }],
    code: 'none',
  });
  const texts = follow(subgraph, 'subscription { text }');
  const { value } = await texts.next();
  assert.deepEqual([value?.data, value?.plain], [{ text: 'line\n"é€😀' }, false]);
  await texts.return?.();
  await until(() => seen.open === 0);
});

test('an error in an event is part of its answer; a refusal is one answer without data, and the last', async (context) => {
  const { subgraph } = await openReal(context);
  const { all, code } = await outcomeOf(follow(subgraph, 'subscription { fails }'));
  assert.equal(code, 'none');
  assert.deepEqual(all[0], { fails: 1 });
  assert.match(
    JSON.stringify(all[1]),
    /^\{"data":null,"errors":\[\{"message":"Cannot return null.*"path":\["fails"\]\}\]\}$/,
  );
  const refused = await outcomeOf(follow(subgraph, 'subscription { nothing }'));
  assert.equal(refused.code, 'none');
  assert.match(
    JSON.stringify(refused.all),
    /^\[\{"data":null,"errors":\[\{"message":"Cannot query field \\"nothing\\"/,
  );
});

test('forwarded headers go with the upgrade and into connection_init, each subscription on its own socket', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const ended = new AbortController();
  const wait = (headers: Record<string, string>) =>
    follow(subgraph, subscription('subscription { wait }', { headers }), ended.signal);
  const ada = wait({ authorization: 'Bearer ada', 'sec-websocket-protocol': 'other', host: 'elsewhere' });
  const bob = wait({ authorization: 'Bearer bob' });
  const twin = wait({ authorization: 'Bearer bob' });
  const nobody = wait({});
  for (const one of [ada, bob, twin, nobody]) await one.next();
  assert.equal(seen.open, 4);
  assert.deepEqual(
    seen.upgrades.map(({ authorization, 'sec-websocket-protocol': protocol }) => [authorization, protocol]),
    ['Bearer ada', 'Bearer bob', 'Bearer bob', undefined].map((authorization) => [
      authorization,
      'graphql-transport-ws',
    ]),
  );
  assert.doesNotMatch(seen.upgrades[0]?.host ?? '', /elsewhere/);
  assert.deepEqual(seen.params, [
    { authorization: 'Bearer ada' },
    { authorization: 'Bearer bob' },
    { authorization: 'Bearer bob' },
    null,
  ]);
  ended.abort();
  await until(() => seen.open === 0);
});

test('a header that would end its line is not sent, and nothing else is', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const request = subscription('subscription { wait }', { headers: { 'x-tag': 'a\r\nx-admin: 1' } });
  assert.equal((await outcomeOf(follow(subgraph, request))).code, 'SUBGRAPH_UNAVAILABLE');
  assert.equal(seen.upgrades.length, 0);
});

test('the subgraph is told when the client leaves, whether it waits for an event or not', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const controller = new AbortController();
  const waiting = outcomeOf(follow(subgraph, 'subscription { wait }', controller.signal));
  const taking = follow(subgraph, 'subscription { wait }');
  await taking.next();
  await until(() => seen.open === 2);
  controller.abort();
  assert.equal((await waiting).code, 'none');
  await taking.return?.();
  await until(() => seen.stopped === 2 && seen.open === 0);
  const late = await outcomeOf(follow(subgraph, 'subscription { wait }', controller.signal));
  assert.deepEqual(late, { all: [], code: 'none' });
  assert.equal(seen.upgrades.length, 2, 'one that is over before it begins opens nothing');
});

test('a client that leaves while the socket opens, or is not acknowledged, leaves nothing behind', async (context) => {
  const sockets: WebSocket[] = [];
  const subgraph = await openRaw(context, (socket) => void sockets.push(socket));
  for (const waitMs of [0, 100]) {
    const controller = new AbortController();
    const outcome = outcomeOf(follow(subgraph, 'subscription { wait }', controller.signal));
    await sleep(waitMs);
    controller.abort();
    assert.equal((await outcome).code, 'none');
  }
  await until(() => sockets.every((socket) => socket.readyState === socket.CLOSED));
});

test('a redirect is not followed: another host would see the forwarded headers', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const server = await listen(context);
  server.on('upgrade', (_, socket) => {
    socket.end(`HTTP/1.1 302 Found\r\nlocation: ${subgraph.origin.replace('http', 'ws')}\r\ncontent-length: 0\r\n\r\n`);
  });
  const redirected = open(context, server, { subscriptions: overSocket });
  assert.equal((await outcomeOf(follow(redirected, 'subscription { wait }'))).code, 'SUBGRAPH_UNAVAILABLE');
  assert.equal(seen.upgrades.length, 0);
});

test('a ping is answered, and complete is sent once the subscription is left', async (context) => {
  const heard: Message[] = [];
  const speak = asked(
    (socket, id) => {
      socket.send('{"type":"ping","payload":{"n":1}}');
      socket.send('{"type":"pong"}');
      socket.send(next(id, { data: { a: 1 } }));
    },
    (message) => heard.push(message),
  );
  const answers = follow(await openRaw(context, speak), 'subscription { a }');
  await answers.next();
  await until(() => heard.length === 1);
  await answers.return?.();
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [{ type: 'pong' }, { id: '1', type: 'complete' }]);
});

test('a subgraph that does not say goodbye is left without', async (context) => {
  const closed = Promise.withResolvers<void>();
  const speak = asked((socket, id) => {
    socket.send(next(id, { data: { a: 1 } }));
    // It reads nothing more; that the other side is gone shows when it writes.
    socket.pause();
    const writing = setInterval(() => socket.ping(() => undefined), 20);
    socket.once('close', () => {
      clearInterval(writing);
      closed.resolve();
    });
  });
  const answers = follow(await openRaw(context, speak), 'subscription { a }');
  await answers.next();
  await answers.return?.();
  await closed.promise;
});

test('a subgraph that sends faster than its events are taken is made to wait', async (context) => {
  let sent = 0;
  const speak = asked((socket, id) => {
    const flood = (): void => {
      if (socket.readyState !== socket.OPEN) return;
      sent += 1;
      socket.send(next(id, { data: { a: 'x'.repeat(100_000) } }), (error) => {
        if (!error) setImmediate(flood);
      });
    };
    flood();
  });
  const subgraph = await openRaw(context, speak, { responseBytesMax: 200_000 });
  const answers = follow(subgraph, 'subscription { a }');
  await answers.next();
  let before = -1;
  // Buffers of both kernels fill; then nothing more goes out.
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

test('a subgraph that is gone without a word is given up; one that only has nothing to say is not', async (context) => {
  const server = await listen(context);
  const sockets = new WebSocketServer({ server, autoPong: false, handleProtocols: () => 'graphql-transport-ws' });
  context.after(() => sockets.clients.forEach((socket) => socket.terminate()));
  let pings = 0;
  let isGone = false;
  sockets.on('connection', (socket) => {
    asked(() => undefined)(socket);
    socket.on('ping', () => {
      pings += 1;
      if (!isGone) socket.pong();
    });
  });
  const { port } = server.address() as AddressInfo;
  const { subscribe } = createSubscriptions({
    ...overSocket,
    name: 'shop',
    routingUrl: new URL(`http://127.0.0.1:${port}/`),
    timeoutMs: 2_000,
    responseBytesMax: 4_096,
    heartbeatMs: 50,
  });
  let isOver = false;
  const answers = subscribe(subscription('subscription { a }'), still)[Symbol.asyncIterator]();
  const outcome = outcomeOf(answers).finally(() => (isOver = true));
  await until(() => pings >= 4);
  assert.equal(isOver, false);
  isGone = true;
  assert.deepEqual(await outcome, { all: [], code: 'SUBGRAPH_UNAVAILABLE' });
});

test('close() ends subscriptions with an error and refuses later ones', async (context) => {
  const { subgraph, seen } = await openReal(context);
  const answers = follow(subgraph, 'subscription { wait }');
  await answers.next();
  await subgraph.close();
  assert.equal((await outcomeOf(answers)).code, 'SUBGRAPH_UNAVAILABLE');
  assert.equal((await outcomeOf(follow(subgraph, 'subscription { wait }'))).code, 'SUBGRAPH_UNAVAILABLE');
  await until(() => seen.open === 0);
});

test('the address may be another than that of queries; one that is none is refused at once', async (context) => {
  const { subgraph, seen } = await openReal(context, {});
  const elsewhere = (url: string) =>
    createHttpSubgraph({ name: 'shop', sdl: '', url: 'http://127.0.0.1:1/', subscriptions: { protocol: 'ws', url } });
  for (const url of [subgraph.origin, subgraph.origin.replace('http', 'ws')]) {
    assert.equal((await outcomeOf(follow(elsewhere(url), 'subscription { count(to: 1) }', still))).code, 'none');
  }
  assert.equal(seen.upgrades.length, 2);
  assert.throws(() => elsewhere('ftp://x'), {
    code: 'CONFIG_INVALID',
    message:
      'Cannot subscribe to subgraph "shop": found "ftp://x" as its address for subscriptions, wanted a ws:, wss:, http: or https: address. Set `subgraphs.NAME.subscriptions.url`.',
  });
});

test('a connection that ended is noticed by the one who waits', async (context) => {
  const subgraph = await openRaw(
    context,
    asked((socket, id) => {
      socket.send(next(id, { data: { a: 1 } }));
      setTimeout(() => socket.terminate(), 20);
    }),
  );
  const answers = follow(subgraph, 'subscription { a }');
  assert.deepEqual((await answers.next()).value?.data, { a: 1 });
  assert.equal((await outcomeOf(answers)).code, 'SUBGRAPH_UNAVAILABLE');
});
