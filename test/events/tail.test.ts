/** The tail against a plain list: whatever is pushed or skipped, it never gives a wrong answer. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { Tail } from '../../mesh/events/tail.ts';
import { dataEvent } from './event.ts';

type Step = { readonly kind: 'ours' | 'ours late' | 'theirs'; readonly count: number };

describe('Tail', () => {
  test('gives every event after an offset, or says that it has not all of them', () => {
    const steps = fc.array(
      fc.record<Step>({
        kind: fc.constantFrom('ours', 'ours', 'ours late', 'theirs'),
        count: fc.integer({ min: 0, max: 6 }),
      }),
    );
    fc.assert(
      fc.property(steps, fc.nat({ max: 9 }), (list, size) => {
        const tail = new Tail(0, size);
        let end = 0;
        for (const { kind, count } of list) {
          const before = end;
          end += count;
          const events = eventsFrom(before, count);
          if (kind === 'theirs') tail.skip(end);
          // Somebody looked at the store between the commit and its acknowledgement.
          if (kind === 'ours late') tail.skip(end);
          // An id that was in the commit twice has its offset twice.
          if (kind !== 'theirs') tail.push([...events, ...events.slice(-1)], before);
          // An answer that is older than what is known.
          tail.skip(before);
          // Others wrote, and nobody looked before our next commit.
          if (count === 6) end += 2;
          holdsOnly(tail, before + count, size);
        }
      }),
    );
  });
});

function holdsOnly(tail: Tail, end: number, size: number): void {
  assert.equal(tail.end, end);
  for (let offset = 0; offset <= end; offset++) {
    const after = tail.after(offset)?.map((event) => event.offset);
    if (after !== undefined) assert.deepEqual(after, numbersFrom(offset, end - offset));
  }
  assert.deepEqual(tail.after(end), []);
  assert.ok((tail.after(end - Math.min(end, size + 1))?.length ?? 0) <= size);
}

function eventsFrom(before: number, count: number): readonly ReturnType<typeof stored>[] {
  return numbersFrom(before, count).map(stored);
}

function stored(offset: number) {
  return { ...dataEvent(), offset };
}

function numbersFrom(before: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => before + index + 1);
}
