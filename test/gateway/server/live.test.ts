/** Supergraphs exchanged while they are served: real sockets before and behind the gateway, a real file between. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { createHttpServer } from '../../../gateway/server/http.ts';
import { createClientGateway, createDocuments } from '../../../gateway/server/documents.ts';
import { LiveSupergraph } from '../../../gateway/server/live.ts';
import { type Pipeline, createPipeline } from '../../../gateway/server/pipeline.ts';
import { createFileSource } from '../../../gateway/supergraph/file.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import type { Answer } from '../../support/gateway.ts';
import { serveSubgraph } from '../../support/http-subgraph.ts';
import { temporaryFolder } from '../../support/mesh.ts';
import { noGovernance } from '../../../mesh/policy/governance.ts';
import { type TestSubgraph, createSubgraph, federation } from '../../support/subgraph.ts';

const products = createSubgraph(
  'products',
  `${federation('@key')} type Query { product(id: ID!): Product } type Product @key(fields: "id") { id: ID! name: String }`,
  {
    Query: { product: (_: unknown, { id }: { id: string }) => ({ id, name: `P${id}` }) },
    Product: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `P${id}` }) },
  },
);
const stockSdl = `${federation('@key')} type Product @key(fields: "id") { id: ID! count: Int }`;
const stock = createSubgraph('stock', stockSdl, {
  Product: { __resolveReference: ({ id }: { id: string }) => ({ id, count: Number(id) * 10 }) },
});
/** Beside the count a text that names its version: another text for the supergraph, another type for clients. */
const stockOf = (version: number, count = 'Int'): TestSubgraph => ({
  ...stock,
  sdl: stockSdl.replace('count: Int', `count: ${count} v${version}: String`),
});

/** Ticks until it is told to end; in this process, for no subgraph behind HTTP serves streams here. */
function createTicker() {
  let wake = Promise.withResolvers<void>();
  let count = 0;
  const tick = (): void => {
    count += 1;
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const subgraph = createSubgraph(
    'ticker',
    `${federation('@key')}
    type Query { ticks: Int } type Subscription { tick: Tick alone: Tick }
    type Tick { number: Int product: Product } type Product @key(fields: "id", resolvable: false) { id: ID! }`,
    {
      Subscription: {
        tick: {
          async *subscribe() {
            for (;;) {
              await wake.promise;
              yield { tick: { number: count, product: { id: '3' } } };
            }
          },
        },
        alone: {
          async *subscribe() {
            for (;;) {
              await wake.promise;
              yield { alone: { number: count } };
            }
          },
        },
      },
    },
  );
  return { subgraph, tick };
}

function compose(subgraphs: readonly TestSubgraph[], urls: ReadonlyMap<string, string>): string {
  const result = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, url: urls.get(name) ?? '', typeDefs: parse(sdl) })),
  );
  if (result.errors) throw new AggregateError(result.errors);
  return result.supergraphSdl;
}

async function openLive(context: TestContext, sdlOf: (urls: ReadonlyMap<string, string>) => string) {
  const ticker = createTicker();
  const urls = new Map([
    ['products', await serveSubgraph(context, products)],
    ['stock', await serveSubgraph(context, stock)],
  ]);
  const file = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(file, sdlOf(urls));

  const notes: string[] = [];
  const open = new Set<string>();
  const opened: string[] = [];
  const live = new LiveSupergraph({
    source: createFileSource(file),
    local: new Map([['ticker', ticker.subgraph]]),
    note: (line) => notes.push(line),
    connect(address) {
      const subgraph = createHttpSubgraph({ ...address, sdl: '' });
      open.add(address.url);
      opened.push(address.url);
      return {
        ...subgraph,
        close() {
          open.delete(address.url);
          return subgraph.close();
        },
      };
    },
  });
  const report = (error: unknown): void => void notes.push(String(error));
  const pipeline = createPipeline({
    ...(await live.first()),
    governance: noGovernance,
    limits: defaultConfig.limits,
    recorder: null,
    report,
  });
  let swaps = 0;
  const counting: Pick<Pipeline, 'swap'> = {
    async swap(parts, signal) {
      await pipeline.swap(parts, signal);
      swaps += 1;
    },
  };
  live.follow(counting);
  const documents = createDocuments({ ...defaultConfig.documents, manifest: new Map() });
  const server = createHttpServer({
    gateway: createClientGateway(pipeline, { documents, report }),
    authenticate: async () => anonymous,
    config: defaultConfig,
    clock: systemClock,
    report,
    routes: [],
  });
  const { port } = await server.listen(0, '127.0.0.1');
  context.after(async () => {
    await server.close();
    await live.close();
    assert.deepEqual([...open], []);
  });
  const url = `http://127.0.0.1:${port}/graphql`;
  return { live, ticker, urls, file, notes, open, opened, url, swapped: () => swaps };
}

