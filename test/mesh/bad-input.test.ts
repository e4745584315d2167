/** What the mesh says to somebody who got something wrong: a code, the place, what was found and wanted, the way out. */
import assert from 'node:assert/strict';
import { cp, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runWeft, temporaryFolder } from '../support/mesh.ts';

const root = join(import.meta.dirname, '../..');

/** A copy of the mesh that a test may break. */
async function copyMesh(context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context);
  const parts = ['cli', 'gateway', 'mesh', 'schema', 'subgraphs', 'package.json', 'weft.schema.json'];
  await Promise.all(parts.map((part) => cp(join(root, part), join(folder, part), { recursive: true })));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

interface Edit {
  readonly file: string;
  readonly find: string | RegExp;
  readonly put: string;
}

async function startBroken(context: TestContext, { file, find, put }: Edit) {
  const folder = await copyMesh(context);
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  const broken = text.replace(find, put);
  assert.notEqual(broken, text, 'the edit changes something');
  await writeFile(path, broken);
  const line = broken.slice(0, broken.indexOf(put.trimStart())).split('\n').length;
  const outcome = await runWeft(['start', '--port', '0', '--data', join(folder, 'data')], {
    file: join(folder, 'cli/weft.js'),
    cwd: folder,
  }).exited;
  return { ...outcome, line };
}

async function startConfigured(context: TestContext, yaml: string) {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'weft.yaml'), yaml);
  const outcome = await runWeft(['start', '--port', '0', '--data', 'data'], { cwd: folder }).exited;
  assert.deepEqual(await readdir(folder), ['weft.yaml'], 'nothing is left behind');
  return outcome;
}

test('an unknown key in weft.yaml', async (context) => {
  const { status, stderr } = await startConfigured(context, 'port: 0\nlimits:\n  tokns: 5\n');
  assert.equal(status, 2);
  assert.match(stderr, /^CONFIG_INVALID {2}.*"limits\.tokns"|"tokns".*$/m);
  assert.match(stderr, /weft\.yaml:3:3/);
  assert.match(stderr, /Did you mean "tokens"\?/);
});

test('a weft.yaml that is no YAML', async (context) => {
  const { status, stderr } = await startConfigured(context, 'limits:\n  tokens: [5\nport: 0\n');
  assert.equal(status, 2);
  assert.match(stderr, /^CONFIG_INVALID {2}Cannot read .* as YAML: found /m);
  assert.match(stderr, /weft\.yaml:\d+:\d+/);
});

test('a policy file whose condition cannot be read', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'weft.yaml'), 'policy:\n  file: policies.yaml\n');
  await writeFile(join(folder, 'policies.yaml'), 'policies:\n  adult: "subject.claims.age >="\n');
  const { status, stderr } = await runWeft(['start', '--port', '0', '--data', 'data'], { cwd: folder }).exited;
  assert.equal(status, 2);
  assert.match(stderr, /^POLICY_INVALID {2}Cannot read condition "subject\.claims\.age >="/m);
  assert.match(stderr, /policies\.yaml:2:10/);
});

test('a schema that does not compose with the others', async (context) => {
  const put = 'type Flight @key(fields: "id") { id: ID! delay: String! }\ntype Query {';
  const { status, stderr, line } = await startBroken(context, {
    file: 'subgraphs/airports/schema.graphql',
    find: 'type Query {',
    put,
  });
  assert.equal(status, 2);
  assert.match(stderr, /^COMPOSITION_FAILED {2}.*Flight\.delay/m);
  assert.match(stderr, new RegExp(`subgraphs/(airports/schema\\.graphql:${line}|flights/schema\\.graphql:\\d+):\\d+`));
});

test('a schema that is no GraphQL', async (context) => {
  const { status, stderr, line } = await startBroken(context, {
    file: 'subgraphs/airports/schema.graphql',
    find: 'type Query {',
    put: 'tpye Query {',
  });
  assert.equal(status, 2);
  assert.match(stderr, /^(DOMAIN_INVALID|COMPOSITION_FAILED) {2}/m);
  assert.match(stderr, new RegExp(`airports/schema\\.graphql:${line}:1`));
});

test('a process that names a missing logic', async (context) => {
  const { status, stderr } = await startBroken(context, {
    file: 'subgraphs/flights/processes/delays.ts',
    find: 'logics: [',
    put: 'logics: [undefined as never,',
  });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^PROCESS_INVALID {2}Cannot define process "delays": found nothing as logic 1 of 4, wanted what logic\(name, run\) gives\./m,
  );
  assert.match(stderr, /flights\/processes\/delays\.ts:\d+/);
});

test('a schema that names a missing process', async (context) => {
  const { status, stderr, line } = await startBroken(context, {
    file: 'subgraphs/airports/schema.graphql',
    find: '@process(name: "airport")',
    put: '@process(name: "airprot")',
  });
  assert.equal(status, 2);
  assert.match(stderr, /^PROCESS_INVALID {2}.*"airprot".*"airport"/m);
  assert.match(stderr, new RegExp(`airports/schema\\.graphql:${line}:\\d+`));
});

for (const [what, file] of [
  ['log', 'log.db'],
  ['lineage store', 'lineage.db'],
] as const) {
  test(`a ${what} that is no database is left as it is`, async (context) => {
    const data = await temporaryFolder(context);
    const garbage = 'This is no database. '.repeat(500);
    await writeFile(join(data, file), garbage);
    const { status, stderr } = await runWeft(['start', '--port', '0', '--data', data]).exited;
    assert.equal(status, 3);
    assert.match(stderr, /^STORE_CORRUPT {2}/m);
    assert.ok(stderr.includes(file), stderr);
    assert.equal(await readFile(join(data, file), 'utf8'), garbage);
  });
}
