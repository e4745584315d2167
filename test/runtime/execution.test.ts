/** The railway, against an oracle that reads the rules off one by one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../mesh/core/clock.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { type Outcome, execute } from '../../mesh/runtime/execution.ts';
import { createContexts } from '../../mesh/runtime/context.ts';
import { aggregator, logic } from '../../mesh/sdk/index.ts';
import type { Aggregator, Logic } from '../../mesh/sdk/index.ts';

const subject = anonymous;

function run(
  process: { readonly logics: readonly Logic<never>[]; readonly aggregator: Aggregator<never> },
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const contextFor = createContexts({
    execution: { id: 'e', domain: 'd', process: 'p', revision: 'r' },
    input: { given: 1 },
    subject,
    variables: {},
    visible: (_type, rows) => rows,
    seesAll: () => true,
    signal,
    call: async () => null,
    write: () => undefined,
  });
  return execute(process, { contextFor, clock: systemClock, signal });
}

/** What one function of a step does. */
type Deed =
  | 'returns'
  | 'throws'
  | 'waits'
  | 'waits and throws'
  | 'finalises'
  | 'finalises and throws'
  | 'finalises twice';

interface Plan {
  readonly run: Deed;
  readonly handleError: Deed | null;
}

const common = ['returns', 'throws', 'waits', 'waits and throws'] as const;
const plans = (deeds: readonly Deed[]) =>
  fc.record({ run: fc.constantFrom(...deeds), handleError: fc.option(fc.constantFrom(...deeds)) });

function act(deed: Deed, text: string): (context: unknown) => void | Promise<void> {
  return (context) => {
    const finalize = (): void => (context as { result: { finalize(value: string): void } }).result.finalize(text);
    if (deed.startsWith('finalises')) finalize();
    if (deed === 'finalises twice') finalize();
    if (deed.startsWith('waits')) {
      return new Promise((done, fail) => {
        setImmediate(() => (deed === 'waits' ? done() : fail(new Error(text))));
      });
    }
    if (deed.endsWith('throws')) throw new Error(text);
  };
}

function stepsOf(plan: Plan, name: string) {
  const run = act(plan.run, `${name}.run`);
  return plan.handleError === null ? { run } : { run, handleError: act(plan.handleError, `${name}.handleError`) };
}

/** Reads the rules: DESIGN, section 6. */
function oracle(steps: readonly Plan[], last: Plan) {
  const told: string[] = [];
  let isBroken = false;
  let result: string | null = null;
  const fails = (deed: Deed): boolean => deed.endsWith('throws') || deed === 'finalises twice';
  [...steps, last].forEach((step, index) => {
    const isLast = index === steps.length;
    if (!isBroken) {
      told.push(`${index}.run${fails(step.run) ? '!' : ''}`);
      isBroken = fails(step.run);
      if (isLast && !isBroken && step.run.startsWith('finalises')) result = `${index}.run`;
    }
    if (isBroken && step.handleError !== null) {
      told.push(`${index}.handleError${fails(step.handleError) ? '!' : ''}`);
      if (isLast && step.handleError.startsWith('finalises')) result = `${index}.handleError`;
    }
  });
  const status = result === null ? 'FAILED' : isBroken ? 'COMPLETE_WITH_ERROR' : 'COMPLETE';
  return { told, result, status };
}