async function ask(url: string, query: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return (await response.json()) as Answer;
}

/** In one step: a test that writes in place would have to tell apart what a slow machine saw in between. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

/** Waits until it is so, for ten seconds at most. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let count = 0; !(await isSo()); count++) {
    assert.ok(count < 1_000, 'it did not come to pass in ten seconds');
    await sleep(10);
  }
}

function codeOf({ extensions }: { readonly extensions?: { readonly code?: string } }): string {
  return String(extensions?.code);
}

/** A subscription over a WebSocket; what it gave so far, and the codes of the errors that ended it. */
function subscribe(context: TestContext, url: string, query: string) {
  const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 });
  const answers: unknown[] = [];
  const ended: string[] = [];
  client.subscribe(
    { query },
    {
      next: (answer) => answers.push(answer),
      // When the test is over the socket is closed, which is told here too.
      error: (errors) => ended.push(...(Array.isArray(errors) ? errors.map(codeOf) : [])),
      complete: () => ended.push('complete'),
    },
  );
  context.after(() => client.dispose());
  return { answers, ended };
}

const all = (version: number, count?: string) => [products, stockOf(version, count)] as const;

test('a swap every 300 ms under load fails no request and ends no stream that is answered as before', async (context) => {
  const ticker = createTicker().subgraph;
  const sdlOf = (version: number) => (urls: ReadonlyMap<string, string>) => compose([...all(version), ticker], urls);
  const gateway = await openLive(context, sdlOf(0));
  const kept = subscribe(context, gateway.url, 'subscription { tick { number product { name count } } }');
  const alone = subscribe(context, gateway.url, 'subscription { alone { number } }');
  await until(() => {
    gateway.ticker.tick();
    return kept.answers.length > 0 && alone.answers.length > 0;
  });

  const load = new AbortController();
  context.after(() => load.abort());
  let answered = 0;
  const worker = async (id: number): Promise<void> => {
    while (!load.signal.aborted) {
      const answer = await ask(gateway.url, `{ product(id: "${id}") { name count a${answered % 7}: count } }`);
      assert.equal(answer.errors, undefined, JSON.stringify(answer));
      assert.match(JSON.stringify(answer.data), new RegExp(`"count":${id}0`));
      answered += 1;
    }
  };
  const workers = [1, 2, 3, 4].map(worker);
  const before = kept.answers.length;
  for (let version = 1; version <= 10; version++) {
    await replaceFile(gateway.file, sdlOf(version)(gateway.urls));
    await sleep(300);
    gateway.ticker.tick();
  }
  await until(() => gateway.swapped() >= 3);
  load.abort();
  await Promise.all(workers);
  gateway.ticker.tick();
  await until(() => kept.answers.length > before);

  assert.ok(answered > 50, `${answered} requests were answered`);
  assert.deepEqual([kept.ended, alone.ended], [[], []]);
  assert.deepEqual((kept.answers.at(-1) as { data: { tick: object } }).data.tick, {
    number: (kept.answers.at(-1) as { data: { tick: { number: number } } }).data.tick.number,
    product: { name: 'P3', count: 30 },
  });
  assert.deepEqual(gateway.notes, []);
  assert.equal(gateway.opened.length, 2, 'connections are kept over a swap');
  await until(async () => (await ask(gateway.url, '{ product(id: "1") { v10 } }')).errors === undefined);
});

