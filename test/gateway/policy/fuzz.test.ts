/**
 * Under random policies, random operations of random subjects over random meshes are answered as graphql-js answers them on one
 * schema with full rights, the rules applied to what came out. Here as many as a few seconds allow, from a fixed seed and from
 * the one that `WEFT_SEED` gives; `npm run fuzz:policy` goes on for as long as one likes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readEnvironment } from '../../../mesh/core/config.ts';
import type { Answer } from '../../support/gateway.ts';
import { checkPolicy, emptyTally, policies } from './fuzz/check.ts';

const fixed = 20_010_301;

for (const seed of [fixed, Number(readEnvironment('WEFT_SEED') ?? 1)]) {
  test(`random policies of seed ${seed} bind as if rules were applied to all there is`, async () => {
    const tally = emptyTally();
    const property = fc.asyncProperty(policies, (chosen) => checkPolicy({ ...chosen, tally }));
    await fc.assert(property, { seed, numRuns: 12, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false });
    for (const count of [tally.crossing, tally.denied, tally.masked, tally.filtered, tally.composed]) {
      assert.ok(count > 0, JSON.stringify(tally));
    }
  });
}

/** Puts another text where an answer has a text that a subject might see masked. */
function unmask(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer).replaceAll('"[redacted]"', '"plain"')) as Answer;
}

/** Tells nobody of what is denied. */
function withoutDenials({ errors = [], ...answer }: Answer): Answer {
  return { ...answer, errors: errors.filter(({ extensions }) => extensions.code !== 'UNAUTHORIZED_FIELD_OR_TYPE') };
}

for (const [name, change] of Object.entries({ unmask, withoutDenials })) {
  test(`the comparison notices answers that came about otherwise: ${name}`, async () => {
    const tally = emptyTally();
    const property = fc.asyncProperty(policies, (chosen) => checkPolicy({ ...chosen, tally, change }));
    const { errorInstance } = await fc.check(property, { seed: fixed, numRuns: 25, endOnFailure: true });
    assert.ok(errorInstance instanceof assert.AssertionError, String(errorInstance));
  });
}
