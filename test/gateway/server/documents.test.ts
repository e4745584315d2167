/** Documents that are named in place of being written out: automatic persisted queries, the manifest, the safelist. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createClientGateway, createDocuments, type DocumentsOptions } from '../../../gateway/server/documents.ts';
import { createMeshQuery } from '../../../gateway/server/mesh.ts';
import { parseParameters } from '../../../gateway/server/parameters.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';
import { startTiny } from './tiny.ts';

const graphql = 'application/graphql-response+json';
const query = '{ hello(name: "Ada") }';
const hash = hashOf(query);
const data = { hello: 'hello Ada' };

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function persisted(sha256Hash: unknown, version: unknown = 1): { readonly extensions: object } {
  return { extensions: { persistedQuery: { version, sha256Hash } } };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function post(url: string, body: object, accept = graphql): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Answer };
}

async function get(url: string, parameters: Readonly<Record<string, string>>) {
  const headers = { accept: graphql };
  const response = await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`, { headers });
  return { status: response.status, answer: (await response.json()) as Answer };
}

function codeOf({ errors }: Answer): string | undefined {
  return errors?.[0]?.extensions.code;
}

const notFound: Answer = {
  errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
};

describe('automatic persisted queries', () => {
  test('are asked for, sent once, and named from then on, by POST and GET alike', async (context) => {
    const { url, reports } = await startTiny(context);
    assert.deepEqual(await post(url, persisted(hash)), { status: 400, answer: notFound });
    assert.deepEqual(await post(url, { query, ...persisted(hash) }), { status: 200, answer: { data } });
    assert.deepEqual(await post(url, persisted(hash)), { status: 200, answer: { data } });
    const extensions = JSON.stringify(persisted(hash).extensions);
    assert.deepEqual(await get(url, { extensions }), { status: 200, answer: { data } });
    assert.deepEqual(reports, []);
  });

  test('may be sent by GET as well, with variables of their own each time', async (context) => {
    const { url } = await startTiny(context);
    const text = 'query ($name: String) { hello(name: $name) }';
    const extensions = JSON.stringify(persisted(hashOf(text)).extensions);
    const first = await get(url, { query: text, extensions, variables: '{"name":"Bob"}' });
    assert.deepEqual(first.answer.data, { hello: 'hello Bob' });
    const second = await get(url, { extensions, variables: '{"name":"Eve"}' });
    assert.deepEqual(second.answer.data, { hello: 'hello Eve' });
  });

  test('that are not known are answered with 200 where the client reads plain JSON', async (context) => {
    const { url } = await startTiny(context);
    assert.deepEqual(await post(url, persisted(hash), 'application/json'), { status: 200, answer: notFound });
  });

  test('never run a mutation by GET', async (context) => {
    const { url } = await startTiny(context);
    const text = 'mutation { rename(name: "x") }';
    assert.equal((await post(url, { query: text, ...persisted(hashOf(text)) })).status, 200);
    const { status, answer } = await get(url, { extensions: JSON.stringify(persisted(hashOf(text)).extensions) });
    assert.equal(status, 405);
    assert.equal(codeOf(answer), 'METHOD_NOT_ALLOWED');
  });

  test('stream over SSE, the refusal too', async (context) => {
    const { url } = await startTiny(context);
    const text = 'subscription { count(to: 2) }';
    const open = async (body: object): Promise<string> => {
      const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.text()).replaceAll(/^:.*\n\n/gm, '');
    };
    const complete = 'event: complete\ndata:';
    assert.match(await open(persisted(hashOf(text))), /^event: next\ndata: .*PERSISTED_QUERY_NOT_FOUND/);
    const counted = await open({ query: text, ...persisted(hashOf(text)) });
    assert.match(counted, /"count":1[^]*"count":2/);
    assert.ok(counted.includes(complete));
    assert.equal(await open(persisted(hashOf(text))), counted);
  });

  test('run over a WebSocket, where an empty text stands beside the hash', async (context) => {
    const { url } = await startTiny(context);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const inbox: { type: string; id?: string; payload?: unknown }[] = [];
    socket.on('message', (message) => inbox.push(JSON.parse(String(message))));
    const received = async (count: number) => {
      while (inbox.length < count) await once(socket, 'message');
      return inbox.at(-1);
    };
    const send = (message: object): void => socket.send(JSON.stringify(message));
    send({ type: 'connection_init' });
    await received(1);
    send({ type: 'subscribe', id: '1', payload: { query: '', ...persisted(hash) } });
    assert.deepEqual(await received(2), { type: 'error', id: '1', payload: notFound.errors });
    send({ type: 'subscribe', id: '2', payload: { query, ...persisted(hash) } });
    await received(4);
    send({ type: 'subscribe', id: '3', payload: { query: '', ...persisted(hash) } });
    await received(6);
    assert.deepEqual(inbox.slice(2), [
      { type: 'next', id: '2', payload: { data } },
      { type: 'complete', id: '2' },
      { type: 'next', id: '3', payload: { data } },
      { type: 'complete', id: '3' },
    ]);
    send({ type: 'subscribe', id: '4', payload: { query: '', ...persisted(7) } });
    const refused = (await received(7))?.payload as Answer['errors'];
    assert.equal(refused?.[0]?.extensions.code, 'BAD_REQUEST');
    socket.close();
    await once(socket, 'close');
  });

  test('whose hash is that of another text are refused and not kept', async (context) => {
    const { url } = await startTiny(context);
    const { status, answer } = await post(url, { query: '{ whoami }', ...persisted(hash) });
    assert.equal(status, 400);
    assert.equal(codeOf(answer), 'BAD_REQUEST');
    assert.equal(
      answer.errors?.[0]?.message,
      'Cannot keep the document under its hash: found "sha256Hash" of another text, ' +
        'wanted the SHA-256 hash of "query", in UTF-8 and to the last byte.',
    );
    assert.deepEqual((await post(url, persisted(hash))).answer, notFound);
    await post(url, { query, ...persisted(hash) });
    assert.equal(codeOf((await post(url, { query: '{ whoami }', ...persisted(hash) })).answer), 'BAD_REQUEST');
    assert.deepEqual((await post(url, persisted(hash))).answer, { data });
  });

  test('with half a character are refused: their hash is also that of other texts', async (context) => {
    const { url } = await startTiny(context);
    const [text, other] = ['{ hello(name: "\ud800") }', '{ hello(name: "\ufffd") }'];
    assert.equal(hashOf(text), hashOf(other));
    assert.equal(codeOf((await post(url, { query: text, ...persisted(hashOf(other)) })).answer), 'BAD_REQUEST');
    assert.deepEqual((await post(url, persisted(hashOf(other)))).answer, notFound);
  });

  test('that are off are answered with PersistedQueryNotSupported; texts alone run', async (context) => {
    const config = { documents: { ...defaultConfig.documents, apq: false } };
    const { url } = await startTiny(context, { config });
    const refused: Answer = {
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    };
    assert.deepEqual(await post(url, persisted(hash)), { status: 400, answer: refused });
    assert.deepEqual(await post(url, { query, ...persisted(hash) }), { status: 400, answer: refused });
    assert.deepEqual(await post(url, { query }), { status: 200, answer: { data } });
  });

  test('belong to no subject: each is answered for itself', async (context) => {
    const { url } = await startTiny(context);
    const text = '{ whoami }';
    const ask = async (user: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', authorization: `Mock ${user}` };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
      return response.json();
    };
    const first = await ask('ada', { query: text, ...persisted(hashOf(text)) });
    assert.deepEqual(first, { data: { whoami: 'ada' } });
    assert.deepEqual(await ask('bob', persisted(hashOf(text))), { data: { whoami: 'bob' } });
  });

  test('are kept up to a bound, those named longest ago go first', () => {
    const documents = createDocuments({ manifest: new Map(), safelist: false, apq: true });
    const texts = ['a', 'b', 'c'].map((letter) => `{ ${letter} }`.padEnd(limits.persistedQueriesBytesMax / 5));
    const named = (text: string) => documents.textOf({ query: null, documentId: null, hash: hashOf(text) });
    const [first = '', second = '', third = ''] = texts;
    for (const text of [first, second]) documents.textOf({ query: text, documentId: null, hash: hashOf(text) });
    assert.equal(named(first), first);
    documents.textOf({ query: third, documentId: null, hash: hashOf(third) });
    assert.equal(named(first), first);
    assert.equal(named(third), third);
    assert.throws(() => named(second), { code: 'PERSISTED_QUERY_NOT_FOUND' });
  });
});

describe('a batch', () => {
  test('is refused, of persisted queries as well', async (context) => {
    const { url } = await startTiny(context);
    const { status, answer } = await post(url, [{ query }, persisted(hash)]);
    assert.equal(status, 400);
    assert.equal(codeOf(answer), 'BAD_REQUEST');
  });
});

describe('parameters that name no document', () => {
  const place = 'the extension "persistedQuery"';
  const wrong: readonly (readonly [body: object, message: string])[] = [
    [{}, 'Cannot take the parameter "query": found nothing, wanted a string.'],
    [{ query: 7, ...persisted(hash) }, 'Cannot take the parameter "query": found a number, wanted a string.'],
    [{ extensions: { persistedQuery: hash } }, `Cannot take ${place}: found a string, wanted an object.`],
    [persisted(hash, 2), `Cannot take ${place}: found version 2, wanted version 1.`],
    [persisted(hash, '1'), `Cannot take ${place}: found a string for its version, wanted version 1.`],
    [
      { query, ...persisted(7) },
      `Cannot take "sha256Hash" of ${place}: found a number, wanted 64 hex digits in lower case.`,
    ],
    [
      { query, ...persisted([hash]) },
      `Cannot take "sha256Hash" of ${place}: found a list, wanted 64 hex digits in lower case.`,
    ],
    [
      persisted(hash.toUpperCase()),
      `Cannot take "sha256Hash" of ${place}: found other text, wanted 64 hex digits in lower case.`,
    ],
    [
      persisted(`${hash}\n`),
      `Cannot take "sha256Hash" of ${place}: found other text, wanted 64 hex digits in lower case.`,
    ],
    [{ documentId: 7 }, 'Cannot take the parameter "documentId": found a number, wanted a string or null.'],
    [
      { documentId: 'a', query },
      'Cannot take the parameter "documentId": found a "query" beside it, wanted one of them.',
    ],
    [
      { documentId: 'a', ...persisted(hash) },
      'Cannot take the parameter "documentId": found a hash beside it, wanted one of them.',
    ],
  ];
  for (const [body, message] of wrong) {
    test(`are refused: ${message}`, () => {
      assert.throws(() => parseParameters(body), { code: 'BAD_REQUEST', message });
    });
  }

  test('are refused with 400 in whatever form the client reads', async (context) => {
    const { url } = await startTiny(context);
    for (const accept of [graphql, 'application/json']) {
      const { status, answer } = await post(url, { query, ...persisted(7) }, accept);
      assert.equal(status, 400);
      assert.equal(codeOf(answer), 'BAD_REQUEST');
    }
  });
});

describe('documents of the manifest', () => {
  const manifest = new Map([
    ['hello', query],
    [`sha256:${hashOf('{ whoami }')}`, '{ whoami }'],
  ]);

  test('are named by `documentId`, or by the hash that is their id, by POST and GET', async (context) => {
    const config = { documents: { ...defaultConfig.documents, apq: false } };
    const { url } = await startTiny(context, { manifest, config });
    assert.deepEqual((await post(url, { documentId: 'hello' })).answer, { data });
    assert.deepEqual((await get(url, { documentId: 'hello' })).answer, { data });
    const whoami = { data: { whoami: anonymous.id } };
    for (const body of [
      persisted(hashOf('{ whoami }')),
      { query: '{ whoami }', ...persisted(hashOf('{ whoami }')) },
      { documentId: `sha256:${hashOf('{ whoami }')}` },
      { documentId: hashOf('{ whoami }') },
    ]) {
      assert.deepEqual((await post(url, body)).answer, whoami);
    }
    assert.deepEqual(await post(url, { documentId: 'nobody' }), { status: 400, answer: notFound });
  });

  test('stand beside all others without a safelist', async (context) => {
    const { url } = await startTiny(context, { manifest });
    assert.deepEqual((await post(url, { query: '{ hello }' })).answer, { data: { hello: 'hello you' } });
  });

  test('are all that a safelist lets clients run, by id or to the last byte', async (context) => {
    const config = { documents: { ...defaultConfig.documents, safelist: true } };
    const { url } = await startTiny(context, { manifest, config });
    assert.deepEqual((await post(url, { query })).answer, { data });
    assert.deepEqual((await post(url, { documentId: 'hello' })).answer, { data });
    for (const body of [
      { query: `${query} ` },
      { query: '{ __typename }' },
      { query: '{ hello }', ...persisted(hashOf('{ hello }')) },
    ]) {
      const { status, answer } = await post(url, body);
      assert.equal(status, 403);
      assert.equal(codeOf(answer), 'QUERY_NOT_IN_SAFELIST');
    }
    assert.deepEqual((await post(url, persisted(hashOf('{ hello }')))).answer, notFound);
    // A listed text may be given a hash of its own.
    assert.deepEqual((await post(url, { query, ...persisted(hash) })).answer, { data });
    assert.deepEqual((await post(url, persisted(hash))).answer, { data });
  });
});

test('a safelist binds clients of the pipeline, and not what the domains themselves ask', async () => {
  const shop = createSubgraph('shop', `${federation('@key')} type Query { open: Boolean! name: String! }`, {
    Query: { open: () => true, name: () => 'Corner' },
  });
  const { pipeline } = createTestGateway([shop]);
  const options: DocumentsOptions = { manifest: new Map([['open', '{ open }']]), safelist: true, apq: true };
  const clients = createClientGateway(pipeline, {
    documents: createDocuments(options),
    report: (error) => assert.ok(isWeftError(error)),
  });
  const { signal } = new AbortController();
  const rest = { operationName: null, variables: {}, subject: anonymous, headers: {}, readOnly: false };
  const asked = await clients.execute({ ...rest, query: null, documentId: 'open', hash: null }, signal);
  assert.equal(asked.body, '{"data":{"open":true}}');
  const refused = await clients.execute({ ...rest, query: '{ name }', documentId: null, hash: null }, signal);
  assert.equal(codeOf(JSON.parse(refused.body) as Answer), 'QUERY_NOT_IN_SAFELIST');
  assert.equal(refused.executed, false);
  assert.equal(shop.requests.length, 1);

  const ask = createMeshQuery(pipeline);
  const answer = await ask({ query: '{ name }', variables: {}, subject: anonymous }, signal);
  assert.deepEqual(answer.data, { name: 'Corner' });
});
