/** The circuit breaker against a list of everything that happened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Breaker, type BreakerOptions } from '../../../gateway/execute/breaker.ts';

const options: BreakerOptions = { errorPercent: 50, callsMin: 4, windowMs: 1_000, waitMs: 300 };

test('a breaker opens at its rate and volume, waits, lets one probe through, and does what that says', () => {
  const breaker = new Breaker(options);
  for (const failed of [true, true, true]) breaker.note(failed, 0);
  assert.equal(breaker.admit(0), 'pass', 'three calls are too few');
  breaker.note(false, 0);
  assert.equal(breaker.admit(0), 'pass', 'only a failure opens it');
  breaker.note(true, 0);
  assert.equal(breaker.admit(0), 'refuse');
  breaker.note(false, 1);
  assert.equal(breaker.admit(299), 'refuse');
  assert.equal(breaker.admit(300), 'probe');
  assert.equal(breaker.admit(10_000), 'refuse', 'one probe at a time');
  breaker.noteProbe('failure', 400);
  assert.equal(breaker.admit(699), 'refuse');
  assert.equal(breaker.admit(700), 'probe');
  breaker.noteProbe('unknown', 710);
  assert.equal(breaker.admit(710), 'probe', 'a probe that came to nothing is made anew at once');
  breaker.noteProbe('success', 720);
  assert.ok(breaker.isClosed);
  for (const failed of [true, true, true]) breaker.note(failed, 730);
  assert.equal(breaker.admit(730), 'pass', 'what was before it closed is forgotten');
});

test('failures that lie too far back do not count', () => {
  const breaker = new Breaker(options);
  for (const now of [0, 0, 0, 1_100]) breaker.note(true, now);
  assert.equal(breaker.admit(1_100), 'pass');
  for (const now of [1_200, 1_300, 1_400]) breaker.note(true, now);
  assert.equal(breaker.admit(1_400), 'refuse');
});

/** Says the same by going through the whole past each time. */
class Ledger {
  readonly #options: BreakerOptions;
  #calls: { readonly part: number; readonly failed: boolean }[] = [];
  #reopenAt: number | null = null;
  #isProbing = false;

  constructor(given: BreakerOptions) {
    this.#options = given;
  }

  admit(now: number): string {
    if (this.#reopenAt === null && !this.#isProbing) return 'pass';
    if (this.#isProbing || now < (this.#reopenAt ?? 0)) return 'refuse';
    this.#isProbing = true;
    return 'probe';
  }

  note(failed: boolean, now: number): void {
    if (this.#reopenAt !== null || this.#isProbing) return;
    const { windowMs, callsMin, errorPercent, waitMs } = this.#options;
    const part = Math.floor((now * 10) / windowMs);
    this.#calls.push({ part, failed });
    const counted = this.#calls.filter((call) => call.part > part - 10);
    const failures = counted.filter((call) => call.failed).length;
    if (failed && counted.length >= callsMin && failures * 100 >= errorPercent * counted.length)
      this.#open(now + waitMs);
  }

  noteProbe(outcome: string, now: number): void {
    if (!this.#isProbing) return;
    this.#isProbing = false;
    this.#reopenAt = null;
    if (outcome !== 'success') this.#open(outcome === 'unknown' ? now : now + this.#options.waitMs);
  }

  #open(until: number): void {
    this.#reopenAt = until;
    this.#calls = [];
  }
}

test('a breaker does what the whole past says', () => {
  const events = fc.array(
    fc.record({
      after: fc.oneof(fc.constant(0), fc.nat(120), fc.nat(2_500)),
      failed: fc.boolean(),
      what: fc.constantFrom('call', 'call', 'call', 'probe'),
      outcome: fc.constantFrom('success' as const, 'failure' as const, 'unknown' as const),
    }),
    { maxLength: 80 },
  );
  const settings = fc.record({
    errorPercent: fc.integer({ min: 1, max: 100 }),
    callsMin: fc.integer({ min: 1, max: 8 }),
    windowMs: fc.constantFrom(10, 250, 1_000, 10_000),
    waitMs: fc.nat(500),
  });
  let opened = 0;
  fc.assert(
    fc.property(settings, events, (given, list) => {
      const [breaker, ledger] = [new Breaker(given), new Ledger(given)];
      let now = 0;
      for (const { after, failed, what, outcome } of list) {
        now += after;
        const admission = breaker.admit(now);
        assert.equal(admission, ledger.admit(now));
        if (admission === 'refuse') opened += 1;
        for (const one of [breaker, ledger]) {
          if (what === 'call') one.note(failed, now);
          else one.noteProbe(outcome, now);
        }
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(opened > 100);
});
