/** Streams of server-sent events: answers, completion, errors, and clients that leave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as open } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '../../../mesh/core/clock.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { startTiny } from './tiny.ts';

const stream = { accept: 'text/event-stream', 'content-type': 'application/json' };

function post(url: string, query: string, headers: Record<string, string> = stream): Promise<Response> {
  return fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
}

/** The events of a whole stream, heartbeats left out. */
function eventsOf(text: string): { event: string; data: unknown }[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('event:'))
    .map((block) => {
      const [event = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: ?/, ''));
      return { event, data: data === '' ? null : (JSON.parse(data) as unknown) };
    });
}

test('a subscription is a stream of next events, closed by complete', async (context) => {
  const { url } = await startTiny(context);
  const response = await post(url, 'subscription { count(to: 2) }');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.deepEqual(eventsOf(await response.text()), [
    { event: 'next', data: { data: { count: 1 } } },
    { event: 'next', data: { data: { count: 2 } } },
    { event: 'complete', data: null },
  ]);
});

test('a GET streams as well', async (context) => {
  const { url } = await startTiny(context);
  const search = new URLSearchParams({ query: 'subscription { count(to: 1) }' });
  const response = await fetch(`${url}/graphql?${search}`, { headers: { accept: 'text/event-stream' } });
  assert.equal(eventsOf(await response.text()).length, 2);
});

test('a query and a refused operation are streams of one result, for a client that reads nothing else', async (context) => {
  const { url } = await startTiny(context);
  const query = await post(url, '{ hello }');
  assert.deepEqual(eventsOf(await query.text()), [
    { event: 'next', data: { data: { hello: 'hello you' } } },
    { event: 'complete', data: null },
  ]);
  const refused = await post(url, 'subscription { nothing }');
  assert.equal(refused.status, 200);
  const [next, complete] = eventsOf(await refused.text());
  assert.match(JSON.stringify(next?.data), /Cannot query field \\"nothing\\".*GRAPHQL_VALIDATION_FAILED/);
  assert.equal(complete?.event, 'complete');
});

test('a client that reads both gets JSON for a query and a stream for a subscription', async (context) => {
  const { url } = await startTiny(context);
  const headers = { ...stream, accept: 'application/graphql-response+json, text/event-stream' };
  const query = await post(url, '{ hello }', headers);
  assert.match(query.headers.get('content-type') ?? '', /^application\/graphql-response\+json/);
  await query.text();
  const subscription = await post(url, 'subscription { count(to: 1) }', headers);
  assert.match(subscription.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(eventsOf(await subscription.text()).length, 2);
});

test('a subscription without a stream to put it in is refused', async (context) => {
  const { url } = await startTiny(context);
  const response = await post(url, 'subscription { count(to: 1) }', { 'content-type': 'application/json' });
  assert.match(await response.text(), /a subscription needs a stream/);
});

test('a malformed request and a bad token are refused by status, before any stream', async (context) => {
  const { url } = await startTiny(context);
  const malformed = await fetch(`${url}/graphql`, { method: 'POST', headers: stream, body: '{' });
  assert.equal(malformed.status, 400);
  const unauthenticated = await post(url, 'subscription { wait }', { ...stream, authorization: 'Bearer x' });
  assert.equal(unauthenticated.status, 401);
  assert.match(await unauthenticated.text(), /UNAUTHENTICATED/);
});

test('a stream that breaks ends with one masked error', async (context) => {
  const { url, reports } = await startTiny(context);
  const response = await post(url, 'subscription { broken }');
  const [first, second, third] = eventsOf(await response.text());
  assert.deepEqual(first?.data, { data: { broken: 1 } });
  assert.match(JSON.stringify(second?.data), /INTERNAL_SERVER_ERROR/);
  assert.doesNotMatch(JSON.stringify(second?.data), /secret/);
  assert.equal(third?.event, 'complete');
  assert.equal(reports.length, 1);
});

test('the subscription ends when its client leaves', async (context) => {
  const { url, trace } = await startTiny(context);
  const leaving = new AbortController();
  const body = JSON.stringify({ query: 'subscription { wait }' });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: stream, body, signal: leaving.signal });
  await response.body?.getReader().read();
  leaving.abort();
  while (trace.aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(trace.aborted, ['EXECUTION_CANCELLED']);
});

test('a slow client is not sent more than it takes', async (context) => {
  const { url, trace } = await startTiny(context);
  const body = JSON.stringify({ query: 'subscription { flood(bytes: 100000) }' });
  const request = open(`${url}/graphql`, { method: 'POST', headers: stream });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.pause();
  let before = -1;
  // Buffers of both kernels fill; then nothing more is asked of the source.
  while (trace.flooded !== before) {
    before = trace.flooded;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(before > 0 && before < 1_000, `${before} values of 100 kB were taken from the source`);
  response.destroy();
});

test('a stream ends after TOKEN_EXPIRED when the token does', async (context) => {
  const expiresAt = 2_000_000_000;
  const clock = { ...systemClock, now: () => expiresAt * 1000 - 50 };
  const authenticate = async () => ({ ...anonymous, id: 'ada', expiresAt });
  const { url, trace } = await startTiny(context, { clock, authenticate });
  const response = await post(url, 'subscription { wait }');
  const [first, second, third] = eventsOf(await response.text());
  assert.deepEqual(first?.data, { data: { wait: 1 } });
  assert.match(JSON.stringify(second?.data), /TOKEN_EXPIRED/);
  assert.equal(third?.event, 'complete');
  assert.deepEqual(trace.aborted, ['TOKEN_EXPIRED']);
});

test('a stream that the closing server cuts ends without complete, so that the client comes again', async (context) => {
  const { url, server, trace } = await startTiny(context);
  const response = await post(url, 'subscription { wait }');
  const [text] = await Promise.all([response.text(), server.close()]);
  assert.deepEqual(eventsOf(text), [{ event: 'next', data: { data: { wait: 1 } } }]);
  assert.deepEqual(trace.aborted, ['SERVICE_UNAVAILABLE']);
});
