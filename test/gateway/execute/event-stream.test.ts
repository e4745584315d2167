/** Reading server-sent events: the rules of the standard, and every way that bytes can be cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventTooLarge, readEventStream, type ServerSentEvent } from '../../../gateway/execute/event-stream.ts';

async function read(chunks: readonly (string | Uint8Array)[], lengthMax = 1_000): Promise<ServerSentEvent[]> {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  return Array.fromAsync(readEventStream(source(), lengthMax));
}

test('an event has its type and its lines of data; comments, other fields and events without data are left out', async () => {
  const text =
    '\uFEFF:\n\nevent: next\ndata: a\ndata:b\ndata:  c\n\n: comment\nid: 1\nretry: 5\ndata\n\nevent: empty\n\nevent:complete\ndata:\n\ndata: cut';
  assert.deepEqual(await read([text]), [
    { type: 'next', data: 'a\nb\n c' },
    { type: 'message', data: '' },
    { type: 'complete', data: '' },
  ]);
});

test('events are the same however their bytes are cut and their lines end', async () => {
  const content = fc.stringMatching(/^[a-z é€😀:]{0,12}$/u);
  const event = fc.record({
    type: fc.constantFrom('next', 'complete', 'message'),
    lines: fc.array(content, { minLength: 1 }),
  });
  const ending = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(fc.array(event), ending, fc.array(fc.nat(6), { minLength: 1 }), async (events, end, sizes) => {
      const text = events.map(({ type, lines }) =>
        [`event: ${type}`, ...lines.map((line) => `data: ${line}`), '', ''].join(end),
      );
      const bytes = Buffer.from(text.join(''));
      const chunks: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = (sizes[turn % sizes.length] ?? 0) + (turn % sizes.length === 0 ? 1 : 0);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(
        await read(chunks, 10_000),
        events.map(({ type, lines }) => ({ type, data: lines.join('\n') })),
      );
    }),
    { numRuns: 200 },
  );
});

test('a line and an event that are longer than allowed are refused, whatever they are of', async () => {
  await assert.rejects(read([':', 'x'.repeat(600), 'x'.repeat(600)]), EventTooLarge);
  await assert.rejects(read(Array.from({ length: 30 }, () => `data: ${'x'.repeat(50)}\n`)), EventTooLarge);
  const many = Array.from({ length: 30 }, () => `data: ${'x'.repeat(900)}\n\n`);
  assert.equal((await read(many)).length, 30);
});
