/** What a domain's code can reach from its worker: what its agents give it, and nothing of the machine. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStage, temporaryFolder, writeDomain } from './fixture.ts';

const schema = 'type Query { attempt(what: String!, path: String): String @process(name: "attempt") }';

/** Each tries something and says what came of it. */
const attempts = `
const attempts = {
  readOwn: async () => (await import('node:fs')).readFileSync(new URL('./note.txt', import.meta.url), 'utf8'),
  readOther: async (path) => (await import('node:fs')).readFileSync(path, 'utf8'),
  list: async (path) => (await import('node:fs')).readdirSync(path).join(),
  garble: async () => (await import('node:fs')).writeSync(3, Buffer.alloc(64, 1)),
  garbleFile: async () => (await import('node:fs')).default.writeFileSync(3, 'x'),
  write: async (path) => (await import('node:fs')).openSync(path, 'w'),
  writeOwn: async () => (await import('node:fs')).mkdirSync(new URL('./new.txt', import.meta.url)),
  sqlite: async (path) => new (await import('node:sqlite')).DatabaseSync(path),
  spawn: async () => (await import('node:child_process')).execSync('id'),
  worker: async () => (await import('node:worker_threads')).threadId,
  socket: async () => (await import('node:net')).connect(1, '127.0.0.1'),
  http: async () => (await import('node:http')).get('http://127.0.0.1:1'),
  bare: async () => (await import('net')).connect(1, '127.0.0.1'),
  require: async () => (await import('node:module')).createRequire(import.meta.url)('net'),
  fetch: async () => fetch('http://127.0.0.1:1'),
  kill: async () => process.kill(process.ppid, 0),
  send: async () => process.send({}),
  builtin: async () => process.getBuiltinModule('net').connect(1),
  environment: async () => Object.keys(process.env).filter((name) => !name.startsWith('NODE_')).join(),
};
const processes = [
  defineProcess({
    name: 'attempt',
    logics: [logic('attempt', async ({ input, session }) => {
      const { what, path } = input.args;
      session.set('said', await attempts[what](path).then((value) => 'did: ' + value, (error) => 'refused: ' + (error.code ?? error.name)));
    })],
    aggregator: aggregator('say', ({ session, result }) => result.finalize(session.get('said'))),
  }),
];
`;

test('a worker reaches its own folder, to read, and nothing else of the machine', async (t) => {
  const outside = temporaryFolder(t);
  const secret = join(outside, 'secret.txt');
  writeFileSync(secret, 'secret');
  const folder = writeDomain(t, { schema, body: attempts, files: { 'note.txt': 'mine' } });
  const { ask } = await openStage(t, [folder]);
  const attempt = async (what: string, path: string | null = null): Promise<unknown> => {
    const { data } = await ask('query ($what: String!, $path: String) { attempt(what: $what, path: $path) }', {
      what,
      path,
    });
    return data?.['attempt'];
  };
  assert.equal(await attempt('readOwn'), 'did: mine');
  assert.equal(await attempt('environment'), 'did: ');
  assert.equal(await attempt('readOther', secret), 'refused: ERR_ACCESS_DENIED');
  assert.equal(await attempt('list', outside), 'refused: ERR_ACCESS_DENIED');
  assert.equal(await attempt('write', join(outside, 'new.txt')), 'refused: ERR_ACCESS_DENIED');
  assert.equal(await attempt('writeOwn'), 'refused: ERR_ACCESS_DENIED');
  for (const what of ['spawn', 'worker', 'socket', 'http', 'bare', 'require']) {
    assert.equal(await attempt(what), 'refused: AGENT_DENIED', what);
  }
  assert.equal(await attempt('sqlite', join(outside, 'new.db')), 'refused: AGENT_DENIED');
  for (const what of ['kill', 'send', 'builtin', 'garble', 'garbleFile'])
    assert.equal(await attempt(what), 'refused: TypeError', what);
  assert.equal(await attempt('fetch'), 'refused: ReferenceError');
  assert.ok(!existsSync(join(outside, 'new.txt')) && !existsSync(join(outside, 'new.db')));
  assert.ok(!existsSync(join(folder, 'new.txt')));
});
