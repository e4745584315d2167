/** Tokens made with real keys, and the ways in which others have been fooled by forged ones (RFC 8725). */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { systemClock, type Clock } from '../../../mesh/core/clock.ts';
import { defaultConfig, type AuthConfig } from '../../../mesh/core/config.ts';
import { anonymous, type MockUser } from '../../../mesh/core/subject.ts';
import { createAuthenticator } from '../../../gateway/auth/subject.ts';

const issuer = 'https://id.example';
const now = 1_800_000_000;
const good: JWTPayload = { iss: issuer, aud: 'weft', sub: 'ada', exp: now + 60 };

interface Signer {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function createSigner(kid: string, alg = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

interface TokenOptions {
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
}

function sign({ privateKey, jwk }: Signer, { header, claims }: TokenOptions = {}): Promise<string> {
  const { kid, alg = 'ES256' } = jwk;
  return new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg, kid, ...header } as never).sign(privateKey);
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

interface House {
  readonly signer: Signer;
  readonly auth: AuthConfig;
  readonly clock: { nowMs: number } & Clock;
  readonly file: string;
  authenticate(authorization?: string, purpose?: string): ReturnType<ReturnType<typeof createAuthenticator>>;
}

interface HouseOptions {
  readonly keys?: (signer: Signer) => readonly JWK[] | Promise<readonly JWK[]>;
  readonly claims?: Partial<AuthConfig['claims']>;
  readonly mockUsers?: readonly MockUser[];
  readonly alg?: string;
}

/** An authenticator that trusts one issuer, whose keys lie in a file until the test ends. */
async function build(context: TestContext, options: HouseOptions = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-auth-'));
  context.after(() => rm(folder, { recursive: true }));
  const signer = await createSigner('first', options.alg);
  const file = join(folder, 'keys.json');
  await writeFile(file, JSON.stringify({ keys: (await options.keys?.(signer)) ?? [signer.jwk] }));
  const clock = { ...systemClock, nowMs: now * 1000, now: () => clock.nowMs };
  const auth = {
    issuers: [{ issuer, jwks: `file:${file}`, audiences: ['weft'] }],
    claims: { ...defaultConfig.auth.claims, ...options.claims },
  };
  const authenticate = createAuthenticator({ auth, clock, ...(options.mockUsers && { mockUsers: options.mockUsers }) });
  return { signer, auth, clock, file, authenticate };
}

const refusal = { code: 'UNAUTHENTICATED', details: { reason: 'refused' } };

test('without a header the subject is anonymous', async (context) => {
  const { authenticate } = await build(context);
  assert.equal(await authenticate(), anonymous);
});

test('a good token gives its subject, roles, scopes, claims and end', async (context) => {
  const { authenticate, signer } = await build(context);
  const claims = {
    roles: ['analyst'],
    scope: 'flights:read  pii:read',
    purposes: ['audit'],
    domain: 'safety',
    region: 'EU',
  };
  assert.deepEqual(await authenticate(`Bearer ${await sign(signer, { claims })}`), {
    id: 'ada',
    roles: ['analyst'],
    scopes: ['flights:read', 'pii:read'],
    purpose: null,
    domain: 'safety',
    claims: { ...good, ...claims },
    expiresAt: now + 60,
  });
});

for (const alg of ['RS256', 'PS512', 'ES384', 'EdDSA']) {
  test(`a token signed with ${alg} is taken`, async (context) => {
    const { authenticate, signer } = await build(context, { alg });
    assert.equal((await authenticate(`bearer ${await sign(signer)}`)).id, 'ada');
  });
}

test('claims are found by their names in the configuration: whole, or by path, as a list or a text', async (context) => {
  const names = {
    subject: 'email',
    roles: 'realm.access.roles',
    scopes: 'https://id.example/scopes',
    domain: 'unit.name',
  };
  const { authenticate, signer } = await build(context, { claims: names });
  const claims = {
    email: 'ada@example.com',
    realm: { access: { roles: 'one two' } },
    'https://id.example/scopes': ['a', 7, 'b'],
    purposes: { not: 'a list' },
    unit: { name: 'safety' },
  };
  const subject = await authenticate(`Bearer ${await sign(signer, { claims })}`);
  assert.equal(subject.id, 'ada@example.com');
  assert.deepEqual(subject.roles, ['one', 'two']);
  assert.deepEqual([subject.scopes, subject.domain], [['a', 'b'], 'safety']);
});

const badClaims: Record<string, Record<string, unknown>> = {
  'of another issuer': { iss: 'https://evil.example' },
  'of no issuer': { iss: undefined },
  'for another audience': { aud: 'other' },
  'for no audience': { aud: undefined },
  'that is not yet valid': { nbf: now + 10 },
  'without an end': { exp: undefined },
  'whose end is a text': { exp: '9999999999' },
  'without a subject': { sub: undefined },
  'with an empty subject': { sub: '' },
  'with a subject too long for the log': { sub: 'x'.repeat(501) },
  'with a subject of half a character': { sub: 'ada\ud83d' },
};
for (const [what, claims] of Object.entries(badClaims)) {
  test(`a token ${what} is refused`, async (context) => {
    const { authenticate, signer } = await build(context);
    await assert.rejects(authenticate(`Bearer ${await sign(signer, { claims })}`), refusal);
  });
}

test('a token that has ended is refused as expired, a forged one that has ended as forged', async (context) => {
  const { authenticate, signer } = await build(context);
  const claims = { exp: now };
  await assert.rejects(authenticate(`Bearer ${await sign(signer, { claims })}`), { details: { reason: 'expired' } });
  const forged = await sign(await createSigner('first'), { claims });
  await assert.rejects(authenticate(`Bearer ${forged}`), refusal);
});

test('a token that another key signed under the id of ours is refused', async (context) => {
  const { authenticate } = await build(context);
  await assert.rejects(authenticate(`Bearer ${await sign(await createSigner('first'))}`), refusal);
});

test('a token that was changed after signing is refused', async (context) => {
  const { authenticate, signer } = await build(context);
  const [header, , signature] = (await sign(signer)).split('.');
  const payload = encode({ ...good, sub: 'admin' });
  await assert.rejects(authenticate(`Bearer ${header}.${payload}.${signature}`), refusal);
});

for (const alg of ['none', 'None', 'NONE']) {
  test(`a token with the algorithm "${alg}" is refused, signed or not`, async (context) => {
    const { authenticate } = await build(context);
    const unsigned = `${encode({ alg, kid: 'first' })}.${encode(good)}`;
    await assert.rejects(authenticate(`Bearer ${unsigned}.`), refusal);
    await assert.rejects(authenticate(`Bearer ${unsigned}.AAAA`), refusal);
  });
}

test('a token signed with our public key as if it were a shared secret is refused', async (context) => {
  const { authenticate, signer } = await build(context, { alg: 'RS256' });
  const pem = await exportSPKI(signer.publicKey);
  for (const secret of [pem, pem.trim(), JSON.stringify(signer.jwk)]) {
    const signed = `${encode({ alg: 'HS256', kid: 'first' })}.${encode(good)}`;
    const signature = createHmac('sha256', secret).update(signed).digest('base64url');
    await assert.rejects(authenticate(`Bearer ${signed}.${signature}`), refusal);
  }
});

test('a shared secret among the keys does not let HS256 in', async (context) => {
  const secret = Buffer.from('0123456789abcdef0123456789abcdef');
  const keys = ({ jwk }: Signer) => [jwk, { kty: 'oct', kid: 'shared', alg: 'HS256', k: secret.toString('base64url') }];
  const { authenticate } = await build(context, { keys });
  const token = await new SignJWT(good).setProtectedHeader({ alg: 'HS256', kid: 'shared' }).sign(secret);
  await assert.rejects(authenticate(`Bearer ${token}`), refusal);
});

test('a key that the token brings along, or points to, is not looked at', async (context) => {
  let asked = 0;
  const evil = await createSigner('evil');
  const server = createServer((_, response) => {
    asked++;
    response.end(JSON.stringify({ keys: [evil.jwk] }));
  }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const jku = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { authenticate } = await build(context);
  for (const kid of ['first', 'evil']) {
    for (const header of [
      { kid, jwk: evil.jwk },
      { kid, jku },
      { kid, x5u: jku },
    ]) {
      await assert.rejects(authenticate(`Bearer ${await sign(evil, { header })}`), refusal);
    }
  }
  assert.equal(asked, 0);
});

test('a token with a critical header that nobody here understands is refused', async (context) => {
  const { authenticate, signer } = await build(context);
  const header = encode({ alg: 'ES256', kid: 'first', crit: ['x'], x: 1 });
  const signed = `${header}.${encode(good)}`;
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    signer.privateKey,
    Buffer.from(signed),
  );
  await assert.rejects(authenticate(`Bearer ${signed}.${Buffer.from(signature).toString('base64url')}`), refusal);
});

test('a token without a key id is refused, whether one key would fit or several', async (context) => {
  const keys = async ({ jwk }: Signer) => [jwk, (await createSigner('second')).jwk];
  for (const house of [await build(context), await build(context, { keys })]) {
    for (const kid of [undefined, '', 7, null]) {
      await assert.rejects(house.authenticate(`Bearer ${await sign(house.signer, { header: { kid } })}`), refusal);
    }
  }
});

test('a token of a type that stands for no subject is refused', async (context) => {
  const { authenticate, signer } = await build(context);
  for (const typ of ['JWT', 'at+jwt', 'application/at+jwt']) {
    assert.equal((await authenticate(`Bearer ${await sign(signer, { header: { typ } })}`)).id, 'ada');
  }
  for (const typ of ['dpop+jwt', 'logout+jwt', 'secevent+jwt']) {
    await assert.rejects(authenticate(`Bearer ${await sign(signer, { header: { typ } })}`), refusal);
  }
});

for (const header of [
  '',
  'Bearer',
  'Bearer ',
  'Bearer a.b',
  'Bearer a.b.c',
  'Basic YTpi',
  'Mock ada',
  'Bearer {}.{}.{}',
]) {
  test(`the header "${header}" is refused`, async (context) => {
    const { authenticate } = await build(context);
    await assert.rejects(authenticate(header), refusal);
  });
}

test('the words of a refusal are the same for every fault', async (context) => {
  const { authenticate, signer } = await build(context);
  const message =
    'Cannot authenticate the request: found an authorization header that is not valid here, wanted "Bearer" and a valid token. ' +
    'Get a new token, or leave the header out to ask as anonymous.';
  await assert.rejects(authenticate('Bearer x'), { message });
  await assert.rejects(authenticate(`Bearer ${await sign(signer, { claims: { exp: 1 } })}`), { message });
});

test('one token is one subject object until it ends', async (context) => {
  const { authenticate, signer, clock } = await build(context);
  const authorization = `Bearer ${await sign(signer)}`;
  const first = await authenticate(authorization);
  assert.equal(await authenticate(authorization), first);
  assert.ok(Object.isFrozen(first));
  clock.nowMs = (now + 60) * 1000;
  await assert.rejects(authenticate(authorization), { details: { reason: 'expired' } });
});

test('a token is looked at again after ten minutes, should its key have gone', async (context) => {
  const { authenticate, signer, clock } = await build(context);
  const authorization = `Bearer ${await sign(signer, { claims: { exp: now + 86_400 } })}`;
  const first = await authenticate(authorization);
  clock.nowMs += 599_000;
  assert.equal(await authenticate(authorization), first);
  clock.nowMs += 2_000;
  assert.notEqual(await authenticate(authorization), first);
});

test('a purpose must be one of those that the token allows', async (context) => {
  const { authenticate, signer } = await build(context);
  const authorization = `Bearer ${await sign(signer, { claims: { purposes: ['audit', 'safety'] } })}`;
  const subject = await authenticate(authorization, 'audit');
  assert.equal(subject.purpose, 'audit');
  assert.equal(await authenticate(authorization, 'audit'), subject);
  await assert.rejects(authenticate(authorization, 'marketing'), {
    code: 'BAD_REQUEST',
    message:
      'Cannot ask for the purpose "marketing": found a purpose that the subject may not state, wanted one of "audit", "safety".',
  });
  await assert.rejects(authenticate(undefined, 'audit'), {
    code: 'BAD_REQUEST',
    message: 'Cannot ask for the purpose "audit": found a subject that may state none, wanted no weft-purpose header.',
  });
});

test('a mock user is who its declaration says', async (context) => {
  const mockUsers = [
    { id: 'ada', roles: ['analyst'], scopes: ['pii:read'], purposes: ['audit'], domain: 'safety', claims: { age: 36 } },
  ];
  const { authenticate } = await build(context, { mockUsers });
  assert.deepEqual(await authenticate('Mock ada', 'audit'), {
    id: 'ada',
    roles: ['analyst'],
    scopes: ['pii:read'],
    purpose: 'audit',
    domain: 'safety',
    claims: { age: 36, sub: 'ada' },
    expiresAt: null,
  });
});

test('an unknown mock user is told who there is', async (context) => {
  const { authenticate } = await build(context, { mockUsers: [{ id: 'ada' }, { id: 'bob' }] });
  await assert.rejects(authenticate('Mock eve'), {
    code: 'UNAUTHENTICATED',
    message: 'Cannot authenticate as mock user "eve": found nobody of that name, wanted one of "ada", "bob".',
  });
});

test('a key file that is missing or no key set stops the start and is named', async (context) => {
  const { auth, file } = await build(context);
  await writeFile(file, '{"keys": 1}');
  const create = () => createAuthenticator({ auth, clock: systemClock });
  assert.throws(create, (error: Error & { code: string; at: { file: string } }) => {
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.equal(error.at.file, file);
    assert.match(error.message, /^Cannot read the keys of issuer "https:\/\/id\.example" from ".*keys\.json": found /);
    return true;
  });
  await rm(file);
  assert.throws(create, { code: 'CONFIG_INVALID', message: /ENOENT/ });
});

for (const jwks of ['http://id.example/keys', 'keys.json', 'ftp://id.example/keys']) {
  test(`keys from "${jwks}" are refused by configuration`, () => {
    const auth = { ...defaultConfig.auth, issuers: [{ issuer, jwks, audiences: ['weft'] }] };
    assert.throws(() => createAuthenticator({ auth, clock: systemClock }), {
      code: 'CONFIG_INVALID',
      message: `Cannot take the keys of issuer "https://id.example" from "${jwks}": wanted "file:PATH" or an "https:" address ("http:" on the loopback only).`,
    });
  });
}
