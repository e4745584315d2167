/** The audit as its users meet it: the id of a request, what was decided on it, and `weft audit verify`. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningMesh, runWeft, startMesh, temporaryFolder } from '../support/mesh.ts';

async function post({ url }: Pick<RunningMesh, 'url'>, query: string, user?: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(user && { authorization: `Mock ${user}` }) },
    body: JSON.stringify({ query }),
  });
  const text = await response.text();
  return { id: response.headers.get('x-request-id') ?? '', text, body: JSON.parse(text) };
}

const verify = (data: string, ...words: string[]) => runWeft(['audit', 'verify', '--data', data, ...words]).exited;

test('a subject learns what was decided on its request, and nobody else does; the audit is whole, also after a kill', async (context: TestContext) => {
  const data = await temporaryFolder(context);
  const mesh = await startMesh(context, { data });
  const asked = await post(mesh, 'query Who { travellers(first: 1) { id email bookings { id } } }', 'ana');
  assert.match(asked.id, /^[0-9a-f]{24}-[0-9a-z]+$/);
  assert.equal(asked.body.data.travellers[0].email, null);

  const explain = `{ explain(requestId: "${asked.id}") { requestId operation subject revision decisions { coordinate verdict rule ruleAt code } } }`;
  let explained = await post(mesh, explain, 'ana');
  for (let i = 0; i < 100 && explained.body.data.explain.length === 0; i++) {
    await sleep(50);
    explained = await post(mesh, explain, 'ana');
  }
  const [decided] = explained.body.data.explain;
  assert.deepEqual([decided.requestId, decided.operation, decided.subject], [asked.id, 'Who', 'ana']);
  assert.match(decided.revision, /^[0-9a-f]{16}$/);
  const of = (coordinate: string) =>
    decided.decisions.find((one: { readonly coordinate: string }) => one.coordinate === coordinate);
  assert.deepEqual(of('Traveller.email'), {
    coordinate: 'Traveller.email',
    verdict: 'DENY',
    rule: '@requiresScopes(scopes: [["pii:read"]])',
    ruleAt: 'Traveller.email',
    code: 'SCOPE_MISSING',
  });
  assert.equal(of('Traveller.id').verdict, 'ALLOW');

  assert.deepEqual((await post(mesh, explain, 'piet')).body.data, { explain: [] });
  assert.equal((await post(mesh, explain)).text.includes(decided.revision), false);
  const events = '{ events(label: "weft.access.denied") { id } all: events(first: 500) { type } }';
  const shown = (await post(mesh, events, 'piet')).body.data;
  assert.deepEqual(shown.events, []);
  assert.equal(JSON.stringify(shown.all).includes('weft.access'), false);

  // Much is under way when it ends.
  const load = Array.from({ length: 40 }, () =>
    post(mesh, '{ travellers(first: 1) { email } }', 'ana').catch(() => null),
  );
  await load[0];
  await mesh.kill();
  await Promise.all(load);
  const running = await startMesh(context, { data });
  const again = await post(running, '{ travellers(first: 1) { email } }', 'ana');
  assert.notEqual(again.id.split('-')[0], asked.id.split('-')[0]);

  const { status, stdout } = await verify(data);
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^\d+ records in 1 chain, from \S+Z to \S+Z\nThe audit is whole\.\n$/);
  assert.equal(await running.stop(), 0);
  if (process.platform !== 'win32') assert.equal(statSync(join(data, 'audit.secret')).mode & 0o777, 0o600);

  const database = new DatabaseSync(join(data, 'log.db'));
  database.exec("UPDATE events SET subject = 'bob' WHERE type = 'weft.access.denied' AND subject = 'ana'");
  database.close();
  const found = await verify(data, '--format', 'json');
  assert.equal(found.status, 1);
  const { findings } = JSON.parse(found.stdout);
  assert.equal(findings[0].kind, 'changed');
  assert.ok(findings[0].offset > 0 && findings[0].positions[0] >= 0);
});

test('weft audit verify says what it lacks', async (context: TestContext) => {
  const data = await temporaryFolder(context);
  const { status, stderr } = await verify(data);
  assert.equal(status, 2);
  assert.match(stderr, /^CONFIG_INVALID {2}Cannot verify the audit: found no log ".*log\.db"/);
  assert.equal((await runWeft(['audit', 'mend', '--data', data]).exited).status, 2);
});
