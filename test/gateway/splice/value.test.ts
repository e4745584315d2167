/** The functions that step over JSON in bytes, against `JSON.parse`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Step,
  stepAny,
  stepBoolean,
  stepEnum,
  stepFloat,
  stepInt,
  stepNull,
  stepString,
} from '../../../gateway/splice/value.ts';

/** What a step makes of a text: the value that it stepped over, or why there is none. */
function read(step: Step, text: string): { readonly value: unknown } | 'refused' | 'wrong end' {
  const bytes = Buffer.from(`${text},`);
  const end = step(bytes, 0);
  if (end < 0) return 'refused';
  return end === bytes.length - 1 ? { value: JSON.parse(text) } : 'wrong end';
}

/** Values that hardly a server would write otherwise than `JSON.stringify` does. */
const plainValue = fc
  .jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
  .filter((value) => !/\\ud|e[+-]?\d{3}/.test(JSON.stringify(value)));

test('any value is stepped over to its end', () => {
  fc.assert(
    fc.property(plainValue, (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(read(stepAny, text), { value: JSON.parse(text) as unknown });
    }),
  );
});

const steps: Readonly<Record<string, { readonly step: Step; readonly is: (value: unknown) => boolean }>> = {
  stepAny: { step: stepAny, is: () => true },
  stepString: { step: stepString, is: (value) => typeof value === 'string' },
  stepInt: { step: stepInt, is: (value) => Number.isInteger(value) && value === Math.trunc(Number(value)) },
  stepFloat: { step: stepFloat, is: (value) => Number.isFinite(value) },
  stepBoolean: { step: stepBoolean, is: (value) => typeof value === 'boolean' },
  stepNull: { step: stepNull, is: (value) => value === null },
  stepEnum: { step: stepEnum(new Set(['RED', 'GREEN'])), is: (value) => value === 'RED' || value === 'GREEN' },
};

/** Texts that are JSON, and texts that hardly are any more. */
const texts = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('"RED"', '"GREEN"', '"BLUE"', 'null', 'nul', 'true', 'truth', '-1', '-', '01', '1.', '2147483648'),
  fc.constantFrom('-2147483648', '-2147483649', '1e400', '"\\u12', '"\\x"', '"a\nb"', '"\\ud800"', '[1,]', '{"a":}'),
  fc.tuple(fc.json(), fc.nat(), fc.string()).map(([text, at, piece]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + piece + text.slice(cut + 1);
  }),
);

for (const [name, { step, is }] of Object.entries(steps)) {
  test(`${name}() takes nothing that JSON.parse would not, and nothing of another type`, () => {
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = Buffer.from(`${text},`);
        const end = step(bytes, 0);
        if (end < 0) return;
        const taken = bytes.subarray(0, end).toString();
        assert.ok(is(JSON.parse(taken)), taken);
      }),
      { numRuns: 2_000 },
    );
  });
}

test('an Int is one of 32 bits, a value nested too deeply is left to others', () => {
  assert.deepEqual(read(stepInt, '2147483647'), { value: 2_147_483_647 });
  assert.deepEqual(read(stepInt, '-2147483648'), { value: -2_147_483_648 });
  for (const text of ['2147483648', '-2147483649', '1.0', '-0', '99999999999', '1e3']) {
    assert.notDeepEqual(read(stepInt, text), { value: JSON.parse(text) as unknown }, text);
  }
  assert.equal(read(stepAny, '['.repeat(10_000) + ']'.repeat(10_000)), 'refused');
});
