/** Reading the manifest of persisted documents: both forms, and how every mistake is told. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readManifest } from '../../cli/documents.ts';

const format = 'apollo-persisted-query-manifest';
const wanted =
  'wanted { "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "id", "body" }] }, or a map of ids to texts.';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-documents-'));
});
after(() => rmSync(folder, { recursive: true }));

function read(content: unknown): ReadonlyMap<string, string> {
  const manifest = join(folder, 'persisted.json');
  writeFileSync(manifest, typeof content === 'string' ? content : JSON.stringify(content));
  return readManifest({ manifest, safelist: false, apq: true });
}

test("readManifest() reads Apollo's manifest", () => {
  const operations = [
    { id: 'a1', name: 'A', type: 'query', body: 'query A { a }' },
    { id: 'b2', name: 'B', type: 'mutation', body: 'mutation B { b }' },
  ];
  assert.deepEqual(
    [...read({ format, version: 1, operations })],
    [
      ['a1', 'query A { a }'],
      ['b2', 'mutation B { b }'],
    ],
  );
  assert.equal(read({ format, version: 1, operations: [] }).size, 0);
});

test('readManifest() reads a plain map, whatever its ids are', () => {
  const texts = read('{ "a": "{ a }", "__proto__": "{ b }" }');
  assert.deepEqual(
    [...texts],
    [
      ['a', '{ a }'],
      ['__proto__', '{ b }'],
    ],
  );
});

test('readManifest() reads no file where none is named', () => {
  assert.equal(readManifest({ manifest: null, safelist: false, apq: true }).size, 0);
});

test('readManifest() refuses a safelist without a manifest: nothing would run', () => {
  assert.throws(() => readManifest({ manifest: null, safelist: true, apq: true }), {
    code: 'CONFIG_INVALID',
    message:
      'Cannot keep clients to a safelist: found no manifest, wanted the documents that they may run. ' +
      'Name the file in documents.manifest, or remove documents.safelist.',
  });
});

const mistakes: readonly (readonly [unknown, string])[] = [
  [[], 'no JSON object'],
  [{ format: 'relay', version: 1, operations: [] }, 'the format "relay"'],
  [{ format, version: 2, operations: [] }, 'the version 2'],
  [{ format, operations: [] }, 'the version undefined'],
  [{ format, version: 1 }, 'no list of operations'],
  [{ format, version: 1, operations: [7] }, 'operation 1 without an id'],
  [{ format, version: 1, operations: [{ id: 'a', body: '{ a }' }, { id: 'b' }] }, 'operation 2 without a text'],
  [
    {
      format,
      version: 1,
      operations: [
        { id: 'a', body: '{ a }' },
        { id: 'a', body: '{ b }' },
      ],
    },
    'the id "a" twice',
  ],
  [{ a: '{ a }', b: 7 }, 'the id "b" without a text'],
  [{ '': '{ a }' }, 'a text without an id'],
];

for (const [content, found] of mistakes) {
  test(`readManifest() tells of ${found}`, () => {
    const file = join(folder, 'persisted.json');
    assert.throws(() => read(content), {
      code: 'CONFIG_INVALID',
      message: `Cannot read persisted documents from "${file}": found ${found}, ${wanted}`,
      at: { file },
    });
  });
}

test('readManifest() tells of a file that is no JSON and of one that is not there', () => {
  assert.throws(() => read('{ "a": '), { code: 'CONFIG_INVALID', message: /found .*JSON.*, wanted \{/ });
  const absent = { manifest: join(folder, 'absent.json'), safelist: false, apq: true };
  assert.throws(() => readManifest(absent), { code: 'CONFIG_INVALID', message: /found ENOENT.*, wanted \{/ });
});
