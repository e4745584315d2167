/** How many attacks there are: what the documents say of them stays true. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = import.meta.dirname;

test('there are 120 attacks at least, each counted once however often it is varied', () => {
  const files = globSync('*.test.ts', { cwd: folder });
  const cases = files.flatMap(
    (file) => readFileSync(join(folder, file), 'utf8').match(/^ *(?:test|attack)\($|^ *(?:test|attack)\(['"`]/gm) ?? [],
  );
  assert.ok(cases.length > 120, `${cases.length} in ${files.length} files`);
  for (const area of ['execution', 'identity', 'live', 'shared', 'advisories']) {
    assert.ok(
      files.some((file) => file.startsWith(area)),
      area,
    );
  }
});