describe('execute()', () => {
  test('keeps the rules of the railway for any steps', async () => {
    const last = plans([...common, 'finalises', 'finalises and throws', 'finalises twice']);
    await fc.assert(
      fc.asyncProperty(fc.array(plans(common), { maxLength: 5 }), last, async (steps, end) => {
        const outcome = await run({
          logics: steps.map((plan, index) => logic(String(index), stepsOf(plan, String(index)))),
          aggregator: aggregator(String(steps.length), stepsOf(end, String(steps.length))),
        });
        const expected = oracle(steps, end);
        const told = outcome.timeline.map(
          ({ logic: name, ran, error }) => `${name}.${ran}${error === null ? '' : '!'}`,
        );
        assert.deepEqual(told, expected.told);
        assert.equal(outcome.resultJson, expected.result === null ? null : JSON.stringify(expected.result));
        assert.equal(outcome.status, expected.status);
        assert.equal(outcome.error === null, expected.status === 'COMPLETE');
      }),
      { numRuns: 300 },
    );
  });

  test('hands every handler the error of the first logic that threw', async () => {
    const seen: string[] = [];
    const handleError = (_context: unknown, error: Error): void => {
      seen.push(error.message);
      throw new Error('again');
    };
    const outcome = await run({
      logics: [
        logic('a', { run: () => Promise.reject(new WeftError('AGENT_FAILED', { action: 'first' })), handleError }),
        logic('b', { run: () => assert.fail('b runs'), handleError }),
      ],
      aggregator: aggregator('c', {
        run: () => assert.fail('c runs'),
        handleError: ({ result }, error) => result.finalize(`despite ${error.message}`),
      }),
    });
    assert.deepEqual(seen, ['first.', 'first.']);
    assert.equal(outcome.status, 'COMPLETE_WITH_ERROR');
    assert.equal(outcome.resultJson, '"despite first."');
    assert.deepEqual(outcome.error, { code: 'AGENT_FAILED', message: 'first.' });
  });

  test('takes what is thrown that is no error, too', async () => {
    const { error, status } = await run({
      logics: [
        logic('a', () => {
          // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- authors do
          throw 'words';
        }),
      ],
      aggregator: aggregator('b', ({ result }) => result.finalize(1)),
    });
    assert.equal(status, 'FAILED');
    assert.deepEqual(error, { code: 'LOGIC_FAILED', message: 'words' });
  });

  test('fails when the aggregator finalises nothing', async () => {
    const { error, status } = await run({ logics: [], aggregator: aggregator('a', () => undefined) });
    assert.equal(status, 'FAILED');
    assert.deepEqual(error, {
      code: 'LOGIC_FAILED',
      message:
        'Cannot complete the execution: found an aggregator that finalised no result, wanted one call of result.finalize(value).',
    });
  });

  test('takes the result as it is when it is finalised, and JSON alone', async () => {
    const list = [1];
    const kept = await run({
      logics: [],
      aggregator: aggregator('a', ({ result }) => {
        result.finalize(list);
        list.push(2);
      }),
    });
    assert.equal(kept.resultJson, '[1]');
    for (const value of [undefined, 1n, () => 1]) {
      const { error } = await run({
        logics: [],
        aggregator: aggregator('a', ({ result }) => result.finalize(value as never)),
      });
      assert.equal(error?.code, 'LOGIC_FAILED');
    }
  });

  test('takes no result from an aggregator that has returned', async () => {
    const late = Promise.withResolvers<unknown>();
    const { status } = await run({
      logics: [],
      aggregator: aggregator('a', ({ result }) => {
        setImmediate(() => {
          try {
            result.finalize(1);
            late.resolve(null);
          } catch (thrown) {
            late.resolve(thrown);
          }
        });
      }),
    });
    assert.equal(status, 'FAILED');
    assert.match(String(await late.promise), /found a call after the aggregator had returned/);
  });

  test('ends at once when it is stopped: the running step is left to itself and none follows', async () => {
    for (const [code, status] of [
      ['EXECUTION_TIMED_OUT', 'TIMED_OUT'],
      ['EXECUTION_CANCELLED', 'CANCELLED'],
    ] as const) {
      const stop = new AbortController();
      const outcome = await run(
        {
          logics: [
            logic('stuck', {
              run: () => {
                stop.abort(new WeftError(code, { action: 'Stopped' }));
                return new Promise<void>(() => undefined);
              },
              handleError: () => assert.fail('handles'),
            }),
          ],
          aggregator: aggregator('end', () => assert.fail('aggregates')),
        },
        stop.signal,
      );
      assert.equal(outcome.status, status);
      assert.deepEqual(outcome.error, { code, message: 'Stopped.' });
      assert.deepEqual(
        outcome.timeline.map(({ logic: name, error }) => [name, error?.code]),
        [['stuck', code]],
      );
    }
  });

  test('does nothing when it was stopped before it began', async () => {
    const outcome = await run(
      { logics: [logic('a', () => assert.fail('runs'))], aggregator: aggregator('b', () => assert.fail('runs')) },
      AbortSignal.abort(new Error('gone')),
    );
    assert.equal(outcome.status, 'CANCELLED');
    assert.deepEqual(outcome.timeline, []);
  });

  test('passes values on through the session, and names what is missing there', async () => {
    const { resultJson, error } = await run({
      logics: [
        logic('set', ({ session, input }) => {
          assert.equal(session.has('n'), false);
          session.set('n', input['given']);
        }),
      ],
      aggregator: aggregator('get', ({ session, result }) => {
        result.finalize(session.get('n') as number);
        session.get('m');
      }),
    });
    assert.equal(resultJson, null);
    assert.equal(
      error?.message,
      'Cannot get "m" from the session of process "p": found "n", wanted a value that an earlier logic has set.',
    );
  });
});
