/** The secret of hashed values: where it comes from, and who may read it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'graphql';
import { openMaskSecret } from '../../cli/mask-secret.ts';
import { defaultConfig } from '../../mesh/core/config.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';

const link = 'extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask"])';
const hashing = readPolicy(parse(`${link} type Query { a: String @mask(with: HASH) }`));
const redacting = readPolicy(parse(`${link} type Query { a: String @mask(with: REDACT) }`));

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-secret-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function open(data: string, secret: string | null = null, supergraph = hashing) {
  const lines: string[] = [];
  const config = { data, policy: { ...defaultConfig.policy, secret } };
  return { secret: openMaskSecret({ config, supergraph, output: { note: (line) => lines.push(line) } }), lines };
}

test('it is made once and kept in the data folder, for its owner alone', (context) => {
  const folder = folderOf(context);
  const { secret, lines } = open(folder);
  assert.match(secret ?? '', /^[0-9a-f]{64}$/);
  assert.equal(open(folder).secret, secret);
  assert.equal(statSync(join(folder, 'mask.secret')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['mask.secret']);
  assert.deepEqual(lines, []);
  assert.notEqual(open(folderOf(context)).secret, secret);
});

test('the configured one comes first, and nothing is kept', (context) => {
  const folder = folderOf(context);
  assert.equal(open(folder, 'correct-horse-battery').secret, 'correct-horse-battery');
  assert.deepEqual(readdirSync(folder), []);
});

test('without a data folder there is none, and a line says so where a rule hashes', (context) => {
  const nowhere = join(folderOf(context), 'nowhere');
  assert.deepEqual(open(nowhere, null, redacting), { secret: null, lines: [] });
  const { secret, lines } = open(nowhere);
  assert.equal(secret, null);
  assert.match(lines.join(), /ends with this process: set policy\.secret/);
});

test('a short one is refused without being told', (context) => {
  const folder = folderOf(context);
  writeFileSync(join(folder, 'mask.secret'), 'hunter2\n');
  for (const secret of ['hunter2', null]) {
    assert.throws(
      () => open(folder, secret),
      (error) => isWeftError(error, 'CONFIG_INVALID') && !error.message.includes('hunter2'),
    );
  }
  assert.equal(readFileSync(join(folder, 'mask.secret'), 'utf8'), 'hunter2\n');
});
