/** GraphQL over HTTP: what is taken, what is refused, and with which status. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { WeftError } from '../../../mesh/core/error.ts';
import { createHeaderPicker } from '../../../gateway/server/headers.ts';
import { createHttpServer } from '../../../gateway/server/http.ts';
import { startTiny, type TinyOptions } from './tiny.ts';

interface Sent {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

async function ask(context: TestContext, sent: Sent, options?: TinyOptions) {
  const tiny = await startTiny(context, options);
  const response = await post(tiny.url, sent);
  const answer = (await response.json()) as { data?: unknown; errors?: { message: string; extensions: Fields }[] };
  return { ...tiny, response, answer, error: answer.errors?.[0] };
}
type Fields = Record<string, unknown>;

function post(url: string, { body, headers }: Sent): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test('a body that is larger than the limit is refused with 413, whether it says its length or not', async (context) => {
  const config = { limits: { ...defaultConfig.limits, bodyBytes: 100 } };
  const query = `{ hello(name: "${'x'.repeat(200)}") }`;
  const { response, error, url } = await ask(context, { body: { query } }, { config });
  assert.equal(response.status, 413);
  assert.equal(error?.extensions['code'], 'REQUEST_TOO_LARGE');
  assert.equal(error?.message, 'Cannot read the request body: found more than 100 bytes, wanted at most that many.');

  const chunks = ReadableStream.from([Buffer.from('{"query":"'), Buffer.from('x'.repeat(200)), Buffer.from('"}')]);
  const headers = { 'content-type': 'application/json' };
  const chunked = await fetch(`${url}/graphql`, {
    method: 'POST',
    body: chunks,
    headers,
    duplex: 'half',
  } as RequestInit);
  assert.equal(chunked.status, 413);
  assert.equal((await post(url, { body: { query: '{ hello }' } })).status, 200, 'the next request is served');
});

test('malformed JSON is refused with 400 and says where', async (context) => {
  const { response, error } = await ask(context, { body: '{ "query": ' });
  assert.equal(response.status, 400);
  assert.equal(error?.extensions['code'], 'BAD_REQUEST');
  assert.match(error?.message ?? '', /^Cannot parse the request body as JSON: found .*JSON/);
});

for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=latin1']) {
  test(`a POST of ${type} is refused with 415: a page of another site could send it`, async (context) => {
    const { response, error } = await ask(context, {
      body: '{"query":"{ hello }"}',
      headers: { 'content-type': type },
    });
    assert.equal(response.status, 415);
    assert.equal(error?.extensions['code'], 'UNSUPPORTED_MEDIA_TYPE');
  });
}

test('a GET that a browser marks as from another site is refused unless it forces a preflight', async (context) => {
  const { url } = await startTiny(context);
  const get = async (headers: Record<string, string>) =>
    (await fetch(`${url}/graphql?query={hello}`, { headers })).status;
  assert.equal(await get({}), 200);
  assert.equal(await get({ 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await get({ 'sec-fetch-site': 'cross-site' }), 400);
  assert.equal(await get({ 'sec-fetch-site': 'same-site' }), 400);
  assert.equal(await get({ 'sec-fetch-site': 'cross-site', 'weft-require-preflight': '1' }), 200);
  assert.equal(await get({ 'sec-fetch-site': 'cross-site', 'apollo-require-preflight': '1' }), 200);
});

test('a GET takes variables and the operation name, and never runs a mutation', async (context) => {
  const { url } = await startTiny(context);
  const get = (search: Record<string, string>) => fetch(`${url}/graphql?${new URLSearchParams(search)}`);
  const two = 'query A($n: String) { hello(name: $n) } query B { whoami }';
  const answer = await get({ query: two, operationName: 'A', variables: '{"n":"Ada?&"}' });
  assert.deepEqual(await answer.json(), { data: { hello: 'hello Ada?&' } });
  const mutation = await get({ query: 'mutation { rename(name: "x") }' });
  assert.equal(mutation.status, 405);
  assert.equal(mutation.headers.get('allow'), 'GET, POST');
  assert.equal((await get({ query: '{ hello }', variables: '{' })).status, 400);
});

test('the answer has the best media type that the client accepts, and 406 when there is none', async (context) => {
  const { url } = await startTiny(context);
  const typeFor = async (accept: string) => {
    const response = await post(url, { body: { query: '{ hello }' }, headers: { accept } });
    await response.body?.cancel();
    return response.status === 200 ? response.headers.get('content-type') : response.status;
  };
  const graphql = 'application/graphql-response+json; charset=utf-8';
  const json = 'application/json; charset=utf-8';
  assert.equal(await typeFor('application/graphql-response+json, application/json;q=0.9'), graphql);
  assert.equal(await typeFor('application/json;q=0.5, application/graphql-response+json'), graphql);
  assert.equal(await typeFor('application/json, application/graphql-response+json'), json);
  assert.equal(await typeFor('text/event-stream, application/graphql-response+json'), graphql);
  assert.equal(await typeFor('text/html, */*;q=0.1'), json);
  assert.equal(await typeFor('text/html'), 406);
  assert.equal(await typeFor('application/json;q=0'), 406);
});

