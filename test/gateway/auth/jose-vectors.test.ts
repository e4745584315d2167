/**
 * Published signatures, good and changed, against the keys as the gateway looks them up; and the same as bearer tokens,
 * which none of them is.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { compactVerify } from 'jose';
import { KeySet } from '../../../mesh/identity/key-set.ts';
import { createAuthenticator } from '../../../gateway/auth/subject.ts';
import { algorithms } from '../../../gateway/auth/token.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import type { JsonObject } from '../../../mesh/core/json.ts';
import { trustKeys } from '../../support/issuer.ts';
import { type Vector, asymmetric, compactOf, unfit } from './jose-vectors.ts';

async function openVerifier(context: TestContext, keys: readonly (JsonObject | null)[]) {
  const auth = await trustKeys(
    context,
    keys.filter((key) => key !== null),
  );
  const [config] = auth.issuers;
  assert.ok(config);
  const { find } = new KeySet({ jwks: config.jwks, owner: 'the vectors', clock: systemClock });
  return (token: string) => compactVerify(token, find, { algorithms });
}

/** As a bearer token, of an issuer that bears the vector's name, to a gateway that asks for nothing it does not say. */
async function bear(context: TestContext, { jwk }: Vector, token: string) {
  const auth = await trustKeys(context, jwk === null ? [] : [jwk]);
  const issuers = auth.issuers.map((config) => ({ ...config, issuer: 'joe' }));
  const clock = { ...systemClock, now: () => 1_300_819_000_000 };
  return createAuthenticator({ auth: { ...auth, issuers }, clock })(`Bearer ${token}`, undefined);
}

for (const vector of asymmetric) {
  test(`${vector.name} is verified with its key, and with every byte changed it is not`, async (context) => {
    const verify = await openVerifier(context, [vector.jwk]);
    const token = compactOf(vector);
    assert.equal(Buffer.from((await verify(token)).payload).toString(), vector.payload);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await assert.rejects(
        verify(`${header}.${payload}.${changed.toString('base64url')}`),
        `byte ${at} of the signature`,
      );
    }
    const text = Buffer.from(payload, 'base64url');
    for (let at = 0; at < text.length; at++) {
      const changed = Buffer.from(text);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await assert.rejects(
        verify(`${header}.${changed.toString('base64url')}.${signature}`),
        `byte ${at} of the payload`,
      );
    }
  });

  test(`${vector.name} is not verified with the keys of the others, nor cut, nor longer`, async (context) => {
    const verify = await openVerifier(
      context,
      asymmetric.map(({ jwk }) => jwk).filter((jwk) => jwk !== vector.jwk),
    );
    const token = compactOf(vector);
    await assert.rejects(verify(token));
    const verifyOwn = await openVerifier(context, [vector.jwk]);
    const signed = token.slice(0, token.lastIndexOf('.'));
    const bytes = Buffer.from(vector.signature, 'base64url');
    for (const other of [
      Buffer.alloc(0),
      Buffer.alloc(bytes.length),
      bytes.subarray(1),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.from([0])]),
      Buffer.concat([Buffer.from([0]), bytes]),
      Buffer.concat([bytes, bytes]),
    ]) {
      await assert.rejects(verifyOwn(`${signed}.${other.toString('base64url')}`));
    }
  });
}

for (const vector of unfit) {
  test(`${vector.name} is not verified, though its key is among the issuer's`, async (context) => {
    const verify = await openVerifier(context, [vector.jwk, ...asymmetric.map(({ jwk }) => jwk)]);
    await assert.rejects(verify(compactOf(vector)));
  });
}

test('the secrets of the vectors do verify them: what is refused is the kind of key', () => {
  for (const { jwk, name, ...rest } of unfit) {
    if (jwk === null) continue;
    const token = compactOf({ jwk, name, ...rest });
    const secret = Buffer.from(String(jwk['k']), 'base64url');
    const mac = createHmac('sha256', secret).update(token.slice(0, token.lastIndexOf('.')));
    assert.equal(mac.digest('base64url'), rest.signature, name);
  }
});

test('no vector is a bearer token: they name no key, no audience and no subject, or are no claims', async (context) => {
  for (const vector of [...asymmetric, ...unfit]) {
    await assert.rejects(bear(context, vector, compactOf(vector)), { code: 'UNAUTHENTICATED' }, vector.name);
  }
  // RFC 7520, section 4.5: the payload travels by itself.
  const [header = '', , signature = ''] = compactOf(unfit[2] ?? assert.fail()).split('.');
  await assert.rejects(bear(context, unfit[2] ?? assert.fail(), `${header}..${signature}`), {
    code: 'UNAUTHENTICATED',
  });
});
