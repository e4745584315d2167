/** Bodies of several megabytes, cut anywhere: what comes out is what went in. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseReader } from '../../../gateway/execute/response.ts';

const noise = randomBytes(4 * 2 ** 20);

/** Ways to say how long a body is. */
const framings: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  'of a known length': (body) =>
    Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`), body]),
  'in chunks': (body) => {
    const parts: Buffer[] = [Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')];
    for (let at = 0, size = 1; at < body.length; at += size, size = (size * 3) % 700_001) {
      const chunk = body.subarray(at, at + size);
      parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    }
    return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
  },
  'until the end': (body) => Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), body]),
};

for (const [what, frame] of Object.entries(framings)) {
  test(`a large body ${what} comes whole`, () => {
    const reader = new ResponseReader({ headBytesMax: 16_384, bodyBytesMax: noise.length });
    fc.assert(
      fc.property(
        fc.nat(noise.length),
        fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 9 }),
        (size, cuts) => {
          const fresh =
            what === 'until the end'
              ? new ResponseReader({ headBytesMax: 16_384, bodyBytesMax: noise.length })
              : reader;
          const body = noise.subarray(noise.length - size);
          const wire = frame(body);
          let response = null;
          for (let at = 0, turn = 0; at < wire.length; turn++) {
            const piece = wire.subarray(at, at + (cuts[turn % cuts.length] ?? 1));
            at += piece.length;
            fresh.add(Buffer.from(piece));
            response ??= fresh.next();
          }
          response ??= fresh.end();
          assert.ok(response !== null && body.equals(response.bytes));
        },
      ),
      { numRuns: 25 },
    );
  });
}
