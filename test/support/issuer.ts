/** An issuer of tokens with real keys, which also signs what no good issuer would. */
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Life } from './life.ts';
import { type AuthConfig, defaultConfig } from '../../mesh/core/config.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { temporaryFolder } from './mesh.ts';

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA';

export interface Signer {
  readonly alg: Algorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The public key, as a key set has it. */
  readonly jwk: JsonObject;
}

export const issuerName = 'https://id.example';

export function createSigner(kid: string, alg: Algorithm = 'ES256'): Signer {
  const { privateKey, publicKey } = generateKeys(alg);
  return {
    alg,
    kid,
    privateKey,
    jwk: { ...(publicKey.export({ format: 'jwk' }) as JsonObject), kid, alg, use: 'sig' },
  };
}

function generateKeys(alg: Algorithm): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  if (alg === 'ES256' || alg === 'ES384') return generateKeyPairSync('ec', { namedCurve: `P-${alg.slice(2)}` });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token that is good for an hour, but for what is said otherwise; a part that is `undefined` is left out. */
export function tokenOf(signer: Signer, { claims, header }: TokenParts = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  const payload = { iss: issuerName, aud: 'weft', sub: 'ada', exp, ...claims };
  return tokenOfTexts(signer, JSON.stringify({ alg: signer.alg, kid: signer.kid, ...header }), JSON.stringify(payload));
}

/** A token of these very texts, whatever they say, with a good signature of the signer's algorithm. */
export function tokenOfTexts(signer: Signer, header: string | Buffer, payload: string | Buffer): string {
  return signed(signer, `${encode(header)}.${encode(payload)}`);
}

/** The signing input with a good signature behind it. */
export function signed(signer: Signer, input: string): string {
  return `${input}.${signatureOf(signer, input).toString('base64url')}`;
}

export function encode(text: string | Buffer): string {
  return Buffer.from(text).toString('base64url');
}

export function signatureOf({ alg, privateKey: key }: Pick<Signer, 'alg' | 'privateKey'>, input: string): Buffer {
  const bytes = Buffer.from(input);
  switch (alg) {
    case 'RS256':
      return sign('sha256', bytes, key);
    case 'PS256':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'EdDSA':
      return sign(null, bytes, key);
    default:
      return sign(`sha${alg.slice(2)}`, bytes, { key, dsaEncoding: 'ieee-p1363' });
  }
}

/** The configuration that trusts these keys, which lie in a file until the test ends. */
export async function trustKeys(context: Life, keys: readonly JsonObject[]): Promise<AuthConfig> {
  const file = join(await temporaryFolder(context), 'keys.json');
  await writeFile(file, JSON.stringify({ keys }));
  return { ...defaultConfig.auth, issuers: [{ issuer: issuerName, jwks: `file:${file}`, audiences: ['weft'] }] };
}
