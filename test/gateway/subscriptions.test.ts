/** Subscriptions from end to end: a client's stream, the gateway, and a subgraph behind HTTP that feeds it. */
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { createTestGateway } from '../support/gateway.ts';
import { createSubgraph, federation } from '../support/subgraph.ts';
import { listen, open, until } from './execute/streaming.ts';
import { startTiny } from './server/tiny.ts';

const shop = `${federation('@key')}
  type Query { a: Int }
  type Subscription { priced: Product }
  type Product @key(fields: "id") { id: ID! price: Int }
`;
const names = `${federation('@key')}
  type Query { b: Int }
  type Product @key(fields: "id") { id: ID! name: String }
`;

/** A gateway before `shop`, over WebSocket, which gives prices until it is told otherwise, and `names`, in this process. */
async function openMesh(context: TestContext) {
  const server = await listen(context);
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const seen = { upgrades: [] as IncomingHttpHeaders[], stopped: 0 };
  sockets.on('connection', (_, request) => seen.upgrades.push(request.headers));
  const schema = buildSubgraphSchema({ typeDefs: parse(shop) });
  async function* priced() {
    try {
      for (let price = 1; ; price++) {
        yield { priced: { id: `p${price}`, price } };
        await sleep(5);
      }
    } finally {
      seen.stopped += 1;
    }
  }
  const disposable = useServer({ schema, roots: { subscription: { priced } } }, sockets);
  context.after(() => disposable.dispose());
  const remote = open(context, server, { sdl: shop, subscriptions: { protocol: 'ws', url: null } });
  const local = createSubgraph('names', names, {
    Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `name of ${id}` }) },
  });
  const { pipeline } = createTestGateway([remote, local]);
  const tiny = await startTiny(context, { gateway: pipeline, config: { headers: { forward: ['x-tenant'] } } });
  const cut = (): void => sockets.clients.forEach((socket) => socket.close(1011, 'secret'));
  return { ...tiny, seen, cut };
}

const query = 'subscription { priced { id name price } }';

function openEvents(url: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', 'x-tenant': 'acme' },
    body: JSON.stringify({ query }),
    signal: signal ?? null,
  });
}

test('each event of the subgraph is completed by the others, until the client leaves', async (context) => {
  const { url, seen } = await openMesh(context);
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { 'x-tenant': 'acme', 'x-secret': 'kept' },
  });
  const answers: unknown[] = [];
  for await (const answer of client.iterate({ query })) {
    answers.push(answer);
    if (answers.length === 2) break;
  }
  assert.deepEqual(
    answers,
    [1, 2].map((price) => ({ data: { priced: { id: `p${price}`, name: `name of p${price}`, price } } })),
  );
  await until(() => seen.stopped === 1);
  assert.deepEqual([seen.upgrades[0]?.['x-tenant'], seen.upgrades[0]?.['x-secret']], ['acme', undefined]);
  await client.dispose();
});

/** The stream's text up to its first event, and the rest of it. */
async function readEvent(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const read = async (): Promise<boolean> => {
    const part = await reader?.read();
    text += part?.value ?? '';
    return part?.done !== false;
  };
  while (!text.includes('event: next')) assert.equal(await read(), false, text);
  return {
    async rest() {
      while (!(await read()));
      return text;
    },
  };
}

test('a stream of events ends at its subgraph when its client leaves', async (context) => {
  const { url, seen } = await openMesh(context);
  const leaving = new AbortController();
  const response = await openEvents(url, leaving.signal);
  await readEvent(response);
  leaving.abort();
  await until(() => seen.stopped === 1);
  assert.equal(seen.upgrades[0]?.['x-tenant'], 'acme');
});

test('a subgraph that is gone ends the stream with a coded error that says nothing else of it', async (context) => {
  const { url, cut, reports } = await openMesh(context);
  const stream = await readEvent(await openEvents(url));
  cut();
  const text = await stream.rest();
  assert.match(text, /^event: next\ndata: \{"data":\{"priced":\{"id":"p1",/m);
  assert.match(text, /"code":"SUBGRAPH_UNAVAILABLE".*\n\nevent: complete\ndata: \n\n$/);
  assert.match(text, /Subgraph \\"shop\\" closed the subscription \(1011\)\./);
  assert.doesNotMatch(text, /secret|127\.0\.0\.1/);
  assert.equal(reports.length, 1);
});