test('a changed type is seen by the next request, and ends the streams that use it and no other', async (context) => {
  const ticker = createTicker().subgraph;
  const gateway = await openLive(context, (urls) => compose([...all(1), ticker], urls));
  const using = subscribe(context, gateway.url, 'subscription { tick { number product { count } } }');
  const other = subscribe(context, gateway.url, 'subscription { tick { number product { name } } }');
  await until(() => {
    gateway.ticker.tick();
    return using.answers.length > 0 && other.answers.length > 0;
  });
  await replaceFile(gateway.file, compose([...all(2, 'Int!'), ticker], gateway.urls));
  await until(() => gateway.swapped() === 1);
  const type = await ask(gateway.url, '{ __type(name: "Product") { fields { name type { kind } } } }');
  assert.match(JSON.stringify(type.data), /"name":"count","type":\{"kind":"NON_NULL"\}/);
  assert.match(JSON.stringify(type.data), /"name":"v2"/);
  assert.equal(
    (await ask(gateway.url, '{ product(id: "1") { v1 } }')).errors?.[0]?.extensions.code,
    'GRAPHQL_VALIDATION_FAILED',
  );
  await until(() => using.ended.length > 0);
  assert.deepEqual(using.ended, ['SUPERGRAPH_CHANGED']);
  assert.deepEqual(other.ended, []);
  const before = other.answers.length;
  gateway.ticker.tick();
  await until(() => other.answers.length > before);
});

test('a subgraph that moves is asked at its new place; the old connection is closed after its last request', async (context) => {
  const ticker = createTicker().subgraph;
  const gateway = await openLive(context, (urls) => compose([...all(1), ticker], urls));
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  const slow: TestSubgraph = {
    ...stock,
    async fetch(request, signal) {
      asked.resolve();
      await mayAnswer.promise;
      return stock.fetch(request, signal);
    },
  };
  const slowUrl = await serveSubgraph(context, slow);
  const oldUrl = gateway.urls.get('stock') ?? '';
  await replaceFile(gateway.file, compose([...all(2), ticker], new Map([...gateway.urls, ['stock', slowUrl]])));
  await until(() => gateway.swapped() === 1);
  assert.ok(!gateway.open.has(oldUrl));

  const underWay = ask(gateway.url, '{ product(id: "1") { name count } }');
  await asked.promise;
  await replaceFile(gateway.file, compose([...all(3), ticker], gateway.urls));
  await until(() => gateway.swapped() === 2);
  assert.deepEqual((await ask(gateway.url, '{ product(id: "2") { count } }')).data, { product: { count: 20 } });
  assert.ok(gateway.open.has(slowUrl), 'the connection that a request waits for stays');
  mayAnswer.resolve();
  assert.deepEqual(await underWay, { data: { product: { name: 'P1', count: 10 } } });
  await until(() => !gateway.open.has(slowUrl));
});

test('a broken supergraph changes nothing, is told of in one line, and is forgotten with the next good one', async (context) => {
  const ticker = createTicker().subgraph;
  const gateway = await openLive(context, (urls) => compose([...all(1), ticker], urls));
  const stream = subscribe(context, gateway.url, 'subscription { tick { number } }');
  const whole = compose([...all(1), ticker], gateway.urls);
  for (const broken of [
    whole.slice(0, whole.length / 2),
    '',
    'type Query { a: Int }',
    whole.replaceAll(/http:\S+?"/g, 'weft:here"'),
  ]) {
    gateway.notes.length = 0;
    await replaceFile(gateway.file, broken);
    await until(() => gateway.notes.length > 0);
    assert.equal(gateway.notes.length, 1);
    assert.match(
      gateway.notes[0] ?? '',
      /^The supergraph at \S+ is not taken; the last good one is served: (COMPOSITION_FAILED|CONFIG_INVALID) [^\n]+$/,
    );
    assert.match(
      gateway.live.trouble() ?? '',
      /^the last good supergraph is served: (COMPOSITION_FAILED|CONFIG_INVALID)$/,
    );
    assert.deepEqual(await ask(gateway.url, '{ product(id: "4") { name count } }'), {
      data: { product: { name: 'P4', count: 40 } },
    });
  }
  assert.equal(gateway.swapped(), 0);
  await replaceFile(gateway.file, compose([...all(2), ticker], gateway.urls));
  await until(() => gateway.swapped() === 1);
  assert.equal(gateway.live.trouble(), null);
  await until(() => {
    gateway.ticker.tick();
    return stream.answers.length > 0;
  });
  assert.deepEqual(stream.ended, []);
});
