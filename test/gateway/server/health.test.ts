/** Liveness and readiness, over a socket, with probes that work, fail and hang. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealthRoute, type HealthOptions } from '../../../gateway/server/health.ts';
import { startTiny } from './tiny.ts';

const up = async () => null;

async function look(context: Parameters<typeof startTiny>[0], path: string, options: Partial<HealthOptions>) {
  const route = createHealthRoute({ subgraphs: () => ({ airports: up }), parts: { log: up, lineage: up }, ...options });
  const { url } = await startTiny(context, { routes: [route] });
  const response = await fetch(url + path);
  return { status: response.status, body: (await response.json()) as unknown };
}

test('/health/ready is 200 when every part is up', async (context) => {
  assert.deepEqual(await look(context, '/health/ready', {}), {
    status: 200,
    body: { status: 'up', subgraphs: { airports: { status: 'up' } }, log: { status: 'up' }, lineage: { status: 'up' } },
  });
});

test('/health/ready is 503 and says which part is down and why', async (context) => {
  const subgraphs = () => ({ airports: up, flights: async () => 'connection refused' });
  const lineage = () => Promise.reject(new Error('no such host'));
  assert.deepEqual(await look(context, '/health/ready', { subgraphs, parts: { log: up, lineage } }), {
    status: 503,
    body: {
      status: 'down',
      subgraphs: { airports: { status: 'up' }, flights: { status: 'down', reason: 'connection refused' } },
      log: { status: 'up' },
      lineage: { status: 'down', reason: 'no such host' },
    },
  });
});

test('/health/ready does not wait for a part that says nothing', async (context) => {
  const { status, body } = await look(context, '/health/ready', { parts: { log: () => new Promise(() => {}) } });
  assert.equal(status, 503);
  assert.match(JSON.stringify(body), /"log":\{"status":"down","reason":"no answer within 2000 ms"\}/);
});

test('/health/live, or /health, is 200 whatever lies behind', async (context) => {
  for (const path of ['/health/live', '/health']) {
    const { status } = await look(context, path, { parts: { log: async () => 'gone' } });
    assert.equal(status, 200);
  }
});

test('requests that come together share one look', async (context) => {
  let looks = 0;
  const log = async () => {
    looks++;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return null;
  };
  const route = createHealthRoute({ subgraphs: () => ({}), parts: { log, lineage: up } });
  const { url } = await startTiny(context, { routes: [route] });
  await Promise.all([1, 2, 3].map(() => fetch(`${url}/health/ready`).then((response) => response.text())));
  assert.equal(looks, 1);
});
