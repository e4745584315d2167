/** Recording what a gateway is asked: each different operation once, in a file for its owner alone, without values. */
import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openOperationRecorder } from '../../../gateway/server/operation-recorder.ts';
import type { Pipeline } from '../../../gateway/server/pipeline.ts';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import type { JsonObject } from '../../../mesh/core/json.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { noGovernance } from '../../../mesh/policy/governance.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { temporaryFolder } from '../../support/mesh.ts';
import { composeRuled } from '../../support/ruled.ts';
import { somebody } from '../../support/simulation.ts';
import { createSubgraph } from '../../support/subgraph.ts';

const canary = 'c4n4ry';
const shop = createSubgraph('shop', 'type Query { order(mail: String): Order } type Order { id: ID region: String }', {
  Query: { order: () => ({ id: canary, region: 'eu' }) },
});
const supergraph = composeRuled([shop], { Order: '@weft__rows(where: "object.region == subject.claims.region")' });

interface Recorded {
  readonly file: string;
  readonly notes: string[];
  readonly pipeline: Pipeline;
  ask(query: string, options?: { readonly variables?: JsonObject; readonly subject?: Subject }): Promise<void>;
  close(): Promise<readonly JsonObject[]>;
}

async function openRecorded(context: TestContext, file?: string): Promise<Recorded> {
  const path = file ?? join(await temporaryFolder(context), 'operations.jsonl');
  const notes: string[] = [];
  const recorder = await openOperationRecorder({
    file: path,
    supergraph: readSupergraph(supergraph),
    governance: noGovernance,
    limits: defaultConfig.limits,
    note: (line) => notes.push(line),
  });
  const pipeline = recorder.watch(createTestGateway([shop], { supergraph }).pipeline);
  return {
    file: path,
    notes,
    pipeline,
    async ask(query, { variables = {}, subject = anonymous } = {}) {
      const request = { query, operationName: null, variables, subject, headers: {}, readOnly: false };
      await pipeline.execute(request, new AbortController().signal);
    },
    async close() {
      await recorder.close();
      const text = await readFile(path, 'utf8');
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as JsonObject]));
    },
  };
}

test('each different operation is recorded once, by kind of subject, and nothing that was given', async (context) => {
  const { ask, close, file, notes } = await openRecorded(context);
  const eu = (id: string) => somebody({ id, claims: { sub: id, region: 'eu', mail: canary } });
  const query = 'query ($mail: String) { order(mail: $mail) { id } }';
  await ask(query, { variables: { mail: canary }, subject: eu('ana') });
  await ask(query, { variables: { mail: `${canary}2` }, subject: eu('ben') });
  await ask(`{ order(mail: "${canary}") { id } }`);
  await ask(`{ order(mail: "${canary}3") { id } }`);
  // Refused before it was executed.
  await ask(`{ order(mail: "a") { ${canary} } }`);
  const lines = await close();
  assert.deepEqual(
    lines.map(({ variables, subject }) => [variables, subject]),
    [
      [
        { mail: null },
        { signedIn: true, roles: [], scopes: [], purpose: null, domain: null, claims: { region: 'eu' } },
      ],
      [{}, { signedIn: false, roles: [], scopes: [], purpose: null, domain: null, claims: {} }],
    ],
  );
  const text = await readFile(file, 'utf8');
  assert.doesNotMatch(text, /c4n4ry|ana|ben/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(notes, []);
});

test('a file that is there is gone on with, and closed to others', async (context) => {
  const first = await openRecorded(context);
  await first.ask('{ order { id } }');
  const [line] = await first.close();
  await chmod(first.file, 0o644);
  const second = await openRecorded(context, first.file);
  assert.equal((await stat(first.file)).mode & 0o777, 0o600);
  await second.ask('{ order { id } }');
  await second.ask('{ order { region } }');
  const lines = await second.close();
  assert.equal(lines.length, 2);
  assert.deepEqual(lines[0], line);
});

test('recording ends where the file is full, and says so once', async (context) => {
  const folder = await temporaryFolder(context);
  const file = join(folder, 'operations.jsonl');
  await writeFile(file, Array.from({ length: limits.recordingsMax - 1 }, (_, index) => `{"n":${index}}\n`).join(''));
  const { ask, close, notes } = await openRecorded(context, file);
  for (const query of ['{ order { id } }', '{ order { region } }', '{ order { id region } }']) await ask(query);
  assert.equal((await close()).length, limits.recordingsMax);
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? '', /^operations are not recorded any more: .* holds 10000$/);
});

test('what rules come to read is recorded from then on', async (context) => {
  const { ask, close, pipeline } = await openRecorded(context);
  const subject = somebody({ claims: { region: 'eu', team: 'x' } });
  await ask('{ order { id } }', { subject });
  const other = composeRuled([shop], { Order: '@weft__rows(where: "object.region == subject.claims.team")' });
  await pipeline.swap({ supergraph: readSupergraph(other), subgraphs: new Map([['shop', shop]]) });
  await ask('{ order { id } }', { subject });
  const claims = (await close()).map((line) => (line['subject'] as JsonObject)['claims']);
  assert.deepEqual(claims, [{ region: 'eu' }, { team: 'x' }]);
});

test('a file that cannot be written to is refused', async (context) => {
  const folder = await temporaryFolder(context);
  await assert.rejects(openRecorded(context, join(folder, 'none', 'operations.jsonl')), {
    code: 'STORE_UNAVAILABLE',
    message: /^Cannot record operations to /,
  });
});
