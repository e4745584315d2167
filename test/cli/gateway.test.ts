/** `weft gateway` in a process of its own: from a URL and a file, with supergraphs that come, change and break. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '../../mesh/events/open.ts';
import { serveHttp, serveSubgraph } from '../support/http-subgraph.ts';
import { runWeft, serveWeft, temporaryFolder } from '../support/mesh.ts';
import { composeRuled } from '../support/ruled.ts';
import { composeForTest, createSubgraph, federation } from '../support/subgraph.ts';

const shop = createSubgraph('shop', `${federation('@key')} type Query { open: Boolean! }`, {
  Query: { open: () => true },
});

async function composeShop(context: TestContext): Promise<string> {
  return composeForTest([shop]).replace('http://shop.test', await serveSubgraph(context, shop));
}

async function get(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

/** Waits until it is so, for ten seconds at most. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let count = 0; !(await isSo()); count++) {
    assert.ok(count < 500, 'it did not come to pass in ten seconds');
    await sleep(20);
  }
}

test('weft gateway serves the supergraph of a URL, takes up what is new, and keeps the last good one', async (context) => {
  const folder = await temporaryFolder(context);
  const good = await composeShop(context);
  let [text, unchanged] = [good, 0];
  const registry = await serveHttp(context, ({ headers }, response) => {
    const etag = `"${text.length}"`;
    if (headers['if-none-match'] === etag) unchanged += 1;
    if (headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(text);
  });
  await writeFile(join(folder, 'weft.yaml'), 'supergraph: { poll: 50ms }\n');
  const { url, output } = await serveWeft(context, ['gateway', '--supergraph', registry, '--port', '0'], folder);
  const ready = `${url}/health/ready`;
  const up = { status: 'up', supergraph: { status: 'up' }, subgraphs: { shop: { status: 'up' } } };
  assert.deepEqual(await get(`${url}/graphql?query={open}`), { status: 200, body: { data: { open: true } } });
  assert.deepEqual(await get(ready), { status: 200, body: up });
  await until(async () => unchanged > 2);

  text = good.slice(0, good.length / 2);
  await until(async () => output().includes('COMPOSITION_FAILED'));
  const reason = 'the last good supergraph is served: COMPOSITION_FAILED';
  assert.deepEqual(await get(ready), { status: 200, body: { ...up, supergraph: { status: 'stale', reason } } });
  assert.deepEqual(await get(`${url}/graphql?query={open}`), { status: 200, body: { data: { open: true } } });

  text = good.replace(/open: Boolean!/, 'open: Boolean! closed: Boolean');
  const query = `${url}/graphql?query={__type(name:"Query"){fields{name}}}`;
  await until(async () => JSON.stringify(await get(query)).includes('closed'));
  assert.deepEqual(await get(ready), { status: 200, body: up });
  const lines = output()
    .split('\n')
    .filter((line) => line.includes('is not taken'));
  assert.equal(lines.length, 1, output());
});

test('weft gateway does not start without a first good supergraph, and says why', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'broken.graphql'), 'type Query { a: ');
  await writeFile(join(folder, 'unreachable.graphql'), composeForTest([shop]).replace('http://shop.test', 'weft:shop'));
  for (const [supergraph, status, words] of [
    ['nowhere.graphql', 3, /^SUPERGRAPH_UNAVAILABLE  Cannot read the supergraph from "nowhere\.graphql"/],
    [
      'http://127.0.0.1:1/supergraph',
      3,
      /^SUPERGRAPH_UNAVAILABLE  Cannot read the supergraph from "http:\/\/127\.0\.0\.1:1\/supergraph": found .*\n$/,
    ],
    ['broken.graphql', 2, /^COMPOSITION_FAILED  Cannot read the supergraph/],
    ['unreachable.graphql', 2, /^CONFIG_INVALID  Cannot reach subgraph "shop"/],
  ] as const) {
    const run = await runWeft(['gateway', '--supergraph', supergraph, '--port', '0'], { cwd: folder }).exited;
    assert.match(run.stderr, words);
    assert.equal(run.status, status);
  }
});

test('weft gateway --data records what policy decides there, for weft audit verify', async (context) => {
  const folder = await temporaryFolder(context);
  const supergraph = composeRuled([shop], { 'Query.open': '@authenticated' });
  const served = supergraph.replace('http://shop.test', await serveSubgraph(context, shop));
  await writeFile(join(folder, 'supergraph.graphql'), served);
  const words = ['gateway', '--supergraph', 'supergraph.graphql', '--port', '0', '--data', 'audited'];
  const { url, stop } = await serveWeft(context, words, folder);
  const response = await fetch(`${url}/graphql?query={open}`);
  const id = response.headers.get('x-request-id');
  assert.equal(JSON.parse(await response.text()).data, null);

  const data = join(folder, 'audited');
  const log = await openLog(join(data, 'log.db'));
  await until(async () => (await log.end()) === 2);
  const { status, stdout } = await runWeft(['audit', 'verify', '--data', data]).exited;
  assert.equal(status, 0);
  assert.match(stdout, /^2 records in 1 chain/);
  assert.equal(await stop(), 0);
  const events = await log.read();
  await log.close();
  assert.deepEqual(
    events.map(({ type, target, payload }) => [type, target, payload['isTaken'] ?? null]),
    [
      ['weft.policy.changed', '', true],
      ['weft.access.denied', `request:${id}`, null],
    ],
  );
});
