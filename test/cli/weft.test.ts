/** The command as a shell meets it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');

function weft(...words: string[]) {
  return spawnSync(process.execPath, ['cli/weft.js', ...words], { cwd: root, encoding: 'utf8' });
}

test('weft without a verb prints help on stdout and exits with 0', () => {
  const { status, stdout, stderr } = weft();
  assert.deepEqual([status, stderr], [0, '']);
  for (const verb of ['start', 'gateway', 'subgraph', 'compose']) assert.match(stdout, new RegExp(`^  ${verb} `, 'm'));
});

test('weft help VERB prints what that verb takes', () => {
  const { status, stdout } = weft('help', 'start');
  assert.equal(status, 0);
  assert.match(stdout, /^weft start /);
  assert.match(stdout, /^ {2}--port PORT /m);
});

test('weft --version prints the version, as JSON too', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(weft('--version').stdout, `${version}\n`);
  assert.deepEqual(JSON.parse(weft('--version', '--format', 'json').stdout), { version });
});

test('weft with wrong words says so on stderr alone and exits with 2', () => {
  for (const words of [
    ['strat'],
    ['start', '--prot', '1'],
    ['start', '--config', 'absent.yaml'],
    ['--format', 'xml'],
  ]) {
    const { status, stdout, stderr } = weft(...words);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^(USAGE|CONFIG)_INVALID {2}Cannot /);
  }
  assert.equal(JSON.parse(weft('strat', '--format=json').stderr).errors[0].code, 'USAGE_INVALID');
});

test('weft on an older Node says which one it wants and exits with 2', () => {
  // The front step as an older Node would read it: same text, another version.
  const step = readFileSync(join(root, 'cli/weft.js'), 'utf8').replace('process.versions.node', "'20.19.0'");
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', step.replace(/^#!.*/, '')], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^USAGE_INVALID {2}Cannot run "weft" on this Node: found v\S+, wanted v24 or newer\. Run it through npm/,
  );
});
