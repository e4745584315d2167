/** Responses from bytes: what was sent is what is read, wherever the bytes are cut; what is not plainly right is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HttpResponse, ResponseFault, ResponseReader } from '../../../gateway/execute/response.ts';

const bounds = { headBytesMax: 512, bodyBytesMax: 1_000 };

/** A response with its body as text. */
type TextResponse = Omit<HttpResponse, 'bytes'> & { readonly body: string };

/** All responses in the bytes, given to a reader in pieces; the far side then ends. */
function read(pieces: readonly Buffer[], reader = new ResponseReader(bounds)): TextResponse[] {
  const responses: HttpResponse[] = [];
  for (const piece of pieces) {
    reader.add(piece);
    for (let response = reader.next(); response !== null; response = reader.next()) responses.push(response);
  }
  const last = reader.end();
  if (last !== null) responses.push(last);
  return responses.map(({ status: code, bytes, isLast }) => ({ status: code, body: String(bytes), isLast }));
}

/** What Node's own client makes of the same bytes. */
async function readAsNode(bytes: Buffer): Promise<TextResponse> {
  const server = createServer((socket) => void socket.on('error', () => undefined).end(bytes));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
    const chunks: Buffer[] = await Array.fromAsync(response);
    return { status: response.statusCode, body: Buffer.concat(chunks).toString(), isLast: false };
  } finally {
    server.close();
  }
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % bytes.length).toSorted((one, other) => one - other), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 12 });
const headers = fc.array(fc.tuple(token, fc.string({ unit: fc.constantFrom(...'ab:;, =\t"é'), maxLength: 20 })), {
  maxLength: 4,
});
const body = fc.string({ unit: 'grapheme', maxLength: 80 });
const status = fc.constantFrom(200, 201, 400, 404, 500, 503);
const framing = fc.constantFrom('length', 'chunked', 'chunked with extensions and trailers');

/** A valid response; the bytes and what is to be read from them. */
const exchange = fc
  .record({ status, headers, body, framing, chunk: fc.integer({ min: 1, max: 40 }), early: fc.boolean() })
  .map(({ status: code, headers: fields, body: text, framing: kind, chunk, early }) => {
    const lines = fields.map(([name, value]) => `x-${name}: ${value}\r\n`).join('');
    const hint = early ? 'HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n' : '';
    const content = Buffer.from(text);
    const isLength = kind === 'length';
    const frame = isLength ? `Content-Length:${content.length}` : 'transfer-encoding: \tChunked ';
    const head = Buffer.from(`${hint}HTTP/1.1 ${code} Fine\r\n${lines}${frame}\r\n\r\n`, 'latin1');
    const payload = isLength ? content : chunksOf(content, chunk, kind !== 'chunked');
    return { bytes: Buffer.concat([head, payload]), response: { status: code, body: text, isLast: false } };
  });

