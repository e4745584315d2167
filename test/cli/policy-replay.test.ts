/** `weft policy replay` on what a gateway recorded, and `weft policy diff`, in processes of their own. */
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveSubgraph } from '../support/http-subgraph.ts';
import { runWeft, serveWeft, temporaryFolder } from '../support/mesh.ts';
import { type RulesByCoordinate, composeRuled } from '../support/ruled.ts';
import { createSubgraph } from '../support/subgraph.ts';

const canary = 'c4n4ry';
const people = createSubgraph(
  'people',
  'type Query { person(mail: String): Person } type Person { name: String pay: Int }',
  {
    Query: { person: () => ({ name: canary, pay: 7 }) },
  },
);
const sdl = (rules: RulesByCoordinate): string => composeRuled([people], rules);
const before = { 'Person.pay': '@policy(policies: [["paid"]])' };

async function folderOf(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  const files = {
    'before.graphql': sdl(before),
    'after.graphql': sdl({ ...before, 'Person.name': '@authenticated' }),
    'policies.yaml': 'policies: { paid: "false" }\n',
    'open.yaml': 'policies: { paid: "true" }\n',
    'claims.yaml': 'policies: { paid: "subject.claims.grade > 3" }\n',
    'weft.yaml': 'policy: { file: policies.yaml, record: operations.jsonl }\n',
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  return folder;
}

const policy = (cwd: string, ...words: string[]) => runWeft(['policy', ...words], { cwd }).exited;

test('weft policy replay tells who gains and who loses, of what a gateway recorded', async (context) => {
  const folder = await folderOf(context);
  await writeFile(
    join(folder, 'before.graphql'),
    sdl(before).replace('http://people.test', await serveSubgraph(context, people)),
  );
  const { url } = await serveWeft(context, ['gateway', '--supergraph', 'before.graphql', '--port', '0'], folder);
  for (const mail of [canary, `${canary}2`]) {
    const query = `query Who($mail: String) { person(mail: $mail) { name pay } two: person(mail: "${mail}") { name } }`;
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { mail } }),
    });
    assert.match(await response.text(), /"name":"c4n4ry"/);
  }
  const file = join(folder, 'operations.jsonl');
  for (let count = 0; (await readFile(file, 'utf8')) === '' && count < 500; count++) await sleep(20);
  const recorded = await readFile(file, 'utf8');
  assert.equal(recorded.trim().split('\n').length, 1, recorded);
  assert.doesNotMatch(recorded, /c4n4ry/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);

  const replay = (...words: string[]) => policy(folder, 'replay', '--supergraph', 'before.graphql', ...words);
  const gained = await replay('--against-policies', 'open.yaml');
  assert.deepEqual(
    [gained.status, gained.stdout],
    [1, 'Who, for anonymous\n  gains  Person.pay: deny → allow\n1 recorded operations: 1 gained, 0 lost\n'],
    gained.stderr,
  );
  assert.equal((await replay('--against-policies', 'open.yaml', '--allow-gains')).status, 0);

  const lost = await replay('--against', 'after.graphql', '--format', 'json');
  assert.equal(lost.status, 0, lost.stderr);
  assert.deepEqual(JSON.parse(lost.stdout).groups, [
    {
      operation: 'Who',
      subject: 'anonymous',
      changes: [{ kind: 'loses', coordinate: 'Person.name', before: 'allow', after: 'deny' }],
    },
  ]);
  const unknown = await replay('--against-policies', 'claims.yaml');
  assert.match(
    unknown.stderr,
    /^warning: nothing was recorded of subject\.claims\.grade, which the other policy alone reads/m,
  );
  assert.equal(unknown.stdout, '1 recorded operations: 0 gained, 0 lost\n');
});

test('weft policy replay refuses what it cannot read', async (context) => {
  const folder = await folderOf(context);
  await writeFile(join(folder, 'operations.jsonl'), '{"document":"{ a }"}\n');
  await writeFile(join(folder, 'none.yaml'), '{}\n');
  for (const [words, expected] of [
    [[], /^USAGE_INVALID {2}Cannot replay operations: found no other policy/],
    [
      ['--against', 'after.graphql'],
      /^USAGE_INVALID {2}Cannot read recorded operations .*wanted a line that a gateway wrote.*\n {2}at \S*operations\.jsonl:1$/m,
    ],
    [
      ['--against', 'after.graphql', '--operations', 'none.jsonl'],
      /^USAGE_INVALID {2}Cannot read recorded operations from "none\.jsonl"/,
    ],
    [['--against', 'after.graphql', '--config', 'none.yaml'], /found no file of them\. Name it with --operations/],
  ] as const) {
    const run = await policy(folder, 'replay', '--supergraph', 'before.graphql', ...words);
    assert.match(run.stderr, expected);
    assert.deepEqual([run.status, run.stdout], [2, '']);
  }
});

test('weft policy diff prints what is tightened and what is weakened, and fails on the latter', async (context) => {
  const folder = await folderOf(context);
  const diff = (...words: string[]) => policy(folder, 'diff', ...words);
  const tighter = await diff('before.graphql', 'after.graphql');
  assert.deepEqual([tighter.status, tighter.stdout], [0, 'tightened  Person.name: nothing → @authenticated\n']);
  const weaker = await diff('after.graphql', 'before.graphql');
  assert.deepEqual([weaker.status, weaker.stdout], [1, 'weakened   Person.name: @authenticated → nothing\n']);
  assert.equal((await diff('after.graphql', 'before.graphql', '--acknowledge-weakening')).status, 0);
  const same = await diff('before.graphql', 'before.graphql');
  assert.deepEqual([same.status, same.stdout], [0, 'nothing is tightened or weakened\n']);
  const named = ['--policies-before', 'policies.yaml', '--policies-after', 'open.yaml'];
  const policies = await diff('before.graphql', 'before.graphql', ...named);
  assert.deepEqual([policies.status, policies.stdout], [1, 'weakened   policy paid: false → true\n']);
  const none = await diff('before.graphql', 'none.graphql');
  assert.equal(none.status, 3);
  assert.match(none.stderr, /^SUPERGRAPH_UNAVAILABLE {2}Cannot read the supergraph after from "none\.graphql"/);
});
