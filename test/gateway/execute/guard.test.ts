/** A guarded subgraph: retries within a budget, and a breaker; the far side is a real socket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { type GuardOptions, guardSubgraph } from '../../../gateway/execute/guard.ts';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { RetryBudget, retryWaitMs } from '../../../gateway/execute/retry.ts';
import { type Clock, systemClock } from '../../../mesh/core/clock.ts';
import { isWeftError, WeftError } from '../../../mesh/core/error.ts';
import { limits } from '../../../mesh/core/limits.ts';
import type { Subgraph, SubgraphRequest } from '../../../mesh/core/subgraph.ts';
import { anonymous } from '../../../mesh/core/subject.ts';

const request: SubgraphRequest = {
  operationKind: 'query',
  query: '{ a }',
  queryJson: '"{ a }"',
  variablesJson: '{}',
  headers: {},
  subject: anonymous,
};
const mutation: SubgraphRequest = { ...request, operationKind: 'mutation' };
const still = new AbortController().signal;
const breaker = { errorPercent: 50, callsMin: 4, windowMs: 10_000, waitMs: 1_000 };
const never = { max: 0, budgetPercent: 0 };

/** A clock that stands still until it is moved. */
function createClock(): Clock & { move(ms: number): void } {
  let now = 0;
  return { ...systemClock, monotonic: () => now, move: (ms) => void (now += ms) };
}

interface Far {
  readonly subgraph: Subgraph;
  readonly count: () => number;
  behave(listener: RequestListener): void;
}

async function open(context: TestContext, options: Partial<GuardOptions>): Promise<Far> {
  let behaviour: RequestListener = (_, response) => response.end('{"data":{"a":1}}');
  let count = 0;
  const server = createServer((incoming, response) => {
    count += 1;
    incoming.resume();
    behaviour(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const timeoutMs = options.timeoutMs ?? 5_000;
  const http = createHttpSubgraph({ name: 'shop', sdl: '', url: `http://127.0.0.1:${port}/`, timeoutMs });
  context.after(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const guardOptions = { timeoutMs, retries: { max: 2, budgetPercent: 20 }, breaker: null, ...options };
  return { subgraph: guardSubgraph(http, guardOptions), count: () => count, behave: (next) => void (behaviour = next) };
}

async function codeOf(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return 'none';
  } catch (error) {
    return isWeftError(error) ? error.code : String(error);
  }
}

const away: Readonly<Record<string, RequestListener>> = {
  'the connection is reset': (incoming) => incoming.socket.destroy(),
  'the answer is cut': (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{', () => response.destroy());
  },
  'the answer is 502': (_, response) => response.writeHead(502).end('<html>'),
  'the answer is 503': (_, response) => response.writeHead(503).end(),
  'the answer is 504': (_, response) => response.writeHead(504).end('gateway timeout'),
};
for (const [what, listener] of Object.entries(away)) {
  test(`a query is asked again when ${what}, a mutation is not`, async (context) => {
    const far = await open(context, {});
    far.behave((...exchange) => {
      if (far.count() < 3) listener(...exchange);
      else exchange[1].end('{"data":{"a":1}}');
    });
    assert.deepEqual((await far.subgraph.fetch(request, still)).data, { a: 1 });
    assert.equal(far.count(), 3);
    far.behave(listener);
    assert.equal(await codeOf(far.subgraph.fetch(mutation, still)), 'SUBGRAPH_UNAVAILABLE');
    assert.equal(far.count(), 4);
    assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_UNAVAILABLE');
    assert.equal(far.count(), 7, 'twice and no more');
  });
}

test('a query is asked once where another time would not help', async (context) => {
  const far = await open(context, { timeoutMs: 150 });
  far.behave((_, response) => response.writeHead(500).end('<html>'));
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_INVALID_RESPONSE');
  far.behave((_, response) => response.writeHead(503).end('{"errors":[{"message":"no"}]}'));
  assert.equal((await far.subgraph.fetch(request, still)).errors?.length, 1);
  far.behave(() => undefined);
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_TIMED_OUT');
  assert.equal(far.count(), 3);
});

test('all attempts together stay within the timeout', async (context) => {
  const far = await open(context, { timeoutMs: 400 });
  far.behave((incoming) => (far.count() === 1 ? setTimeout(() => incoming.socket.destroy(), 200) : undefined));
  const startedAt = performance.now();
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_TIMED_OUT');
  const ms = performance.now() - startedAt;
  assert.equal(far.count(), 2);
  assert.ok(ms >= 350 && ms < 2_400, `took ${ms} ms`);
});

test('a caller that leaves is not waited for, and no further attempt is made for it', async (context) => {
  const far = await open(context, {});
  const controller = new AbortController();
  far.behave((incoming) => {
    incoming.socket.destroy();
    setImmediate(() => controller.abort());
  });
  await codeOf(far.subgraph.fetch(request, controller.signal));
  assert.ok(far.count() <= 2);
});

test('retries cost no more than their share of the calls', async (context) => {
  const far = await open(context, { retries: { max: 2, budgetPercent: 10 } });
  far.behave((_, response) => response.writeHead(503).end());
  for (let call = 0; call < 100; call++) {
    await codeOf(far.subgraph.fetch({ ...request, variablesJson: `{"call":${call}}` }, still));
  }
  const retries = far.count() - 100;
  assert.ok(retries >= 15 && retries <= limits.subgraphRetriesFirst + 10, `${retries} retries`);
});

test('a budget never gives more than was paid in', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.array(fc.boolean(), { maxLength: 2_000 }), (percent, calls) => {
      const budget = new RetryBudget(percent);
      let [made, retried] = [0, 0];
      for (const isCall of calls) {
        if (isCall) {
          budget.deposit();
          made += 1;
        } else if (budget.take()) retried += 1;
        assert.ok(retried <= (percent === 0 ? 0 : limits.subgraphRetriesFirst + (made * percent) / 100 + 1e-6));
      }
    }),
    { numRuns: 200 },
  );
});

test('waits are chance, up to a bound that doubles', () => {
  const rolled = (bytes: number[]) => ({ randomBytes: () => Uint8Array.from(bytes) });
  assert.equal(retryWaitMs(0, rolled([0, 0])), 0);
  assert.equal(retryWaitMs(0, rolled([255, 255])), limits.subgraphRetryWaitMs - 1);
  assert.equal(retryWaitMs(2, rolled([128, 0])), limits.subgraphRetryWaitMs * 2);
  assert.equal(retryWaitMs(30, rolled([255, 255])), limits.subgraphRetryWaitMsMax - 1);
});

test('a subgraph that keeps failing is left alone, then probed by one call', async (context) => {
  const clock = createClock();
  const far = await open(context, { breaker, retries: never, clock });
  far.behave((_, response) => response.writeHead(500).end('<html>'));
  for (let call = 0; call < 4; call++) {
    assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_INVALID_RESPONSE');
  }
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_CIRCUIT_OPEN');
  assert.equal(await codeOf(far.subgraph.fetch(mutation, still)), 'SUBGRAPH_CIRCUIT_OPEN');
  assert.equal(await far.subgraph.health(), 'SUBGRAPH_CIRCUIT_OPEN');
  assert.equal(far.count(), 4);

  clock.move(1_000);
  const probes = await Promise.all([1, 2, 3].map(() => codeOf(far.subgraph.fetch(request, still))));
  assert.deepEqual(probes.toSorted(), ['SUBGRAPH_CIRCUIT_OPEN', 'SUBGRAPH_CIRCUIT_OPEN', 'SUBGRAPH_INVALID_RESPONSE']);
  assert.equal(far.count(), 5);

  clock.move(1_000);
  far.behave((_, response) => response.end('{"data":{"a":1}}'));
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'none');
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => codeOf(far.subgraph.fetch(request, still)))), [
    'none',
    'none',
    'none',
  ]);
});

