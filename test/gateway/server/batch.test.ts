/** Several operations in one request: refused unless configuration says how many. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { startTiny } from './tiny.ts';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** A gateway that takes so many, and a way to ask it. */
async function open(context: TestContext, batch?: number) {
  const limits = { ...defaultConfig.limits, ...(batch === undefined ? {} : { batch }) };
  const { url, trace } = await startTiny(context, { config: { limits } });
  return {
    trace,
    async ask(body: unknown, headers: Readonly<Record<string, string>> = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as Answer & readonly Answer[];
      const type = response.headers.get('content-type');
      return { status: response.status, type, answer, error: answer.errors?.[0] };
    },
  };
}

test('a list is refused by default, one of one operation too', async (context) => {
  const { ask } = await open(context);
  for (const body of [[{ query: '{ hello }' }], []]) {
    const { status, error } = await ask(body);
    assert.equal(status, 400);
    assert.equal(error?.extensions.code, 'BAD_REQUEST');
    assert.equal(
      error?.message,
      'Cannot take the request body: found a list, wanted one JSON object; operations are not taken in batches.',
    );
  }
});

test('a list is answered by one in its order, each operation for itself, all for the same subject', async (context) => {
  const { ask } = await open(context, 4);
  const operations = [
    { query: '{ whoami }' },
    { query: '{ nothing }' },
    { query: 'mutation ($name: String!) { rename(name: $name) }', variables: { name: 'x' } },
    { query: 'subscription { count(to: 1) }' },
  ];
  const { status, type, answer } = await ask(operations, { authorization: 'Mock ada' });
  assert.equal(status, 200);
  assert.equal(type, 'application/json; charset=utf-8');
  assert.deepEqual(
    answer.map(({ data, errors }) => data ?? errors?.[0]?.extensions.code),
    [{ whoami: 'ada' }, 'GRAPHQL_VALIDATION_FAILED', { rename: 'x' }, 'BAD_REQUEST'],
  );
  const one = await ask({ query: '{ hello }' });
  assert.deepEqual(one.answer, { data: { hello: 'hello you' } });
});

test('a list that is too long, is empty or holds what is no operation is refused whole', async (context) => {
  const { ask } = await open(context, 2);
  const long = await ask(Array.from({ length: 3 }, () => ({ query: '{ hello }' })));
  assert.equal(long.status, 400);
  assert.equal(long.error?.extensions.code, 'LIMIT_EXCEEDED');
  assert.equal(long.error?.message, 'Cannot take the request body: found 3 operations, wanted at most 2.');
  const empty = await ask([]);
  assert.equal(empty.error?.message, 'Cannot take the request body: found an empty list, wanted an operation in it.');
  const nested = await ask([{ query: '{ hello }' }, [{ query: '{ hello }' }]]);
  assert.deepEqual([nested.status, nested.error?.extensions.code], [400, 'BAD_REQUEST']);
});

test('a list has one subject: a bad token refuses it whole', async (context) => {
  const { ask } = await open(context, 2);
  const { status, error } = await ask([{ query: '{ hello }' }, { query: '{ hello }' }], { authorization: 'Bearer x' });
  assert.deepEqual([status, error?.extensions.code], [401, 'UNAUTHENTICATED']);
});

test('a list is no stream: a client that reads nothing else is refused', async (context) => {
  const { ask } = await open(context, 2);
  const { status } = await ask([{ query: '{ hello }' }], { accept: 'text/event-stream' });
  assert.equal(status, 406);
  const both = await ask([{ query: '{ hello }' }], { accept: 'text/event-stream, application/graphql-response+json' });
  assert.equal(both.type, 'application/graphql-response+json; charset=utf-8');
  assert.deepEqual(both.answer, [{ data: { hello: 'hello you' } }]);
});

test('operations of a list run at once and end together at the deadline', async (context) => {
  const { url, trace } = await startTiny(context, {
    config: {
      limits: { ...defaultConfig.limits, batch: 2 },
      timeouts: { ...defaultConfig.timeouts, requestMs: 50 },
    },
  });
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ forever }' }, { query: '{ forever }' }]),
  });
  const late = { data: { forever: 'REQUEST_TIMED_OUT' } };
  assert.deepEqual(await response.json(), [late, late]);
  assert.equal(trace.aborted.length, 2);
});
