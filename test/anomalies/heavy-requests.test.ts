/** Requests made to hurt the gateway, over real sockets: each gets an error by code, and the next client its answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Answer } from '../support/gateway.ts';
import { products, startFaultyMesh } from './misbehaving.ts';

const nest = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const find = 'query ($where: Where) { find(where: $where) { name } }';
const bodies: Readonly<Record<string, readonly [body: string, code: string]>> = {
  'variables nested 100,000 levels deep': [
    `{"query":${JSON.stringify(find)},"variables":{"where":{"any":${nest(100_000)}}}}`,
    'LIMIT_EXCEEDED',
  ],
  'an input type within itself, 50,000 times': [
    `{"query":${JSON.stringify(find)},"variables":{"where":${'{"and":'.repeat(50_000)}null${'}'.repeat(50_000)}}}`,
    'LIMIT_EXCEEDED',
  ],
  'a list of 100,000 items': [
    `{"query":${JSON.stringify(find)},"variables":{"where":{"ids":[${Array(100_000).fill(1).join(',')}]}}}`,
    'LIMIT_EXCEEDED',
  ],
  'extensions nested 100,000 levels deep': [
    `{"query":"{ __typename }","extensions":{"persistedQuery":${nest(100_000)}}}`,
    'BAD_REQUEST',
  ],
  'a body nested 400,000 levels deep': [nest(400_000), 'BAD_REQUEST'],
  'a document nested 7,000 levels deep': [
    JSON.stringify({ query: `${'{products'.repeat(7_000)}${'}'.repeat(7_000)}` }),
    'LIMIT_EXCEEDED',
  ],
  'keys of prototypes': [
    '{"query":"{ nowhere }","variables":{"__proto__":{"a":1}},"__proto__":{}}',
    'GRAPHQL_VALIDATION_FAILED',
  ],
};

test('a gateway is not hurt by', async (context) => {
  const mesh = await startFaultyMesh(context, () => '');
  const written = mesh.output().length;
  for (const [what, [body, code]] of Object.entries(bodies)) {
    await context.test(what, async () => {
      const { text, ms } = await mesh.send(body);
      const answer = JSON.parse(text) as Answer;
      assert.equal(answer.errors?.[0]?.extensions.code, code, text.slice(0, 300));
      assert.ok(text.length < 10_000);
      assert.ok(ms < 3_000, `took ${ms} ms`);
      assert.equal(mesh.output().length, written, 'nothing for the operator to look at');
      const next = JSON.parse((await mesh.ask('{ products { name } }')).text) as Answer;
      assert.deepEqual(next, { data: { products: products.map(({ name }) => ({ name })) } });
    });
  }

  await context.test('the same over a WebSocket', async () => {
    const socket = new WebSocket(`${mesh.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    for (const [what, [body, code]] of Object.entries(bodies)) {
      if (!body.startsWith('{')) continue;
      socket.send(`{"id":${JSON.stringify(what)},"type":"subscribe","payload":${body}}`);
      const [message] = (await once(socket, 'message')) as [Buffer];
      const { payload } = JSON.parse(message.toString()) as { payload: Answer['errors'] };
      assert.equal(payload?.[0]?.extensions.code, code, what);
    }
    socket.close();
    await once(socket, 'close');
  });
});
