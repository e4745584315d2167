/** What masks leave of values: always a value of the type, never more than the mask says. The gateway's leaf writer judges. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { writeLeaf } from '../../gateway/execute/leaf.ts';
import { type MaskName, maskNames, readMask } from '../../mesh/policy/mask.ts';
import { type MaskedType, createMasker } from '../../mesh/policy/masker.ts';

const typeOf = (leaf: MaskedType['leaf'], type: string = leaf, values: ReadonlySet<string> | null = null) => ({
  leaf,
  type,
  values,
});
const colours = typeOf('enum', 'Colour', new Set(['GREEN', 'RED']));
const types: readonly MaskedType[] = [
  ...(['Int', 'Float', 'String', 'Boolean', 'ID'] as const).map((leaf) => typeOf(leaf)),
  colours,
  ...['JSON', 'Date', 'DateTime', 'Money'].map((name) => typeOf('custom', name)),
];
const masker = createMasker('secret');
const show = (mask: string, value: unknown, type: MaskedType = typeOf('String')) => masker(readMask(mask), type)(value);
const textOf = (name: MaskName, step: number) => (name === 'ROUND' || name === 'BUCKET' ? `${name}(${step})` : name);

const values = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom('GREEN', 'RED', 'ann@example.com', '2024-03-05', '2024-03-05T10:20:30.5+02:00', '1', ''),
  fc.jsonValue(),
);

describe('createMasker()', () => {
  test('gives a value of the type for whatever there is, and null for null alone', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.constantFrom(...maskNames.filter((name) => name !== 'NULL')),
          fc.oneof(fc.integer({ min: 1, max: 4_000_000_000 }), fc.constantFrom(0.1, 2.5)),
        ),
        fc.constantFrom(...types),
        values,
        ([name, step], type, value) => {
          const shown = show(textOf(name, step), value, type);
          if (value === null) return assert.equal(shown, null);
          assert.notEqual(writeLeaf({ kind: 'leaf', ...type, isHidden: () => false }, shown), undefined);
          assert.notEqual(writeLeaf({ kind: 'leaf', ...type, isHidden: () => false }, shown), 'null');
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('REDACT says nothing but that there is a value', () => {
    assert.equal(show('REDACT', 'canary'), '[redacted]');
    assert.equal(show('REDACT', 7, typeOf('ID')), '[redacted]');
    assert.equal(show('REDACT', 7, typeOf('Int')), 0);
    assert.equal(show('REDACT', 7.5, typeOf('Float')), 0);
    assert.equal(show('REDACT', true, typeOf('Boolean')), false);
    assert.equal(show('REDACT', 'RED', colours), 'GREEN');
    assert.equal(show('REDACT', { deep: 'canary' }, typeOf('custom', 'JSON')), '[redacted]');
    assert.equal(show('REDACT', ['canary'], typeOf('custom', 'JSON')), '[redacted]');
    assert.equal(show('REDACT', 99, typeOf('custom', 'BigInt')), 0);
  });

  test('REDACT shows the beginning of time, in the form of the value', () => {
    assert.equal(show('REDACT', '2024-03-05', typeOf('custom', 'Date')), '1970-01-01');
    assert.equal(show('REDACT', '2024-03-05', typeOf('custom', 'DateTime')), '1970-01-01');
    assert.equal(show('REDACT', '2024-03-05T10:00:00Z', typeOf('custom', 'Instant')), '1970-01-01T00:00:00.000Z');
    assert.equal(show('REDACT', 'soon', typeOf('custom', 'Timestamp')), '1970-01-01T00:00:00.000Z');
    assert.equal(show('REDACT', 'soon', typeOf('custom', 'LocalDate')), '1970-01-01');
    assert.equal(show('REDACT', '10:20:30', typeOf('custom', 'Time')), '00:00:00.000Z');
    assert.equal(show('REDACT', 1_700_000_000, typeOf('custom', 'Timestamp')), 0);
  });

  test('HASH is the same for the same value, whatever its field, and another under another secret', () => {
    assert.match(String(show('HASH', 'ann')), /^[0-9a-f]{32}$/);
    assert.equal(show('HASH', 'ann'), show('HASH', 'ann', typeOf('ID')));
    assert.equal(show('HASH', 1, typeOf('ID')), show('HASH', '1', typeOf('ID')));
    assert.notEqual(show('HASH', 'ann'), show('HASH', 'bob'));
    const other = createMasker('other')(readMask('HASH'), typeOf('String'));
    assert.notEqual(show('HASH', 'ann'), other('ann'));
    const number = show('HASH', 42, typeOf('Int'));
    assert.ok(Number.isInteger(number) && Number(number) >= 0 && Number(number) < 2 ** 31);
    assert.equal(number, show('HASH', 42, typeOf('Int')));
    assert.ok(Number.isSafeInteger(show('HASH', 42.5, typeOf('Float'))));
  });

  test('HASH of what has few values shows none of them', () => {
    assert.deepEqual(
      [true, false].map((value) => show('HASH', value, typeOf('Boolean'))),
      [false, false],
    );
    assert.equal(show('HASH', 'RED', colours), 'GREEN');
  });

  test('without a secret, hashes agree within the process', () => {
    const hash = () => createMasker()(readMask('HASH'), typeOf('String'))('ann');
    assert.equal(hash(), hash());
    assert.notEqual(hash(), show('HASH', 'ann'));
  });

  test('LAST4 leaves at least four characters hidden', () => {
    assert.equal(show('LAST4', '4111111111111234'), '****1234');
    assert.equal(show('LAST4', '123456'), '****56');
    assert.equal(show('LAST4', '1234'), '****');
    assert.equal(show('LAST4', ''), '****');
    assert.equal(show('LAST4', '12345678', typeOf('ID')), '****5678');
    assert.equal(show('LAST4', 12_345_678, typeOf('ID')), '****5678');
    assert.equal(show('LAST4', 12_345_678, typeOf('Int')), 0);
  });

  test('LAST4 and FIRST1 count characters, not their halves', () => {
    assert.equal(show('LAST4', 'abcd😀😁😂🤣'), '****😀😁😂🤣');
    assert.equal(show('FIRST1', '😀bc'), '😀***');
  });

  test('FIRST1 hides a single character', () => {
    assert.deepEqual(
      ['Ann', 'A', ''].map((text) => show('FIRST1', text)),
      ['A***', '***', '***'],
    );
  });

  test('EMAIL shows where, and the first character of who', () => {
    assert.equal(show('EMAIL', 'ann.b@mail.example.com'), 'a***@mail.example.com');
    assert.equal(show('EMAIL', 'a@example.com'), '***@example.com');
    for (const text of ['no address', '@example.com', 'a@b@example.com', 'a@local', 'a b@example.com', 'ann@'])
      assert.equal(show('EMAIL', text), '[redacted]', text);
  });

  test('YEAR and MONTH keep the form of a date and nothing of the rest', () => {
    assert.equal(show('YEAR', '2024-03-05'), '2024-01-01');
    assert.equal(show('MONTH', '2024-03-05'), '2024-03-01');
    assert.equal(show('YEAR', '2024-03-05T10:20:30.123Z'), '2024-01-01T00:00:00.000Z');
    assert.equal(show('MONTH', '2024-03-05T10:20:30+02:00', typeOf('custom', 'DateTime')), '2024-03-01T00:00:00+00:00');
    assert.equal(show('MONTH', '2024-03-05 10:20'), '2024-03-01 00:00');
    assert.equal(show('YEAR', '2024-03'), '2024-01');
    assert.equal(show('YEAR', '2024'), '2024');
    for (const text of ['5 March 2024', '2024-13-01', '2024-03-05 canary', '2024-03-05T10:20:30.123Z canary'])
      assert.equal(show('YEAR', text), '[redacted]', text);
    assert.equal(show('YEAR', 'soon', typeOf('custom', 'Date')), '1970-01-01');
  });

  test('ROUND and BUCKET leave multiples of their step', () => {
    const whole = (mask: string, value: number) => show(mask, value, typeOf('Int'));
    assert.deepEqual([whole('ROUND(100)', 149), whole('ROUND(100)', 150)], [100, 200]);
    assert.deepEqual([whole('BUCKET(10)', 39), whole('BUCKET(10)', -1)], [30, -10]);
    assert.equal(whole('ROUND(1000)', 2 ** 31 - 1), 2_147_483_000);
    assert.equal(whole('BUCKET(1000)', -(2 ** 31)), -2_147_483_000);
    assert.equal(whole('ROUND(2.5)', 4), 5);
    assert.equal(show('ROUND(0.1)', 0.31, typeOf('Float')), 0.3);
    assert.equal(show('BUCKET(10)', '39'), '[redacted]');
    assert.equal(show('ROUND(10)', 1e308, typeOf('custom', 'Money')), 1e308);
  });

  test('NULL is null', () => assert.equal(show('NULL', 'canary'), null));
});