test('looking after health probes too, so that a gateway which nobody asks gets well', async (context) => {
  const clock = createClock();
  const far = await open(context, { breaker, retries: never, clock });
  far.behave((incoming) => incoming.socket.destroy());
  for (let call = 0; call < 4; call++) await codeOf(far.subgraph.fetch(request, still));
  clock.move(1_000);
  assert.equal(await far.subgraph.health(), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(await far.subgraph.health(), 'SUBGRAPH_CIRCUIT_OPEN');
  clock.move(1_000);
  far.behave((_, response) => response.end('{"data":{"a":1}}'));
  assert.equal(await far.subgraph.health(), null);
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'none');
});

test('what is no fault of the subgraph does not open the breaker', async (context) => {
  const far = await open(context, { breaker, retries: never });
  far.behave((_, response) => response.end('{"data":null,"errors":[{"message":"no"}]}'));
  for (let call = 0; call < 10; call++) await far.subgraph.fetch(request, still);
  const headers = { 'x-tag': 'a\nb' };
  for (let call = 0; call < 10; call++) {
    assert.equal(await codeOf(far.subgraph.fetch({ ...request, headers }, still)), 'BAD_REQUEST');
  }
  far.behave(() => undefined);
  const leave = async (reason?: WeftError): Promise<void> => {
    const controller = new AbortController();
    const outcome = codeOf(far.subgraph.fetch(request, controller.signal));
    controller.abort(reason);
    assert.match(await outcome, /^SUBGRAPH_(TIMED_OUT|CIRCUIT_OPEN)$/);
  };
  for (let call = 0; call < 30; call++) await leave(new WeftError('EXECUTION_CANCELLED', { action: 'left' }));
  far.behave((_, response) => response.end('{"data":{"a":1}}'));
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'none');
  for (let call = 0; call < 30; call++) await leave(new WeftError('REQUEST_TIMED_OUT', { action: 'late' }));
  assert.equal(await codeOf(far.subgraph.fetch(request, still)), 'SUBGRAPH_CIRCUIT_OPEN');
});
