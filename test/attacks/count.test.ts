/** How many attacks there are: what the documents say of them stays true. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = import.meta.dirname;
/** A test stands on a line of its own, whatever it is repeated with. */
const casePattern = /^ *(?:test|attack)\((?:$|['"`])/gm;

test('there are as many attacks as the documents say, in every area', () => {
  const page = readFileSync(join(folder, '../../docs/policy.md'), 'utf8');
  const said = Number(/more than (\d+) attacks/.exec(page)?.[1]);
  const files = globSync('*.test.ts', { cwd: folder }).filter((file) => file !== 'count.test.ts');
  const cases = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').match(casePattern) ?? []);
  assert.ok(said >= 120 && cases.length > said, `${cases.length} in ${files.length} files, and ${said} are spoken of`);
  for (const area of ['execution', 'identity', 'live', 'concurrent', 'advisories'])
    assert.ok(
      files.some((file) => file.startsWith(area)),
      area,
    );
});
