/**
 * Who asks is said in one place of each transport: the header `authorization` of a request, the payload of
 * `connection_init` of a socket. Whatever else a client says of itself makes it nobody else, and reaches no subgraph.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createHeaderPicker } from '../../gateway/server/headers.ts';
import { defaultConfig } from '../../mesh/core/config.ts';
import { addressOf, openRaw, subprotocol } from '../gateway/server/raw-socket.ts';
import { startTiny } from '../gateway/server/tiny.ts';
import { tokenOf } from '../support/issuer.ts';
import { type House, assertNoCanary, openHouse } from './live-house.ts';
import { WebSocket } from 'ws';

const query = '{ secret scoped audited who }';

/** The answer must be that of somebody nobody knows. */
function assertAnonymous(house: House, text: string): void {
  assertNoCanary(text, house.asked());
  const { data } = JSON.parse(text) as { data: { who: string } };
  assert.equal((JSON.parse(data.who) as { id: unknown }).id, null);
}

const spoofed = (
  'weft-context weft-subject weft-roles weft-scopes weft-user x-weft-context x-forwarded-user x-forwarded-email ' +
  'x-forwarded-groups x-user x-user-id x-user-role x-user-roles x-user-scopes x-user-claims x-auth-request-user x-remote-user ' +
  'remote-user x-authenticated-userid x-consumer-username x-jwt-claims x-apollo-claims x-hasura-role x-hasura-user-id ' +
  'x-authorization proxy-authorization x-original-authorization x-access-token x-id-token cookie'
).split(' ');

test('a client that says who it is in', async (context) => {
  const house = await openHouse(context);
  const token = house.token({ scope: 'secret:read' });
  for (const name of spoofed) {
    await context.test(`the header ${name} is nobody, and no subgraph sees it`, async () => {
      for (const value of ['ada', `Bearer ${token}`, '{"sub":"ada","scopes":["secret:read"]}']) {
        const { text } = await house.ask(query, { [name]: value });
        assertAnonymous(house, text);
      }
      for (const { headers } of house.vault.requests) assert.deepEqual(headers, {});
      assert.ok(!house.asked().includes(token));
    });
  }
});

test('a client that has its token in the wrong place is nobody', async (context) => {
  const house = await openHouse(context);
  const token = house.token({ scope: 'secret:read' });
  const bearer = `Bearer ${token}`;
  const bodies: readonly object[] = [
    { query, authorization: bearer },
    { query, variables: { authorization: bearer, subject: { id: 'ada' } } },
    { query, extensions: { authorization: bearer, headers: { authorization: bearer }, subject: { id: 'ada' } } },
    { query, headers: { authorization: bearer }, context: { subject: { id: 'ada' } } },
  ];
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
  for (const body of bodies) {
    const response = await fetch(`${house.url}/graphql`, { ...post, body: JSON.stringify(body) });
    assertAnonymous(house, await response.text());
  }
  for (const name of ['authorization', 'access_token', 'token', 'jwt']) {
    const search = new URLSearchParams({ query, [name]: bearer });
    assertAnonymous(house, await (await fetch(`${house.url}/graphql?${search}`)).text());
    const response = await fetch(`${house.url}/graphql?${search}`, { ...post, body: JSON.stringify({ query }) });
    assertAnonymous(house, await response.text());
  }
  const { headers } = new Request(house.url, { headers: { cookie: `authorization=${bearer}; token=${token}` } });
  assertAnonymous(house, (await house.ask(query, { cookie: headers.get('cookie') ?? '' })).text);
});

