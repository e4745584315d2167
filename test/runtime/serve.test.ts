/** A domain alone over HTTP: a Federation 2 subgraph that any router may stand before. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { isWeftError } from '../../mesh/core/error.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openLog } from '../../mesh/events/open.ts';
import { type Served, serveSubgraph } from '../../mesh/runtime/serve.ts';
import { finishedOf, temporaryFolder, until, writeDomain } from './fixture.ts';

const schema = `
type Query { tree(id: ID!): Tree @process(name: "tree") ask: Int @process(name: "ask") }
type Tree @key(fields: "id") @process(name: "trees") { id: ID! name: String }
`;
const body = `
const answer = (run) => aggregator('answer', run);
const processes = [
  defineProcess({ name: 'tree', logics: [], aggregator: answer(({ input, variables, result }) => result.finalize({ id: input.args.id, name: variables.name })) }),
  defineProcess({ name: 'trees', logics: [], aggregator: answer(({ input, result }) => result.finalize(input.references)) }),
  defineProcess({ name: 'ask', logics: [logic('ask', ({ mesh }) => mesh.query('{ a }'))], aggregator: answer(({ result }) => result.finalize(1)) }),
];
`;

async function serve(t: TestContext): Promise<{ served: Served; log: EventLog; lines: readonly string[] }> {
  const log = await openLog(join(temporaryFolder(t), 'log.db'));
  t.after(() => log.close());
  const lines: string[] = [];
  const folder = writeDomain(t, { schema, body });
  const served = await serveSubgraph({
    folder,
    host: '127.0.0.1',
    port: 0,
    log,
    variables: { name: 'Oak' },
    callers: 'everybody',
    writeLine: (line) => lines.push(line),
  });
  t.after(() => served.close());
  return { served, log, lines };
}

async function post(url: string, payload: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: payload });
  return { status: response.status, json: await response.json().catch(() => null) };
}

describe('serveSubgraph()', () => {
  test('answers queries, entities and its SDL', async (t) => {
    const { served } = await serve(t);
    const ask = async (query: string, variables = {}) =>
      (await post(served.url, JSON.stringify({ query, variables }))).json;
    assert.deepEqual(await ask('{ tree(id: "1") { id name } }'), { data: { tree: { id: '1', name: 'Oak' } } });
    assert.deepEqual(
      await ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Tree { id } } }', {
        r: [{ __typename: 'Tree', id: '2' }],
      }),
      { data: { _entities: [{ id: '2' }] } },
    );
    const { data } = (await ask('{ _service { sdl } }')) as { data: { _service: { sdl: string } } };
    assert.match(data._service.sdl, /type Tree\n {2}@key\(fields: "id"\)\n {2}@process\(name: "trees"\)/);
  });

  test('words errors as a subgraph of the mesh does, and runs alone', async (t) => {
    const { served, log } = await serve(t);
    const { json } = await post(served.url, JSON.stringify({ query: '{ ask }' }));
    const records = () => log.read({ filter: { types: ['weft.execution.finished'] } });
    // The answer does not wait for its record.
    await until(async () => (await records()).length === 1);
    const [record] = await records();
    assert.deepEqual(json, {
      data: { ask: null },
      errors: [
        {
          message: 'Process "ask" failed.',
          locations: [{ line: 1, column: 3 }],
          path: ['ask'],
          extensions: { executionId: record?.executionId, code: 'EXECUTION_FAILED' },
        },
      ],
    });
    assert.equal(finishedOf(record).error?.code, 'AGENT_FAILED');
    assert.match(finishedOf(record).error?.message ?? '', /a domain that runs alone/);
  });

  test('refuses what is no request for it', async (t) => {
    const { served } = await serve(t);
    assert.equal((await post(served.url, 'no json')).status, 400);
    assert.equal((await post(served.url, JSON.stringify({ query: '{ nothing }' }))).status, 400);
    assert.equal((await post(served.url, `"${'x'.repeat(2 ** 20)}"`)).status, 413);
    assert.equal((await post(new URL('/other', served.url).href, '{}')).status, 404);
    assert.equal(
      (await fetch(served.url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' })).status,
      405,
    );
  });

  test('says when its port is taken, and leaves nothing running', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await new Promise((done) => other.once('listening', done));
    const log = await openLog(join(temporaryFolder(t), 'log.db'));
    t.after(() => log.close());
    const { port } = other.address() as AddressInfo;
    await assert.rejects(
      serveSubgraph({
        folder: writeDomain(t, { schema, body }),
        host: '127.0.0.1',
        port,
        callers: 'everybody',
        log,
        writeLine: () => undefined,
      }),
      (thrown) => isWeftError(thrown, 'PORT_IN_USE'),
    );
  });
});
