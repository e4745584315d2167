/** Conditions in CEL: what holds, and that whatever goes wrong means no. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isWeftError } from '../../mesh/core/error.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';

describe('compileCondition()', () => {
  test('compares numbers of JSON with each other and with numbers in the text, whole or not', () => {
    const operators = {
      '<': (a: number, b: number) => a < b,
      '>=': (a: number, b: number) => a >= b,
      '==': (a: number, b: number) => a === b,
    };
    const number = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -50, max: 50, noNaN: true }));
    const operator = fc.constantFrom<keyof typeof operators>('<', '>=', '==');
    fc.assert(
      fc.property(number, number, operator, (a, b, sign) => {
        assert.equal(compileCondition(`a ${sign} b.c`)({ a, b: { c: b } }), operators[sign](a, b));
        if (Number.isInteger(b)) assert.equal(compileCondition(`a ${sign} ${b}`)({ a }), operators[sign](a, b));
      }),
    );
  });

  test('reads nested objects, lists, text and null', () => {
    const event = { payload: { flight: { origin: 'ORD' }, tags: ['late', 'big'], gone: null } };
    for (const text of [
      "event.payload.flight.origin == 'ORD'",
      "'late' in event.payload.tags",
      "event.payload.flight.origin in ['JFK', 'ORD']",
      'event.payload.gone == null',
      'size(event.payload.tags) == 2',
      "event.payload.tags.exists(tag, tag.startsWith('b'))",
      'has(event.payload.flight) && !has(event.payload.other)',
    ]) {
      assert.equal(compileCondition(text)({ event }), true, text);
    }
  });

  test('does not hold, and says why, when what it reads is missing, does not fit or is no boolean', () => {
    for (const [text, reason] of [
      ['nothing == 1', /unresolved/],
      ['event.payload.nothing > 1', /field not found: nothing/],
      ["event.delay > 'x'", /no matching overload/],
      ['event.delay', /no boolean but number/],
      ['event.delay / 0 > 1', /./],
    ] as const) {
      const reasons: string[] = [];
      const holds = compileCondition(text)({ event: { delay: 1, payload: {} } }, (why) => reasons.push(why));
      assert.equal(holds, false, text);
      assert.match(reasons.join(), reason);
    }
    assert.equal(
      compileCondition('true')({}, () => assert.fail('it holds')),
      true,
    );
  });

  test('throws POLICY_INVALID with the place of what cannot be read', () => {
    assert.throws(
      () => compileCondition('('.repeat(100_000)),
      (thrown) => isWeftError(thrown, 'POLICY_INVALID'),
    );
    assert.throws(
      () => compileCondition('a > 1 &&\n  b >'),
      (thrown) => {
        assert.ok(isWeftError(thrown, 'POLICY_INVALID'));
        assert.match(thrown.message, /^Cannot read condition "a > 1 &&\n {2}b >": found /);
        assert.equal(thrown.at?.line, 2);
        assert.match(thrown.at?.frame ?? '', /^ {2}1 \| a > 1 &&\n> 2 \| {3}b >\n/);
        return true;
      },
    );
  });
});