/** What the server answers to bytes that no library would write. */
async function send(house: House, lines: readonly string[], body = JSON.stringify({ query })): Promise<string> {
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
  const head = [
    'POST /graphql HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...lines,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  let text = '';
  socket.on('data', (data) => (text += String(data)));
  await once(socket, 'close');
  return text;
}

test('two authorization headers are refused, whichever of them is good', async (context) => {
  const house = await openHouse(context);
  const good = `authorization: Bearer ${house.token()}`;
  for (const other of ['authorization: Bearer x', 'Authorization: Mock ada', 'authorization:', good]) {
    for (const lines of [
      [good, other],
      [other, good],
    ]) {
      const text = await send(house, [...lines, 'connection: close']);
      assert.match(text, /^HTTP\/1\.1 401 /);
      assertNoCanary(text, house.asked());
    }
  }
});

test('a header that is folded, or has a space before its colon, makes nobody known', async (context) => {
  const house = await openHouse(context);
  const token = house.token();
  for (const lines of [
    [`x-a: b\r\n authorization: Bearer ${token}`],
    [`authorization : Bearer ${token}`],
    [`x-a: b\nauthorization: Bearer ${token}`],
    [`x-a: b\rauthorization: Bearer ${token}`],
    [`authorization\0: Bearer ${token}`],
  ]) {
    const text = await send(house, [...lines, 'connection: close']);
    // A line feed alone ends a line as well (RFC 9112, section 2.2): then it is the client's own header.
    if (!lines.join().includes('b\nauth')) assertNoCanary(text, house.asked());
  }
});

test('a second request within the body of the first is not answered with the token of the first', async (context) => {
  const house = await openHouse(context);
  const inner = JSON.stringify({ query });
  const hidden = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`;
  const lines = [`authorization: Bearer ${house.token()}`, 'transfer-encoding: chunked', 'connection: close'];
  const text = await send(house, lines, `0\r\n\r\n${hidden}`);
  assert.match(text, /^HTTP\/1\.1 400 /);
  assertNoCanary(text, house.asked());
});

test('requests on one connection are each who they say, however they are mixed', async (context) => {
  const house = await openHouse(context);
  const body = JSON.stringify({ query: '{ secret }' });
  const request = (line: string): string =>
    `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${line}\r\n${body}`;
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
  const good = request(`authorization: Bearer ${house.token()}\r\n`);
  socket.write(
    `${good}${request('')}${good}${request('authorization: Bearer x\r\n')}${request('connection: close\r\n')}`,
  );
  let text = '';
  socket.on('data', (data) => (text += String(data)));
  await once(socket, 'close');
  const answers = text.split('HTTP/1.1 ').slice(1);
  assert.deepEqual(
    answers.map((answer) => [answer.slice(0, 3), answer.includes('canary')]),
    [
      ['200', true],
      ['200', false],
      ['200', true],
      ['401', false],
      ['200', false],
    ],
  );
});

test('a purpose that the token does not allow, two of them, or one without a token are refused', async (context) => {
  const house = await openHouse(context);
  const authorization = `Bearer ${house.token({ purposes: ['audit'] })}`;
  for (const purpose of ['marketing', 'audit,marketing', 'AUDIT', 'audit audit', '__proto__']) {
    const { status, text } = await house.ask(query, { authorization, 'weft-purpose': purpose });
    assert.equal(status, 400, purpose);
    assertNoCanary(text);
  }
  assert.equal((await house.ask(query, { 'weft-purpose': 'audit' })).status, 400);
  const twice = [
    `authorization: ${authorization}`,
    'weft-purpose: audit',
    'weft-purpose: marketing',
    'connection: close',
  ];
  assert.match(await send(house, twice), /^HTTP\/1\.1 400 /);
  const { text } = await house.ask('{ who }', { authorization, 'weft-purpose': 'audit' });
  assert.match(text, /purpose\\":\\"audit/);
});

test('no configuration forwards what is the gateway’s own word, the connection’s, or the message’s', () => {
  for (const name of (
    'weft-context Weft-Context weft-purpose weft-anything connection keep-alive proxy-connection proxy-authorization te ' +
    'trailer transfer-encoding upgrade http2-settings host content-length content-type sec-websocket-key expect'
  ).split(' ')) {
    assert.throws(() => createHeaderPicker([name]), { code: 'CONFIG_INVALID' }, name);
  }
});

test('a header that the client calls the connection’s own is not forwarded, one that is not listed neither', async (context) => {
  const house = await openHouse(context, { config: { headers: { forward: ['x-tenant'] } } });
  const lines = (connection: string) => [
    `connection: ${connection}`,
    'x-tenant: acme',
    'x-secret: told',
    'weft-context: forged',
  ];
  await send(house, lines('close, x-tenant'), JSON.stringify({ query: '{ open }' }));
  assert.deepEqual(house.vault.requests.at(-1)?.headers, {});
  await send(house, lines('close'), JSON.stringify({ query: '{ open }' }));
  assert.deepEqual(house.vault.requests.at(-1)?.headers, { 'x-tenant': 'acme' });
});

/** Sends a query on a socket that is greeted with a payload; the text of what it came to. */
async function askSocket(socket: Awaited<ReturnType<typeof openRaw>>, init: object, payload: object = { query }) {
  socket.send({ type: 'connection_init', ...init });
  await socket.received(1);
  socket.send({ type: 'subscribe', id: 'a', payload });
  const [, answer] = await socket.received(2);
  return JSON.stringify(answer?.payload);
}

test('a socket is nobody’s whose token is in', async (context) => {
  const house = await openHouse(context);
  const bearer = `Bearer ${house.token({ scope: 'secret:read' })}`;
  await context.test('the headers of its upgrade', async () => {
    const socket = await openRaw(house.url, { authorization: bearer, cookie: `authorization=${bearer}` });
    assertAnonymous(house, await askSocket(socket, {}));
    socket.close();
  });
  await context.test('its address', async () => {
    const address = `${addressOf(house.url)}?authorization=${encodeURIComponent(bearer)}&access_token=x`;
    const socket = new WebSocket(address, subprotocol);
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
    socket.send(JSON.stringify({ type: 'subscribe', id: 'a', payload: { query } }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    assertAnonymous(house, JSON.stringify((JSON.parse(String(data)) as { payload: unknown }).payload));
    socket.close();
  });
  for (const [place, payload] of [
    ['headers within the payload', { headers: { authorization: bearer } }],
    ['other keys of the payload', { token: bearer, authToken: bearer, jwt: bearer, subject: { id: 'ada' } }],
    ['a list', { authorization: [bearer] }],
    ['its prototype', JSON.parse(`{"__proto__":{"authorization":${JSON.stringify(bearer)}}}`) as object],
  ] as const) {
    await context.test(place, async () => {
      const socket = await openRaw(house.url);
      assertAnonymous(house, await askSocket(socket, { payload }));
      socket.close();
    });
  }
  await context.test('the operation', async () => {
    const socket = await openRaw(house.url);
    const payload = {
      query,
      authorization: bearer,
      headers: { authorization: bearer },
      extensions: { authorization: bearer },
    };
    assertAnonymous(house, await askSocket(socket, {}, payload));
    socket.close();
  });
  await context.test('a second greeting: it is closed with 4429', async () => {
    const socket = await openRaw(house.url);
    socket.send({ type: 'connection_init' });
    await socket.received(1);
    socket.send({ type: 'connection_init', payload: { authorization: bearer } });
    assert.equal((await socket.closed()).code, 4429);
  });
});

test('a socket whose greeting names two tokens, or one that is not good, is closed with 4403', async (context) => {
  const house = await openHouse(context);
  const good = `Bearer ${house.token()}`;
  for (const payload of [
    { authorization: good, Authorization: 'Bearer x' },
    { AUTHORIZATION: 'Bearer x', authorization: good },
    { authorization: `${good}x` },
    { authorization: ` ${good}` },
    { authorization: `${good}\n` },
    { authorization: '' },
    { authorization: `Bearer ${tokenOf(house.signer, { claims: { padding: 'x'.repeat(500_000) } })}` },
    { authorization: good, 'weft-purpose': 'marketing' },
    { authorization: 'Mock ada' },
  ]) {
    const socket = await openRaw(house.url);
    socket.send({ type: 'connection_init', payload });
    assert.equal((await socket.closed()).code, 4403);
  }
});

test('an operation before the greeting, or while it is looked at, closes the socket with 4401 and is not run', async (context) => {
  const house = await openHouse(context);
  const subscribe = { type: 'subscribe', id: 'a', payload: { query } };
  const early = await openRaw(house.url);
  early.send(subscribe);
  assert.equal((await early.closed()).code, 4401);
  const eager = await openRaw(house.url);
  eager.send({ type: 'connection_init', payload: { authorization: `Bearer ${house.token()}` } });
  eager.send(subscribe);
  const { code } = await eager.closed();
  assert.equal(code, 4401);
  assertNoCanary(eager.inbox, house.asked());
});

test('a page of another origin opens no socket, whatever it calls itself', async (context) => {
  const { url } = await startTiny(context, { config: { ws: { origins: ['https://app.example'] } } });
  const { host, port } = new URL(url);
  for (const origin of [
    'https://evil.example',
    'null',
    '',
    'file://',
    `http://${host}.evil.example`,
    `http://evil.example/${host}`,
    `http://${host}@evil.example`,
    `http://evil.example@${host}`,
    `http://${host}/`,
    `http://${host}?`,
    `http://${host}#`,
    `http://127.0.0.1:${Number(port) - 1}`,
    'http://127.0.0.1',
    `http://localhost:${port}`,
    `ftp://${host}`,
    `http://${host}, http://${host}`,
    'http://app.example',
    'https://app.example:8443',
    'https://app.example.evil.example',
    'https://sub.app.example',
    'https://app.example.',
    'https://APP.EXAMPLE/',
    '*',
  ]) {
    await assert.rejects(openRaw(url, { origin }), /Unexpected server response: 403/, origin);
  }
  for (const origin of [`http://${host}`, `https://${host}`, 'https://app.example']) {
    const socket = await openRaw(url, { origin });
    socket.close();
    await socket.closed();
  }
});

test('origins that are none stop the start', async (context) => {
  for (const origin of [
    'app.example',
    'https://app.example/page',
    '*',
    'ws://app.example',
    'https://user@app.example',
  ]) {
    const config = { ...defaultConfig, ws: { origins: [origin] } };
    await assert.rejects(startTiny(context, { config }), { code: 'CONFIG_INVALID' }, origin);
  }
});