function chunksOf(content: Buffer, size: number, isOrnate: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) {
    const piece = content.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.length.toString(16)}${isOrnate ? ';a="b"' : ''}\r\n`), piece, Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(isOrnate ? '000\r\nx-a: b\r\nx-c:\r\n\r\n' : '0\r\n\r\n'));
  return Buffer.concat(parts);
}

test('next() gives the responses that were sent, wherever the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(exchange, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (all, places) => {
        const bytes = Buffer.concat(all.map((one) => one.bytes));
        const expected = all.map((one) => one.response);
        const reader = new ResponseReader(bounds);
        assert.deepEqual(read(cut(bytes, places), reader), expected);
        assert.ok(reader.isIdle);
        assert.deepEqual(read([...bytes].map((byte) => Buffer.of(byte))), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test("next() reads what Node's own client reads", async () => {
  await fc.assert(
    fc.asyncProperty(exchange, async ({ bytes }) => {
      assert.deepEqual(read([bytes]), [await readAsNode(bytes)]);
    }),
    { numRuns: 60 },
  );
});

test('a byte changed anywhere never makes the reader fail in another way, or read past a bound', () => {
  fc.assert(
    fc.property(exchange, fc.nat(), fc.nat(255), ({ bytes }, place, byte) => {
      const changed = Buffer.from(bytes);
      changed[place % bytes.length] = byte;
      try {
        for (const response of read([changed])) assert.ok(response.body.length <= bounds.bodyBytesMax);
      } catch (error) {
        assert.ok(error instanceof ResponseFault, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});

const ok = 'HTTP/1.1 200 OK\r\n';
const refused: Readonly<Record<string, string>> = {
  'no HTTP': 'SSH-2.0-x\r\n\r\n',
  'HTTP/2 by its name': 'HTTP/2 200\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\n\r\n',
  'two lengths that differ': `${ok}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
  'two lengths that agree': `${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nab`,
  'a list of lengths': `${ok}content-length: 2, 2\r\n\r\nab`,
  'a length with a sign': `${ok}content-length: +2\r\n\r\nab`,
  'a length in hexadecimal': `${ok}content-length: 0x2\r\n\r\nab`,
  'no length': `${ok}content-length:\r\n\r\nab`,
  'a length and chunks': `${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'another coding': `${ok}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a coding with a foreign space': `${ok}transfer-encoding: chunked\u00a0\r\n\r\n0\r\n\r\n`,
  'two codings': `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a compressed body': `${ok}content-encoding: gzip\r\ncontent-length: 2\r\n\r\nab`,
  'a line that goes on': `${ok}x-a: b\r\n c\r\n\r\n`,
  'a space before the colon': `${ok}content-length : 2\r\n\r\nab`,
  'a line without a colon': `${ok}nothing\r\n\r\n`,
  'a bare line feed': `${ok}x-a: b\ncontent-length: 2\r\n\r\nab`,
  'a bare carriage return': `${ok}x-a: b\rc\r\n\r\n`,
  'a zero byte': `${ok}x-a: \0\r\n\r\n`,
  'another protocol': 'HTTP/1.1 101 Switching\r\n\r\n',
  'a length on an interim response': 'HTTP/1.1 103 Early\r\ncontent-length: 2\r\n\r\nab',
  'a head too large': `${ok}x-a: ${'b'.repeat(600)}\r\n\r\n`,
  'a head too large that does not end': `${ok}x-a: ${'b'.repeat(600)}`,
  'a body too large by its length': `${ok}content-length: 1001\r\n\r\n`,
  'a body too large by its chunks': `${ok}transfer-encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1_000)}\r\n1\r\n`,
  'a body too large until the end': `${ok}\r\n${'x'.repeat(1_001)}`,
  'a chunk of no size': `${ok}transfer-encoding: chunked\r\n\r\nx\r\n`,
  'a chunk of negative size': `${ok}transfer-encoding: chunked\r\n\r\n-1\r\n`,
  'a chunk of nine digits': `${ok}transfer-encoding: chunked\r\n\r\n000000001\r\na\r\n0\r\n\r\n`,
  'a chunk longer than its size': `${ok}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`,
  'a size line that does not end': `${ok}transfer-encoding: chunked\r\n\r\n1;${'a'.repeat(600)}`,
  'a trailer that cannot be read': `${ok}transfer-encoding: chunked\r\n\r\n0\r\n x\r\n\r\n`,
  'trailers too large': `${ok}transfer-encoding: chunked\r\n\r\n0\r\n${`x: ${'a'.repeat(100)}\r\n`.repeat(6)}\r\n`,
};
for (const [what, text] of Object.entries(refused)) {
  test(`next() refuses ${what}`, () => {
    const bytes = Buffer.from(text, 'latin1');
    assert.throws(() => read([bytes]), ResponseFault);
    assert.throws(() => read([...bytes].map((byte) => Buffer.of(byte))), ResponseFault);
  });
}

test('a response without a length ends with its connection', () => {
  assert.deepEqual(read([Buffer.from(`${ok}\r\na`), Buffer.from('b')]), [{ status: 200, body: 'ab', isLast: true }]);
});

test('a response that says so, is of HTTP/1.0 or can have no body is the last', () => {
  for (const head of [
    `${ok}connection: x, Close\r\n`,
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 204\r\n',
    'HTTP/1.1 304 Same\r\n',
  ]) {
    const bytes = Buffer.from(`${head}content-length: 0\r\n\r\n${ok}content-length: 0\r\n\r\n`);
    assert.deepEqual(
      read([bytes]).map((response) => response.isLast),
      [true],
      head,
    );
  }
});

test('a body cut short is no response', () => {
  assert.deepEqual(read([Buffer.from(`${ok}content-length: 3\r\n\r\nab`)]), []);
  assert.deepEqual(read([Buffer.from(`${ok}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`)]), []);
});
