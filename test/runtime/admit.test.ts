/** A domain alone answers its gateway and nobody else: whatever a forger sends is refused before anything of it is read. */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { type CryptoKey, type JWK, type JWTHeaderParameters, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { wholeView } from '../../mesh/core/subgraph.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { openLog } from '../../mesh/events/open.ts';
import { createContextSigner } from '../../mesh/identity/context-signer.ts';
import type { Callers } from '../../mesh/runtime/admit.ts';
import { serveSubgraph } from '../../mesh/runtime/serve.ts';
import { temporaryFolder, writeDomain } from './fixture.ts';

const canary = 'canary-4711';
const schema = `
type Query { who: String @process(name: "who") secret: String @process(name: "secret") }
type Tree @key(fields: "id") @process(name: "trees") { id: ID! name: String }
`;
const body = `
const answer = (run) => aggregator('answer', run);
const processes = [
  defineProcess({ name: 'who', logics: [], aggregator: answer(({ subject, result }) => result.finalize(JSON.stringify(subject))) }),
  defineProcess({ name: 'secret', logics: [], aggregator: answer(({ result }) => result.finalize('${canary}')) }),
  defineProcess({ name: 'trees', logics: [], aggregator: answer(({ input, result }) => result.finalize(input.references.map(({ id }) => ({ id, name: '${canary}' })))) }),
];
`;

const ada = { ...anonymous, id: 'ada', roles: ['crew'], scopes: ['a:read'], purpose: 'safety', claims: { sub: 'ada' } };
const operations = [
  '{ secret }',
  '{ _service { sdl } }',
  '{ _entities(representations: [{ __typename: "Tree", id: "1" }]) { ... on Tree { name } } }',
  '{ __schema { types { name } } }',
  '{ __typename }',
];

interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

async function createKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' } };
}

/** A key set behind a socket; `published` may change. */
async function publish(t: TestContext, published: JWK[]): Promise<{ url: string; reads: () => number }> {
  let reads = 0;
  const server = createServer((_request, response) => {
    reads += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, reads: () => reads };
}

interface Alone {
  /** Status and body, for one token or none. */
  ask(query: string, token?: string): Promise<{ status: number; text: string; json: Reply }>;
}

interface Reply {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function serve(t: TestContext, callers: Callers, clock: Clock = systemClock): Promise<Alone> {
  const log = await openLog(join(temporaryFolder(t), 'log.db'));
  t.after(() => log.close());
  const folder = writeDomain(t, { name: 'trees', schema, body });
  const served = await serveSubgraph({
    folder,
    host: '127.0.0.1',
    port: 0,
    log,
    callers,
    clock,
    writeLine: () => undefined,
  });
  t.after(() => served.close());
  return {
    async ask(query, token) {
      const response = await fetch(served.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { 'weft-context': token }) },
        body: JSON.stringify({ query }),
      });
      const text = await response.text();
      return { status: response.status, text, json: JSON.parse(text) as Reply };
    },
  };
}

interface Forged {
  readonly header?: object;
  readonly claims?: object;
}

const seconds = () => Math.floor(systemClock.now() / 1_000);

