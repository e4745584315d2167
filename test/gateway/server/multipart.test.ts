/** Streams as multipart messages: Apollo's protocol for subscriptions, and incremental delivery of one answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request as open } from 'node:http';
import { describe, test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { negotiate } from '../../../gateway/server/media.ts';
import type { Gateway, OperationRequest } from '../../../gateway/server/operation.ts';
import { abortSignalOf } from '../../../mesh/core/cancel.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createTinyGateway, startTiny } from './tiny.ts';

const forEvents = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0';
const forParts = 'multipart/mixed;deferSpec=20220824';

interface Asking {
  readonly accept: string;
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

function post(url: string, query: string, { signal, ...headers }: Asking): Promise<Response> {
  const body = JSON.stringify({ query });
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return fetch(`${url}/graphql`, signal === undefined ? init : { ...init, signal });
}

/** The parts of a whole message, by the letter of RFC 2046, section 5.1.1. */
async function partsOf(response: Response): Promise<unknown[]> {
  const type = response.headers.get('content-type') ?? '';
  const [, boundary] = /^multipart\/mixed;\s*boundary="([^"]+)"/.exec(type) ?? assert.fail(type);
  const [preamble, ...parts] = (await response.text()).split(`\r\n--${boundary}`);
  assert.equal(preamble, '');
  assert.equal(parts.pop(), '--\r\n');
  return parts.map((part) => {
    const [head, body, ...more] = part.split('\r\n\r\n');
    assert.deepEqual([head, more], ['\r\ncontent-type: application/json; charset=utf-8', []]);
    return JSON.parse(body ?? '') as unknown;
  });
}

