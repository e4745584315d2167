/** Every token but the one that was signed is refused: whatever is changed in it, in its text as in what the text stands for. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createAuthenticator } from '../../../gateway/auth/subject.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { type Algorithm, createSigner, encode, signatureOf, tokenOf, trustKeys } from '../../support/issuer.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

async function open(context: TestContext, alg: Algorithm) {
  const signer = createSigner('first', alg);
  const auth = await trustKeys(context, [signer.jwk]);
  const authenticate = createAuthenticator({ auth, clock: systemClock });
  const token = tokenOf(signer);
  assert.equal((await authenticate(`Bearer ${token}`, undefined)).id, 'ada');
  const refuse = (other: string) =>
    assert.rejects(authenticate(`Bearer ${other}`, undefined), { code: 'UNAUTHENTICATED' }, other);
  return { signer, token, refuse };
}

for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const) {
  test(`${alg}: a token of which any one bit is changed is refused`, async (context) => {
    const { token, refuse } = await open(context, alg);
    for (const [place, part] of token.split('.').entries()) {
      const bytes = Buffer.from(part, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Buffer.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await refuse(token.split('.').with(place, changed.toString('base64url')).join('.'));
      }
    }
  });

  test(`${alg}: a token of which any one character is another is refused, those too that change no byte`, async (context) => {
    const { token, refuse } = await open(context, alg);
    for (let at = 0; at < token.length; at++) {
      const character = token[at] ?? '';
      const next = alphabet[(alphabet.indexOf(character) + 1) % alphabet.length] ?? '';
      for (const other of [next, '', '=', ' ', `${character}${character}`]) {
        await refuse(token.slice(0, at) + other + token.slice(at + 1));
      }
    }
  });
}

test('a text that is made of a token by cutting, doubling, swapping and filling in is refused', async (context) => {
  const { token, refuse } = await open(context, 'ES256');
  const place = fc.nat(token.length);
  const text = fc.oneof(
    fc.constantFrom('.', '..', '\n', '\t', ' ', '=', '==', '+', '/', '\u0000', '\ufeff', 'é', '%2E'),
    fc.string({ maxLength: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(place, place, text, async (from, to, between) => {
      const other = token.slice(0, from) + between + token.slice(to);
      if (other !== token) await refuse(other);
    }),
    { numRuns: 500 },
  );
});

test('parts of good tokens, put together otherwise, are no token', async (context) => {
  const { signer, token, refuse } = await open(context, 'ES256');
  const other = tokenOf(signer, { claims: { sub: 'bob' } }).split('.');
  const parts = token.split('.');
  for (const place of [1, 2]) await refuse(parts.with(place, other[place] ?? '').join('.'));
  await refuse([...parts, parts[2]].join('.'));
  await refuse(parts.slice(0, 2).join('.'));
  await refuse([parts[0], '', parts[2]].join('.'));
});

test('a signature of zeros, of the order, of another form or length is refused', async (context) => {
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const zero = Buffer.alloc(32);
  const one = Buffer.from(zero).fill(1, 31);
  const { signer, token, refuse } = await open(context, 'ES256');
  const input = token.slice(0, token.lastIndexOf('.'));
  const good = signatureOf(signer, input);
  const [r, s] = [good.subarray(0, 32), good.subarray(32)];
  for (const signature of [
    [zero, zero],
    [zero, s],
    [r, zero],
    [order, order],
    [order, s],
    [r, order],
    [one, one],
    [s, r],
    [r],
    [zero, r, s],
    [r, s, zero],
    // The form of X.509 in place of that of RFC 7518, section 3.4.
    [Buffer.from([0x30, 68, 2, 32]), r, Buffer.from([2, 32]), s],
  ]) {
    await refuse(`${input}.${Buffer.concat(signature).toString('base64url')}`);
  }
});

test('a signature of Ed25519 with the order added to its scalar is refused (RFC 8032, section 5.1.7)', async (context) => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const { token, refuse } = await open(context, 'EdDSA');
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32).toReversed()).toString('hex')}`) + order;
  const more = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').toReversed();
  await refuse(`${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), more]).toString('base64url')}`);
});

test('a signature of RSA that is shorter, longer, or of another scheme is refused', async (context) => {
  const { signer, token, refuse } = await open(context, 'RS256');
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  for (const other of [
    Buffer.concat([Buffer.from([0]), bytes]),
    Buffer.concat([bytes, Buffer.from([0])]),
    bytes.subarray(1),
    Buffer.alloc(bytes.length),
    Buffer.alloc(bytes.length).fill(1, bytes.length - 1),
    signatureOf({ ...signer, alg: 'PS256' }, `${header}.${payload}`),
  ]) {
    await refuse(`${header}.${payload}.${other.toString('base64url')}`);
  }
  // The header says one scheme, the key another, the signature either.
  const input = `${encode('{"alg":"PS256","kid":"first"}')}.${payload}`;
  for (const alg of ['RS256', 'PS256'] as const) {
    await refuse(`${input}.${signatureOf({ ...signer, alg }, input).toString('base64url')}`);
  }
});