test('a method that GraphQL does not take is refused with 405 and told those that it takes', async (context) => {
  const { url } = await startTiny(context);
  const response = await fetch(`${url}/graphql`, { method: 'PUT' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET, POST');
});

test('a bad token is refused with 401, in the same words whatever is wrong with it', async (context) => {
  const { response, error } = await ask(context, {
    body: { query: '{ whoami }' },
    headers: { authorization: 'Bearer x.y.z' },
  });
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  assert.deepEqual(error?.extensions, { code: 'UNAUTHENTICATED', reason: 'refused' });
});

test('subject and purpose come from the headers', async (context) => {
  const headers = { authorization: 'Mock ada', 'weft-purpose': 'audit' };
  const { answer } = await ask(context, { body: { query: '{ whoami purpose }' }, headers });
  assert.deepEqual(answer.data, { whoami: 'ada', purpose: 'audit' });
});

test('of the headers, those configured go on, in lower case, and none that the connection names as its own', async (context) => {
  const config = { headers: { forward: ['X-Tenant', 'x-trace', 'x-hop'] } };
  const query = '{ tenant: header(name: "x-tenant") trace: header(name: "x-trace") cookie: header(name: "cookie") }';
  const sent = { body: { query }, headers: { 'X-TENANT': 'acme', cookie: 'a=b' } };
  const { answer } = await ask(context, sent, { config });
  assert.deepEqual(answer.data, { tenant: 'acme', trace: null, cookie: null });
  const pick = createHeaderPicker(config.headers.forward);
  assert.deepEqual(pick({ 'x-tenant': 'acme', 'x-hop': '1', connection: 'keep-alive, X-Hop' }), { 'x-tenant': 'acme' });
});

test('a header that ends at the gateway cannot be configured to go on', () => {
  assert.throws(() => createHeaderPicker(['Transfer-Encoding']), {
    code: 'CONFIG_INVALID',
    message:
      'Cannot forward the header "transfer-encoding" to subgraphs: found a header that ends at the gateway. Remove it from headers.forward.',
  });
});

test('an operation ends at its deadline', async (context) => {
  const config = { timeouts: { ...defaultConfig.timeouts, requestMs: 30 } };
  const { answer } = await ask(context, { body: { query: '{ forever }' } }, { config });
  assert.deepEqual(answer.data, { forever: 'REQUEST_TIMED_OUT' });
});

test('an operation ends when its client leaves', async (context) => {
  const { url, trace } = await startTiny(context);
  const leaving = new AbortController();
  const asked = fetch(`${url}/graphql?query={forever}`, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 50);
  await assert.rejects(asked);
  while (trace.aborted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(trace.aborted, ['EXECUTION_CANCELLED']);
});

test('an unexpected error leaves as INTERNAL_SERVER_ERROR with the id that the operator sees, and nothing of its text', async (context) => {
  const authenticate = () => Promise.reject(new Error('the password is hunter2'));
  const { response, error, reports } = await ask(context, { body: { query: '{ hello }' } }, { authenticate });
  assert.equal(response.status, 500);
  assert.equal(error?.extensions['code'], 'INTERNAL_SERVER_ERROR');
  assert.doesNotMatch(JSON.stringify(error), /hunter2/);
  assert.equal(reports.length, 1);
  assert.equal(reports[0]?.id, error?.extensions['id']);
});

test('an error of the table that is not public is masked as well', async (context) => {
  const authenticate = () => Promise.reject(new WeftError('CONFIG_INVALID', { action: 'Cannot read /etc/keys' }));
  const { error } = await ask(context, { body: { query: '{ hello }' } }, { authenticate });
  assert.equal(error?.extensions['code'], 'INTERNAL_SERVER_ERROR');
  assert.doesNotMatch(JSON.stringify(error), /etc/);
});

test('a path that nobody answers is a coded 404', async (context) => {
  const { url } = await startTiny(context);
  const response = await fetch(`${url}/nowhere`);
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  assert.equal(response.status, 404);
  assert.equal(errors[0]?.extensions.code, 'NOT_FOUND');
});

test('listen() on a taken port says so with a code and a way out', async (context) => {
  const { url, server } = await startTiny(context);
  assert.ok(server);
  const port = Number(new URL(url).port);
  const second = createHttpServer({
    gateway: { execute: () => assert.fail(), subscribe: () => assert.fail() },
    authenticate: () => assert.fail(),
    routes: [],
    config: defaultConfig,
    clock: { now: () => 0, monotonic: () => 0, randomBytes: (size) => new Uint8Array(size) },
    report: () => {},
  });
  await assert.rejects(second.listen(port, '127.0.0.1'), { code: 'PORT_IN_USE' });
  await second.close();
});

test('close() lets a request under way finish', async (context) => {
  const config = { timeouts: { ...defaultConfig.timeouts, requestMs: 100 } };
  const { url, server } = await startTiny(context, { config });
  const asked = fetch(`${url}/graphql?query={forever}`);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const [response] = await Promise.all([asked, server.close()]);
  assert.deepEqual(await response.json(), { data: { forever: 'REQUEST_TIMED_OUT' } });
});

test('a client that leaves in the middle of its body leaves nothing to report', async (context) => {
  const { url, reports } = await startTiny(context);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"q');
  await new Promise((resolve) => setTimeout(resolve, 30));
  socket.destroy();
  await once(socket, 'close');
  assert.equal((await fetch(`${url}/graphql?query={hello}`)).status, 200);
  assert.deepEqual(reports, []);
});