describe('a subscription as multipart', () => {
  for (const accept of [
    forEvents,
    'multipart/mixed;subscriptionSpec="1.0", application/json',
    'multipart/mixed; boundary="a,b;c"; SubscriptionSpec=1.0',
    `application/json, ${forParts}, ${forEvents}, text/event-stream;q=0.5`,
  ]) {
    test(`is sent to a client that accepts ${accept}: a heartbeat at once, then each answer in a payload`, async (context) => {
      const { url } = await startTiny(context);
      const response = await post(url, 'subscription { count(to: 2) }', { accept });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0');
      assert.deepEqual(await partsOf(response), [
        {},
        { payload: { data: { count: 1 } } },
        { payload: { data: { count: 2 } } },
      ]);
    });
  }

  test('is a GET as well, and can be read up to the last answer while it goes on', async (context) => {
    const { url } = await startTiny(context);
    const leaving = new AbortController();
    const search = new URLSearchParams({ query: 'subscription { wait }' });
    const response = await fetch(`${url}/graphql?${search}`, {
      headers: { accept: forEvents },
      signal: leaving.signal,
    });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? assert.fail()) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.endsWith('{"payload":{"data":{"wait":1}}}\r\n--graphql')) break;
    }
    leaving.abort();
  });

  test('that breaks ends with one masked error beside an empty payload', async (context) => {
    const { url, reports } = await startTiny(context);
    const response = await post(url, 'subscription { broken }', { accept: forEvents });
    const [, first, last, ...more] = await partsOf(response);
    assert.deepEqual(first, { payload: { data: { broken: 1 } } });
    assert.match(JSON.stringify(last), /^\{"payload":null,"errors":\[\{.*"code":"INTERNAL_SERVER_ERROR"/);
    assert.doesNotMatch(JSON.stringify(last), /secret/);
    assert.deepEqual([more.length, reports.length], [0, 1]);
  });

  test('that is refused is answered by status; in a payload for a client that reads nothing else', async (context) => {
    const { url } = await startTiny(context);
    const accept = `${forEvents}, application/graphql-response+json`;
    const refused = await post(url, 'subscription { nothing }', { accept });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /GRAPHQL_VALIDATION_FAILED/);
    const only = await partsOf(await post(url, 'subscription { nothing }', { accept: forEvents }));
    assert.match(JSON.stringify(only), /^\[\{\},\{"payload":\{"errors":\[.*GRAPHQL_VALIDATION_FAILED/);
    const query = await partsOf(await post(url, '{ hello }', { accept: forEvents }));
    assert.deepEqual(query, [{}, { payload: { data: { hello: 'hello you' } } }]);
    const bad = await post(url, 'subscription { wait }', { accept: forEvents, authorization: 'Bearer x' });
    assert.equal(bad.status, 401);
  });

  test('ends after TOKEN_EXPIRED when the token does, and after SERVICE_UNAVAILABLE when the server closes', async (context) => {
    const expiresAt = 2_000_000_000;
    const clock = { ...systemClock, now: () => expiresAt * 1000 - 50 };
    const authenticate = async () => ({ ...anonymous, id: 'ada', expiresAt });
    const expiring = await startTiny(context, { clock, authenticate });
    const expired = await partsOf(await post(expiring.url, 'subscription { wait }', { accept: forEvents }));
    assert.match(JSON.stringify(expired.at(-1)), /^\{"payload":null,"errors":.*TOKEN_EXPIRED/);
    assert.deepEqual(expiring.trace.aborted, ['TOKEN_EXPIRED']);

    const closing = await startTiny(context);
    const response = await post(closing.url, 'subscription { wait }', { accept: forEvents });
    const [parts] = await Promise.all([partsOf(response), closing.server.close()]);
    assert.deepEqual(parts.slice(0, 2), [{}, { payload: { data: { wait: 1 } } }]);
    assert.match(JSON.stringify(parts.at(-1)), /^\{"payload":null,"errors":.*SERVICE_UNAVAILABLE/);
    assert.deepEqual(closing.reports, []);
  });

  test('ends when its client leaves', async (context) => {
    const { url, trace } = await startTiny(context);
    const leaving = new AbortController();
    const response = await post(url, 'subscription { wait }', { accept: forEvents, signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    while (trace.aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(trace.aborted, ['EXECUTION_CANCELLED']);
  });

  test('gives a slow client no more than it takes', async (context) => {
    const { url, trace } = await startTiny(context);
    const headers = { accept: forEvents, 'content-type': 'application/json' };
    const request = open(`${url}/graphql`, { method: 'POST', headers });
    request.end(JSON.stringify({ query: 'subscription { flood(bytes: 100000) }' }));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    let before = -1;
    while (trace.flooded !== before) {
      before = trace.flooded;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(before > 0 && before < 1_000, `${before} values of 100 kB were taken from the source`);
    response.destroy();
  });
});

const payloads = [
  '{"data":{"a":1},"hasNext":true}',
  '{"incremental":[{"path":[],"data":{"b":2}}],"hasNext":false}',
] as const;

interface Deferring {
  /** Requests that `subscribe` and `execute` were given. */
  readonly subscribed: OperationRequest[];
  readonly executed: OperationRequest[];
  readonly gateway: Gateway;
}

/** Any operation is one answer in parts where that may be, else the same at once. */
function createDeferring(stream: (signal: AbortSignal) => AsyncIterable<string>): Deferring {
  const [subscribed, executed]: [OperationRequest[], OperationRequest[]] = [[], []];
  const whole = { body: '{"data":{"a":1,"b":2}}', executed: true, status: 200 };
  const gateway: Gateway = {
    async execute(request) {
      executed.push(request);
      return whole;
    },
    async subscribe(request, signal) {
      subscribed.push(request);
      return request.mayDefer === false ? whole : { kind: 'incremental', stream: stream(abortSignalOf(signal)) };
    },
  };
  return { subscribed, executed, gateway };
}

const both = async function* (): AsyncGenerator<string> {
  yield* payloads;
};

describe('one answer in parts', () => {
  test('is multipart for a client that accepts it, each payload a part', async (context) => {
    const { gateway } = createDeferring(both);
    const { url } = await startTiny(context, { gateway });
    for (const accept of [
      forParts,
      `${forEvents}, ${forParts}, application/json`,
      'multipart/mixed; deferSpec="20220824"',
    ]) {
      const response = await post(url, '{ a ... @defer { b } }', { accept });
      assert.equal(response.headers.get('content-type'), 'multipart/mixed; boundary="-"; deferSpec=20220824');
      assert.deepEqual(
        await partsOf(response),
        payloads.map((payload) => JSON.parse(payload) as unknown),
      );
    }
  });

  test('has its first part sent before the second is made', async (context) => {
    const gate = Promise.withResolvers<void>();
    const { gateway } = createDeferring(async function* () {
      yield payloads[0];
      await gate.promise;
      yield payloads[1];
    });
    const { url } = await startTiny(context, { gateway });
    const response = await post(url, '{ a }', { accept: forParts });
    let text = '';
    for await (const chunk of response.body ?? assert.fail()) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.endsWith(`${payloads[0]}\r\n---`)) gate.resolve();
    }
    assert.ok(text.endsWith(`${payloads[1]}\r\n-----\r\n`));
  });

  test('is whole for a client that reads no parts', async (context) => {
    const { gateway, subscribed, executed } = createDeferring(both);
    const { url } = await startTiny(context, { gateway });
    for (const accept of ['application/json', `${forEvents}, application/json`, 'multipart/mixed, application/json']) {
      const response = await post(url, '{ a }', { accept });
      assert.deepEqual(await response.json(), { data: { a: 1, b: 2 } });
    }
    assert.deepEqual([subscribed.length, executed.length], [1, 2], 'each operation ran once');
  });

  test('is next events over SSE, next messages over WebSocket', async (context) => {
    const { gateway } = createDeferring(both);
    const { url } = await startTiny(context, { gateway });
    const events = await post(url, '{ a }', { accept: 'text/event-stream' });
    assert.equal(
      await events.text(),
      `:\n\n${payloads.map((text) => `event: next\ndata: ${text}\n\n`).join('')}event: complete\ndata: \n\n`,
    );
    const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const messages = await Array.fromAsync(client.iterate({ query: '{ a }' }) as AsyncIterable<unknown>);
    assert.deepEqual(
      messages,
      payloads.map((payload) => JSON.parse(payload) as unknown),
    );
    await client.dispose();
  });

  test('that breaks ends with a masked error and says that nothing follows', async (context) => {
    const { gateway } = createDeferring(async function* () {
      yield payloads[0];
      throw new Error('the secret is 42');
    });
    const { url, reports } = await startTiny(context, { gateway });
    const [, last] = await partsOf(await post(url, '{ a }', { accept: forParts }));
    assert.match(JSON.stringify(last), /^\{"errors":\[\{.*INTERNAL_SERVER_ERROR.*\],"hasNext":false\}$/);
    const events = await (await post(url, '{ a }', { accept: 'text/event-stream' })).text();
    assert.match(events, /"INTERNAL_SERVER_ERROR".*"hasNext":false\}\n\nevent: complete/);
    assert.doesNotMatch(JSON.stringify(last) + events, /secret/);
    assert.equal(reports.length, 2);
  });

  test('ends by itself at its deadline, which holds until the last part', async (context) => {
    const { gateway } = createDeferring(async function* (signal) {
      yield payloads[0];
      await once(signal, 'abort');
      yield `{"incremental":[],"hasNext":false,"extensions":"${(signal.reason as { code: string }).code}"}`;
    });
    const config = { timeouts: { ...defaultConfig.timeouts, requestMs: 50 } };
    const { url } = await startTiny(context, { gateway, config });
    const parts = await partsOf(await post(url, '{ a }', { accept: forParts }));
    assert.deepEqual(parts.at(-1), { incremental: [], hasNext: false, extensions: 'REQUEST_TIMED_OUT' });
  });

  test('is left to be finished when the server closes', async (context) => {
    const { gateway } = createDeferring(async function* () {
      yield payloads[0];
      await new Promise((resolve) => setTimeout(resolve, 100));
      yield payloads[1];
    });
    const { url, server } = await startTiny(context, { gateway });
    const response = await post(url, '{ a }', { accept: forParts });
    const [parts] = await Promise.all([partsOf(response), server.close()]);
    assert.deepEqual(
      parts,
      payloads.map((payload) => JSON.parse(payload) as unknown),
    );
  });

  test('is one part when nothing is deferred, for a client that reads nothing else; a subscription is refused to it', async (context) => {
    const { url, trace } = await startTiny(context, { gateway: createTinyGateway({ flooded: 0, aborted: [] }) });
    assert.deepEqual(await partsOf(await post(url, '{ hello }', { accept: forParts })), [
      { data: { hello: 'hello you' }, hasNext: false },
    ]);
    const whole = await post(url, '{ hello }', { accept: `${forParts}, application/json` });
    assert.deepEqual(await whole.json(), { data: { hello: 'hello you' } });
    const refused = await post(url, 'subscription { count(to: 1) }', { accept: forParts });
    assert.match(await refused.text(), /a subscription needs a stream/);
    assert.deepEqual(trace, { flooded: 0, aborted: [] });
  });
});

test('negotiate() takes the best of each kind', () => {
  const of = (accept: string) => {
    const media = negotiate(accept);
    return media && [media.single, media.events, media.parts];
  };
  const [json, sse, multipart] = ['application/json', 'text/event-stream', 'multipart/mixed'];
  assert.deepEqual(of(`${sse}, ${forEvents}`), [null, sse, sse]);
  assert.deepEqual(of(`${forEvents}, ${sse}`), [null, multipart, sse]);
  assert.deepEqual(of(`${sse};q=0.5, ${forEvents};q=0.6, ${forParts};q=0.4, */*;q=0.1`), [json, multipart, sse]);
  assert.deepEqual(of(`${forParts};q=0, ${json}`), [json, null, null]);
  assert.equal(of('multipart/mixed'), null);
  assert.equal(of('multipart/mixed;deferSpec=20230621;subscriptionSpec=2.0'), null);
  assert.equal(of('text/html;x="application/json,application/json"'), null);
});
