/** Schemas of subgraphs from when they were there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { recallSdl, rememberSdl } from '../../cli/remembered.ts';

test('a schema is recalled as it was kept last; one that never was is not', (context) => {
  const data = mkdtempSync(join(tmpdir(), 'weft-remembered-'));
  context.after(() => rmSync(data, { recursive: true }));
  assert.equal(recallSdl({ data }, 'shop'), null);
  rememberSdl({ data }, 'shop', 'type Query { a: Int }');
  rememberSdl({ data }, 'shop', 'type Query { b: Int }');
  assert.equal(recallSdl({ data }, 'shop')?.sdl, 'type Query { b: Int }');
  writeFileSync(join(data, 'file'), '');
  assert.throws(() => rememberSdl({ data: join(data, 'file') }, 'shop', ''), { code: 'STORE_UNAVAILABLE' });
});