/** A good token but for what is said otherwise. */
function sign({ privateKey, jwk }: Key, { header = {}, claims = {} }: Forged = {}): Promise<string> {
  const now = seconds();
  const good = { iss: 'weft', aud: 'trees', iat: now, exp: now + 30 };
  const weft = { subject: { ...ada, claims: {} }, revision: '', filters: {} };
  return new SignJWT({ ...good, weft, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'weft-context+jwt', kid: jwk.kid ?? '', ...header } as JWTHeaderParameters)
    .sign(privateKey);
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

const refusals: Readonly<Record<string, (key: Key, other: Key) => Promise<string | undefined> | string | undefined>> = {
  'no context': () => undefined,
  'an empty context': () => '',
  'what is no token': () => 'weft',
  'a token of a key that is not the gateway’s, under that one’s id': async (key, other) =>
    sign({ privateKey: other.privateKey, jwk: key.jwk }),
  'a token of an unknown key': (_key, other) => sign(other),
  'a token without kid': (key) => sign(key, { header: { kid: undefined } }),
  'a token with an empty kid': (key) => sign(key, { header: { kid: '' } }),
  'a token for another subgraph': (key) => sign(key, { claims: { aud: 'flights' } }),
  'a token for several subgraphs': (key) => sign(key, { claims: { aud: ['trees', 'flights'] } }),
  'a token for nobody': (key) => sign(key, { claims: { aud: undefined } }),
  'a token of another issuer': (key) => sign(key, { claims: { iss: 'https://id.example' } }),
  'a token of no issuer': (key) => sign(key, { claims: { iss: undefined } }),
  'a token that has ended': (key) => sign(key, { claims: { iat: seconds() - 40, exp: seconds() - 10 } }),
  'a token without an end': (key) => sign(key, { claims: { exp: undefined } }),
  'a token that says it lasts an hour, after half a minute': (key) =>
    sign(key, { claims: { iat: seconds() - 40, exp: seconds() + 3_600 } }),
  'a token from the future': (key) => sign(key, { claims: { iat: seconds() + 60, exp: seconds() + 90 } }),
  'a token without its time': (key) => sign(key, { claims: { iat: undefined } }),
  'a token of another kind': (key) => sign(key, { header: { typ: 'JWT' } }),
  'a token of no kind': (key) => sign(key, { header: { typ: undefined } }),
  'a token that brings its own key': async (key, other) =>
    sign({ privateKey: other.privateKey, jwk: key.jwk }, { header: { jwk: other.jwk } }),
  'a token that says where its key is': async (key, other) =>
    sign({ privateKey: other.privateKey, jwk: key.jwk }, { header: { jku: 'http://127.0.0.1:1/keys' } }),
  'a token without the claim': (key) => sign(key, { claims: { weft: undefined } }),
  'a token whose claim is of another form': (key) => sign(key, { claims: { weft: { subject: { id: 7 } } } }),
  'an unsigned token': async (key) => {
    const [, payload = ''] = (await sign(key)).split('.');
    return `${encode({ alg: 'none', typ: 'weft-context+jwt', kid: key.jwk.kid })}.${payload}.`;
  },
  'a token without its signature': async (key) => (await sign(key)).split('.').slice(0, 2).join('.').concat('.'),
  'a token signed with the public key as a secret': async (key) => {
    const [, payload = ''] = (await sign(key)).split('.');
    const text = `${encode({ alg: 'HS256', typ: 'weft-context+jwt', kid: key.jwk.kid })}.${payload}`;
    const { kty = '', crv = '', x = '' } = key.jwk;
    const pem = createPublicKey({ key: { kty, crv, x }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
  },
  'a token whose subject was changed': async (key) => {
    const [header = '', payload = '', signature = ''] = (await sign(key)).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { weft: { subject: { id: string } } };
    claims.weft.subject.id = 'eve';
    return `${header}.${encode(claims)}.${signature}`;
  },
};

describe('a domain alone', () => {
  test('answers nobody whose context its gateway has not signed for it just now, whatever they ask', async (t) => {
    const [key, other] = [await createKey('first'), await createKey('second')];
    const { url } = await publish(t, [key.jwk]);
    const alone = await serve(t, { jwks: url });
    for (const [name, forge] of Object.entries(refusals)) {
      const token = await forge(key, other);
      for (const query of operations) {
        const { status, text, json } = await alone.ask(query, token);
        assert.equal(status, 401, `${name}: ${query}: ${text}`);
        assert.equal(json.errors?.[0]?.extensions.code, 'UNAUTHENTICATED', name);
        assert.deepEqual(Object.keys(json), ['errors'], name);
        assert.ok(!text.includes(canary), name);
      }
    }
    const { json } = await alone.ask('{ secret }', await sign(key));
    assert.deepEqual(json, { data: { secret: canary } });
  });

  test('answers on behalf of whom the gateway says', async (t) => {
    const signer = createContextSigner({ keyFile: null, clock: systemClock });
    const { keys } = await signer.keySet();
    const { url, reads } = await publish(t, keys);
    const alone = await serve(t, { jwks: url });
    const { json } = await alone.ask('{ who }', await signer.sign('trees', { subject: ada, view: wholeView }));
    assert.deepEqual(JSON.parse(String(json.data?.['who'])), { ...ada, claims: {} });
    const nobody = await alone.ask('{ who }', await signer.sign('trees', { subject: anonymous, view: wholeView }));
    assert.deepEqual(JSON.parse(String(nobody.json.data?.['who'])), anonymous);
    assert.equal(reads(), 1);
  });

  test('takes a context no longer than it lasts, though it knows it already', async (t) => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const key = await createKey('first');
    const { url } = await publish(t, [key.jwk]);
    const alone = await serve(t, { jwks: url }, clock);
    const token = await sign(key);
    assert.equal((await alone.ask('{ secret }', token)).status, 200);
    ahead = 33_000;
    const { status, text } = await alone.ask('{ secret }', token);
    assert.equal(status, 401);
    assert.match(text, /a context that has ended/);
  });

  test('learns of a key that its gateway has newly made', async (t) => {
    const [key, next] = [await createKey('first'), await createKey('second')];
    const published = [key.jwk];
    const { url } = await publish(t, published);
    const alone = await serve(t, { jwks: url });
    assert.equal((await alone.ask('{ secret }', await sign(key))).status, 200);
    published.push(next.jwk);
    // A key that is not known is looked for once a second at most.
    await new Promise((done) => setTimeout(done, 1_100));
    assert.equal((await alone.ask('{ secret }', await sign(next))).status, 200);
    assert.equal((await alone.ask('{ secret }', await sign(key))).status, 200);
  });

  test('says that it cannot tell, when the keys are out of reach', async (t) => {
    const key = await createKey('first');
    const alone = await serve(t, { jwks: 'http://127.0.0.1:1/keys' });
    const { status, json, text } = await alone.ask('{ secret }', await sign(key));
    assert.equal(status, 503);
    assert.equal(json.errors?.[0]?.extensions.code, 'SERVICE_UNAVAILABLE');
    assert.ok(!text.includes('127.0.0.1'));
  });

  test('answers nobody where it knows no gateway, and says how to let it', async (t) => {
    const alone = await serve(t, { jwks: null });
    const { status, text } = await alone.ask('{ secret }', await sign(await createKey('first')));
    assert.equal(status, 401);
    assert.match(text, /--gateway URL/);
  });

  test('takes no keys from where they could be exchanged on their way', async (t) => {
    await assert.rejects(serve(t, { jwks: 'http://gateway.example/keys' }), { code: 'CONFIG_INVALID' });
  });
});
