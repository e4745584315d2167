/** The keys of an issuer behind HTTP: asked for seldom, taken up when they change, kept for a while when they are out of reach. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createAuthenticator } from '../../../gateway/auth/subject.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import type { JsonObject } from '../../../mesh/core/json.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { type Signer, createSigner, issuerName, tokenOf } from '../../support/issuer.ts';
import { temporaryFolder } from '../../support/mesh.ts';

const refusal = { code: 'UNAUTHENTICATED', details: { reason: 'refused' } };
const unavailable = { code: 'SERVICE_UNAVAILABLE' };

/** A clock that stands until it is moved. */
function createClock() {
  const clock = {
    ...systemClock,
    at: 0,
    monotonic: () => clock.at,
    now: () => startedAt + clock.at,
    pass: (ms: number) => void (clock.at += ms),
  };
  const startedAt = Date.now();
  return clock;
}

/** An issuer whose key set is served over HTTP, and counts how often it is asked for. */
async function serveKeys(context: TestContext, keys: readonly JsonObject[]) {
  const state = { asked: 0, status: 200, body: JSON.stringify({ keys }), location: '' };
  const server = createServer((_, response) => {
    state.asked++;
    response.writeHead(state.status, state.location === '' ? {} : { location: state.location }).end(state.body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const clock = createClock();
  const auth = { ...defaultConfig.auth, issuers: [{ issuer: issuerName, jwks, audiences: ['weft'] }] };
  const authenticate = createAuthenticator({ auth, clock });
  const rotate = (...signers: readonly Signer[]): void => {
    state.body = JSON.stringify({ keys: signers.map(({ jwk }) => jwk) });
  };
  let count = 0;
  /** Another token at each call: one that is known is not verified again. */
  const ask = (signer: Signer, header = {}) => {
    const claims = { jti: String(count++), exp: Math.floor(clock.now() / 1000) + 60 };
    return authenticate(`Bearer ${tokenOf(signer, { claims, header })}`, undefined);
  };
  return { state, clock, authenticate, rotate, ask };
}

test('a flood of unknown key ids has the issuer asked once a cool-down, known keys are not held up by it', async (context) => {
  const signer = createSigner('first');
  const { ask, state, clock } = await serveKeys(context, [signer.jwk]);
  assert.equal((await ask(signer)).id, 'ada');
  for (let round = 1; round <= 3; round++) {
    const flood = Array.from({ length: 200 }, (_, kid) => ask(signer, { kid: `evil-${round}-${kid}` }));
    const outcomes = await Promise.allSettled(flood);
    assert.ok(outcomes.every(({ status }) => status === 'rejected'));
    assert.equal(state.asked, round);
    clock.pass(limits.keysCoolDownMs - 1);
    await assert.rejects(ask(signer, { kid: 'evil' }), refusal);
    assert.equal(state.asked, round);
    assert.equal((await ask(signer)).id, 'ada');
    clock.pass(1);
  }
});

test('a first flood is one fetch as well', async (context) => {
  const signer = createSigner('first');
  const { ask, state } = await serveKeys(context, [signer.jwk]);
  await Promise.allSettled(Array.from({ length: 100 }, (_, kid) => ask(signer, { kid: `evil-${kid}` })));
  assert.equal(state.asked, 1);
});

test('a new key is taken up when a token names it, after the cool-down', async (context) => {
  const [first, second] = [createSigner('first'), createSigner('second')];
  const { ask, state, clock, rotate } = await serveKeys(context, [first.jwk]);
  await ask(first);
  rotate(first, second);
  await assert.rejects(ask(second), refusal);
  clock.pass(limits.keysCoolDownMs);
  assert.equal((await ask(second)).id, 'ada');
  assert.equal((await ask(first)).id, 'ada');
  assert.equal(state.asked, 2);
});

test('a key that was withdrawn vouches for nobody once that is known, remembered tokens included', async (context) => {
  const [first, second] = [createSigner('first'), createSigner('second')];
  const { ask, authenticate, clock, rotate } = await serveKeys(context, [first.jwk]);
  const authorization = `Bearer ${tokenOf(first)}`;
  const before = await authenticate(authorization, undefined);
  assert.equal(authenticate.known?.(authorization, undefined), before);
  rotate(second);
  clock.pass(limits.keysCoolDownMs);
  await ask(second);
  assert.equal(authenticate.known?.(authorization, undefined), null);
  await assert.rejects(authenticate(authorization, undefined), refusal);
});

test('a key under the id of another takes its place', async (context) => {
  const [old, young] = [createSigner('same'), createSigner('same')];
  const { ask, clock, rotate } = await serveKeys(context, [old.jwk]);
  await ask(old);
  rotate(young);
  clock.pass(limits.keysFreshMs);
  assert.equal((await ask(young)).id, 'ada');
  await assert.rejects(ask(old), refusal);
});

test('while the issuer is out of reach its keys hold on for a while, and no longer', async (context) => {
  const signer = createSigner('first');
  const { ask, state, clock } = await serveKeys(context, [signer.jwk]);
  await ask(signer);
  state.status = 500;
  clock.pass(limits.keysFreshMs);
  assert.equal((await ask(signer)).id, 'ada');
  assert.equal((await ask(signer)).id, 'ada');
  assert.equal(state.asked, 2);
  // Whether a key is new cannot be told.
  await assert.rejects(ask(signer, { kid: 'new' }), unavailable);
  clock.pass(limits.keysRetryMs);
  assert.equal((await ask(signer)).id, 'ada');
  assert.equal(state.asked, 3);
  clock.pass(limits.keysKeptMs);
  await assert.rejects(ask(signer), unavailable);
  state.status = 200;
  clock.pass(limits.keysRetryMs);
  assert.equal((await ask(signer)).id, 'ada');
});

test('keys that cannot be had are SERVICE_UNAVAILABLE, and are asked for again after a while', async (context) => {
  const signer = createSigner('first');
  const { ask, state, clock } = await serveKeys(context, [signer.jwk]);
  state.status = 500;
  await Promise.all(Array.from({ length: 20 }, () => assert.rejects(ask(signer), unavailable)));
  await assert.rejects(ask(signer), unavailable);
  assert.equal(state.asked, 1);
  state.status = 200;
  clock.pass(limits.keysRetryMs);
  assert.equal((await ask(signer)).id, 'ada');
  assert.equal(state.asked, 2);
});

for (const [what, body] of [
  ['no JSON', '<html>'],
  ['no key set', '{"keys":"all"}'],
  ['more than may be', `{"keys":[],"padding":"${'x'.repeat(limits.keysBytesMax)}"}`],
] as const) {
  test(`an answer that is ${what} takes nothing from the keys that are known`, async (context) => {
    const signer = createSigner('first');
    const { ask, state, clock } = await serveKeys(context, [signer.jwk]);
    await ask(signer);
    state.body = body;
    clock.pass(limits.keysFreshMs);
    assert.equal((await ask(signer)).id, 'ada');
    assert.equal(state.asked, 2);
  });
}

test('an answer that sends elsewhere is not followed', async (context) => {
  const [good, evil] = [createSigner('first'), createSigner('first')];
  const elsewhere = await serveKeys(context, [evil.jwk]);
  const { ask, state } = await serveKeys(context, [good.jwk]);
  state.status = 302;
  state.location = 'http://127.0.0.1:1/keys';
  await assert.rejects(ask(evil), unavailable);
  assert.equal(elsewhere.state.asked, 0);
});

test('a key without an id, a secret, a private key and a key for something else verify nothing', async (context) => {
  const signer = createSigner('first');
  const { kid: _, ...nameless } = signer.jwk;
  const privateJwk = { ...(signer.privateKey.export({ format: 'jwk' }) as JsonObject), kid: 'first', alg: 'ES256' };
  const wrong: readonly JsonObject[] = [
    nameless,
    privateJwk,
    { ...signer.jwk, use: 'enc' },
    { ...signer.jwk, alg: 'ES384' },
    { ...signer.jwk, key_ops: ['sign'] },
    { ...signer.jwk, key_ops: [] },
    { ...signer.jwk, crv: 'P-384' },
    { ...signer.jwk, x: 'AAAA' },
    { kty: 'oct', kid: 'first', k: 'AAAA' },
  ];
  for (const jwk of wrong) {
    const { ask } = await serveKeys(context, [jwk]);
    await assert.rejects(ask(signer), refusal, JSON.stringify(jwk));
  }
});

test('a key of RSA that is shorter than 2048 bits verifies nothing (RFC 7518, section 3.3)', async (context) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const jwk = { ...(publicKey.export({ format: 'jwk' }) as JsonObject), kid: 'first', alg: 'RS256' };
  const { ask } = await serveKeys(context, [jwk]);
  await assert.rejects(ask({ kid: 'first', alg: 'RS256', privateKey, jwk }), refusal);
});

test('of two keys under one id none is taken', async (context) => {
  const [one, other] = [createSigner('same'), createSigner('same')];
  const { ask } = await serveKeys(context, [one.jwk, other.jwk]);
  await assert.rejects(ask(one), refusal);
  await assert.rejects(ask(other), refusal);
});

test('a key file that changes is read again, with the same cool-down', async (context) => {
  const [first, second] = [createSigner('first'), createSigner('second')];
  const file = join(await temporaryFolder(context), 'keys.json');
  await writeFile(file, JSON.stringify({ keys: [first.jwk] }));
  const clock = createClock();
  const auth = { ...defaultConfig.auth, issuers: [{ issuer: issuerName, jwks: `file:${file}`, audiences: ['weft'] }] };
  const authenticate = createAuthenticator({ auth, clock });
  await authenticate(`Bearer ${tokenOf(first)}`, undefined);
  await writeFile(file, JSON.stringify({ keys: [second.jwk] }));
  await assert.rejects(authenticate(`Bearer ${tokenOf(second)}`, undefined), refusal);
  clock.pass(limits.keysCoolDownMs);
  assert.equal((await authenticate(`Bearer ${tokenOf(second)}`, undefined)).id, 'ada');
  await assert.rejects(authenticate(`Bearer ${tokenOf(first)}`, undefined), refusal);
});
