/** The program that README shows: it runs as it stands, but for the file and the port. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveSubgraph } from '../../support/http-subgraph.ts';
import { temporaryFolder } from '../../support/mesh.ts';
import { composeForTest, createSubgraph } from '../../support/subgraph.ts';

const root = join(import.meta.dirname, '../../..');

test('the program of README puts Weft behind Apollo Server', async (context) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const program = Array.from(readme.matchAll(/```ts\n([\s\S]*?)```/g), ([, text = '']) => text).find((text) =>
    text.includes("'weft/apollo'"),
  );
  assert.ok(program);
  const shop = createSubgraph('shop', 'type Query { open: Boolean! }', { Query: { open: () => true } });
  const file = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(file, composeForTest([shop]).replace('http://shop.test', await serveSubgraph(context, shop)));

  const text = program.replace('supergraph.graphql', file.replaceAll('\\', '/')).replace('port: 4000', 'port: 0');
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', text], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  const response = await fetch(url.toString().trim(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query":"{ open }"}',
  });
  assert.deepEqual(await response.json(), { data: { open: true } });
});
