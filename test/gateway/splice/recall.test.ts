/** Pieces of texts and what was made of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { recallTexts } from '../../../gateway/splice/recall.ts';

/** Few characters and lengths, so that pieces come again, and others come to the same sum. */
const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ü'), maxLength: 24 }), { minLength: 1 });

test('recallTexts() gives what is made of each piece, whatever came before', () => {
  fc.assert(
    fc.property(pieces, pieces, (some, others) => {
      const recall = recallTexts((piece) => `<${piece}>`);
      const all = [...some, ...others, ...some, ...others.toReversed()];
      const text = all.join('|');
      let start = 0;
      for (const piece of all) {
        assert.equal(recall(text, start, start + piece.length), `<${piece}>`);
        start += piece.length + 1;
      }
    }),
  );
});

test('recallTexts() makes something of a piece once', () => {
  let made = 0;
  const recall = recallTexts((piece) => `${piece}${made++}`);
  // They differ where their sums do not look.
  const texts = ['0123456789abcdef', '0x23456789abcdef', '01x3456789abcdef'];
  const results = texts.map((text) => recall(`"${text}"`, 1, text.length + 1));
  assert.deepEqual(results, ['0123456789abcdef0', '0x23456789abcdef1', '01x3456789abcdef2']);
  for (let round = 0; round < 3; round++) {
    for (const [index, text] of texts.entries()) assert.equal(recall(text, 0, text.length), results[index]);
  }
  assert.equal(made, 3);
});
