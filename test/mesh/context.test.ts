/** Domains that answer their gateway alone, as processes of their own: the gateway reads them, and nobody gets around it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLog } from '../../mesh/events/open.ts';
import { serveSubgraph } from '../../mesh/runtime/serve.ts';
import { writeDomain } from '../runtime/fixture.ts';
import type { Answer } from '../support/gateway.ts';
import { runWeft, serveWeft, startMesh, temporaryFolder } from '../support/mesh.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function ask(url: string, query: string, headers = {}): Promise<Answer & { readonly status: number }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const schemaFile = join(import.meta.dirname, '../../subgraphs/airports/schema.graphql');

test('a domain alone answers the gateway that it was told of, and nobody else', async (context) => {
  const folder = await temporaryFolder(context);
  const port = await freePort();
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const words = ['subgraph', 'airports', '--port', '0', '--data', folder, '--gateway', gatewayUrl];
  const airports = await serveWeft(context, words, folder);
  assert.match(airports.output(), /Answers the gateway alone/);

  const configOf = (more: string) =>
    `subgraphs:\n  airports: { routing_url: "${airports.url}/graphql", schema: { file: ${JSON.stringify(schemaFile)} }${more} }\n`;
  await writeFile(join(folder, 'weft.yaml'), configOf(', context: true'));
  const composed = await runWeft(['compose'], { cwd: folder }).exited;
  assert.equal(composed.status, 0, composed.stderr);
  await writeFile(join(folder, 'supergraph.graphql'), composed.stdout);
  const start = ['gateway', '--supergraph', 'supergraph.graphql', '--port'];
  const gateway = await serveWeft(context, [...start, String(port)], folder);

  const query = '{ airport(iata: "JFK") { name } }';
  const { data } = await ask(gateway.url, query);
  assert.deepEqual(data, { airport: { name: 'John F Kennedy Intl' } });
  assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);

  for (const direct of [query, '{ _service { sdl } }', '{ __schema { types { name } } }']) {
    const { status, ...refused } = await ask(airports.url, direct);
    assert.equal(status, 401);
    assert.deepEqual(Object.keys(refused), ['errors']);
    assert.equal(refused.errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
  }

  // Another gateway signs with another key; one that signs nothing gets nothing.
  const other = await serveWeft(context, [...start, '0'], folder);
  assert.deepEqual((await ask(other.url, query)).data, { airport: null });
  assert.equal((await fetch(`${other.url}/health/ready`)).status, 503);
  await writeFile(join(folder, 'weft.yaml'), configOf(''));
  const silent = await serveWeft(context, [...start, '0'], folder);
  assert.deepEqual((await ask(silent.url, query)).data, { airport: null });
});

test('the mesh reads the schema of a domain that answers nobody without a context, and asks it on behalf of its users', async (context) => {
  const folder = await temporaryFolder(context);
  const port = await freePort();
  const log = await openLog(join(folder, 'far.db'));
  context.after(() => log.close());
  const far = await serveSubgraph({
    folder: writeDomain(context, {
      name: 'far',
      schema: 'type Query { whoAsks: String @process(name: "whoAsks") }',
      body: `const processes = [defineProcess({ name: 'whoAsks', logics: [], aggregator: aggregator('answer', ({ subject, result }) => result.finalize(String(subject.id))) })];`,
    }),
    host: '127.0.0.1',
    port: 0,
    log,
    callers: { jwks: `http://127.0.0.1:${port}/.well-known/jwks.json` },
    writeLine: () => undefined,
  });
  context.after(() => far.close());
  const config = join(folder, 'weft.yaml');
  await writeFile(config, `subgraphs:\n  far: { routing_url: "${far.url}", context: true }\n`);
  // Of two ports on the command line the last one counts.
  const mesh = await startMesh(context, { arguments: ['--port', String(port), '--config', config] });
  assert.ok(!mesh.output().includes('left out'), mesh.output());
  assert.deepEqual(await mesh.ask('{ whoAsks }'), { data: { whoAsks: 'null' } });
  assert.deepEqual(await mesh.ask('{ whoAsks }', { authorization: 'Mock ana' }), { data: { whoAsks: 'ana' } });
  assert.deepEqual(await mesh.ask('{ whoAsks }', { authorization: 'Mock piet', 'weft-context': 'forged' }), {
    data: { whoAsks: 'piet' },
  });
  const keys = await (await fetch(`${mesh.url}/.well-known/jwks.json`)).text();
  assert.match(keys, /"crv":"Ed25519"/);
  assert.ok(!keys.includes('"d":'));
});
