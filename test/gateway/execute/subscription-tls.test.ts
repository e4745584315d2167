/** Subscriptions of a subgraph behind https: its certificate is looked at for either protocol. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { WebSocketServer } from 'ws';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { asked, next } from './speaking.ts';
import { follow, outcomeOf } from './streaming.ts';

const folder = join(import.meta.dirname, '../../support/tls');
const cert = readFileSync(join(folder, 'certificate.pem'), 'utf8');
const key = readFileSync(join(folder, 'key.pem'), 'utf8');

/** Serves one event over both protocols. */
async function open(context: TestContext, protocol: 'ws' | 'sse') {
  const answer = { data: { a: 'Zürich 東京' } };
  const server = createServer({ cert, key }, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`data: ${JSON.stringify(answer)}\n\nevent: complete\ndata:\n\n`);
  });
  new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' }).on(
    'connection',
    asked((socket, id) => {
      socket.send(next(id, answer));
      socket.send(JSON.stringify({ type: 'complete', id }));
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/graphql`;
  const subgraph = createHttpSubgraph({ name: 'shop', sdl: '', url, subscriptions: { protocol, url: null } });
  context.after(async () => {
    await subgraph.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return outcomeOf(follow(subgraph, 'subscription { a }'));
}

test('a certificate that nobody vouches for is not talked to', async (context) => {
  for (const protocol of ['ws', 'sse'] as const) {
    assert.deepEqual(await open(context, protocol), { all: [], code: 'SUBGRAPH_UNAVAILABLE' });
  }
});

test('events arrive over TLS', async (context) => {
  setDefaultCACertificates([...getCACertificates('default'), cert]);
  for (const protocol of ['ws', 'sse'] as const) {
    assert.deepEqual(await open(context, protocol), { all: [{ a: 'Zürich 東京' }], code: 'none' });
  }
});
