/** Reading multipart messages: what the standard allows, and every way that bytes can be cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PartTooLarge, boundaryOf, readParts } from '../../../gateway/execute/multipart.ts';

async function read(chunks: readonly (string | Uint8Array)[], partBytesMax = 10_000) {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const reading = readParts(source(), { boundary: 'b', partBytesMax });
  const parts: string[] = [];
  while (true) {
    const { value, done } = await reading.next();
    if (done === true) return { parts, isClosed: value };
    parts.push(value);
  }
}

const part = (text: string): string => `\r\ncontent-type: application/json\r\n\r\n${text}\r\n--b`;

test('a message may open with its delimiter, with a line end or with a preamble', async () => {
  for (const start of ['--b', '\r\n--b', 'preamble, --b\r\n--b']) {
    assert.deepEqual(await read([`${start}${part('1')}${part('2')}--\r\n${'epilogue '.repeat(20)}`]), {
      parts: ['1', '2'],
      isClosed: true,
    });
  }
});

test('a part is given as soon as its delimiter came; one that is cut is not', async () => {
  const reached: string[] = [];
  async function* source() {
    yield Buffer.from(`--b${part('1')}`);
    reached.push('second');
    yield Buffer.from('\r\ncontent-type: application/json\r\n\r\n2\r\n--');
  }
  const reading = readParts(source(), { boundary: 'b', partBytesMax: 100 });
  assert.deepEqual([await reading.next(), reached], [{ value: '1', done: false }, []]);
  assert.deepEqual(await reading.next(), { value: false, done: true });
});

test('parts are the same however their bytes are cut', async () => {
  const text = fc.stringMatching(/^[-b\r\n é€😀{}]{0,20}$/u).filter((one) => !`\r\n${one}`.includes('\r\n--b'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(text),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (texts, sizes) => {
        const bytes = Buffer.from(`\r\n--b${texts.map(part).join('')}--\r\n`);
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(await read(chunks), { parts: texts, isClosed: true });
      },
    ),
    { numRuns: 200 },
  );
});

test('a part, a preamble and a head that are larger than allowed are refused', async () => {
  for (const start of ['', '--b\r\nx: ', `--b${part('1')}\r\n\r\n`]) {
    await assert.rejects(read([start, ...Array.from({ length: 30 }, () => 'x'.repeat(50))], 1_000), PartTooLarge);
  }
});

test('boundaryOf() reads what the content type names', () => {
  assert.equal(boundaryOf('multipart/mixed;boundary="graphql";subscriptionSpec=1.0'), 'graphql');
  assert.equal(boundaryOf('Multipart/Mixed; subscriptionSpec=1.0; Boundary=-'), '-');
  assert.equal(boundaryOf('multipart/mixed'), null);
  assert.equal(boundaryOf('application/json; boundary=x'), null);
});
