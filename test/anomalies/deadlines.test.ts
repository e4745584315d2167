/** Deadlines, retries and the breaker as an operator sets them, in a gateway of its own process. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import type { Answer } from '../support/gateway.ts';
import { type FaultyMesh, products, reply, startFaultyMesh } from './misbehaving.ts';

const names = products.map(({ name }) => ({ name }));

async function codesOf(mesh: FaultyMesh, query: string): Promise<{ codes: string[]; ms: number; data: unknown }> {
  const { text, ms } = await mesh.ask(query);
  const answer = JSON.parse(text) as Answer;
  return { codes: (answer.errors ?? []).map(({ extensions }) => extensions.code), ms, data: answer.data };
}

test('each subgraph has its own deadline, and the request one for all', async (context) => {
  const mesh = await startFaultyMesh(
    context,
    (urls) => `timeouts: { request: 1500ms, subgraph: 20s }
subgraphs:
  stock: { routing_url: "${urls.bad}", timeout: 300ms }
`,
  );
  const quick = await codesOf(mesh, '{ products { name } depot { text } }');
  assert.deepEqual(quick.codes, ['SUBGRAPH_TIMED_OUT']);
  assert.deepEqual(quick.data, { products: names, depot: null });
  assert.ok(quick.ms >= 280 && quick.ms < 300 + 250 + 900, `took ${quick.ms} ms`);

  mesh.good.behave(() => undefined);
  const slow = await codesOf(mesh, '{ products { name } }');
  assert.ok(slow.codes.length > 0);
  assert.ok(slow.ms >= 1_400 && slow.ms < 1_500 + 250 + 2_000, `took ${slow.ms} ms`);
});

test('a query is asked again where nobody answered, a mutation never', async (context) => {
  const mesh = await startFaultyMesh(context, () => 'retries: { max: 1 }\n');
  mesh.bad.behave(({ socket }) => {
    if (mesh.bad.count() === 1) socket.resetAndDestroy();
    else reply(socket, '{"data":{"depot":{"text":"North"}}}');
  });
  assert.deepEqual((await codesOf(mesh, '{ depot { text } }')).data, { depot: { text: 'North' } });
  assert.equal(mesh.bad.count(), 2);
  mesh.bad.behave(({ socket }) => socket.resetAndDestroy());
  const refused = await codesOf(mesh, 'mutation { restock { text } }');
  assert.deepEqual(refused.codes, ['SUBGRAPH_UNAVAILABLE']);
  assert.equal(mesh.bad.count(), 3);
});

test('a subgraph that keeps failing is left alone, health says so, and it comes back by itself', async (context) => {
  const mesh = await startFaultyMesh(
    context,
    () => 'retries: { max: 0 }\nbreaker: { calls: 5, errors: 100, window: 60s, wait: 2s }\n',
  );
  mesh.bad.behave(({ socket }) => reply(socket, '<html>', '500 Oh'));
  for (let turn = 0; turn < 5; turn++) {
    assert.deepEqual((await codesOf(mesh, '{ depot { text } }')).codes, ['SUBGRAPH_INVALID_RESPONSE']);
  }
  const open = await codesOf(mesh, '{ products { name } depot { text } }');
  assert.deepEqual(open.codes, ['SUBGRAPH_CIRCUIT_OPEN']);
  assert.deepEqual(open.data, { products: names, depot: null });
  assert.match(await mesh.health(), /"stock":\{"status":"down","reason":"SUBGRAPH_CIRCUIT_OPEN"\}/);
  assert.equal(mesh.bad.count(), 5);
  mesh.bad.behave(({ socket }) => reply(socket, '{"data":{"depot":{"text":"North"}}}'));
  await sleep(2_100);
  assert.deepEqual((await codesOf(mesh, '{ depot { text } }')).data, { depot: { text: 'North' } });
});
