/** The gateway's side of `weft-context`: signs contexts, and publishes the keys that they are verified with. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { WeftError, messageOf } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type SubgraphContext, claimOf, contextAlgorithm, contextIssuer, contextType } from './context.ts';
import {
  type CryptoKey,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
} from './jose.ts';

export interface ContextSignerOptions {
  /**
   * File of a private key (JWK, Ed25519), or of a set of them: the first signs, all are published. `null`: the gateway makes
   * its own, which no other gateway has.
   */
  readonly keyFile: string | null;
  /** Names of the claims that contexts carry. Default none. */
  readonly claims?: readonly string[];
  readonly clock: Clock;
}

export interface ContextSigner {
  /** A token for one subgraph, to be used at once. */
  sign(subgraph: string, context: SubgraphContext): Promise<string>;
  /** The public part of all keys by which a token may be signed that has not ended. */
  keySet(): Promise<JSONWebKeySet>;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly published: JWK;
}

interface Retired {
  readonly published: JWK;
  /** Monotonic milliseconds: from then on none of its tokens is valid. */
  readonly until: number;
}

/** Reads the key file at once: throws `CONFIG_INVALID`. A key of its own the signer makes when it first needs it. */
export function createContextSigner({ keyFile, claims = [], clock }: ContextSignerOptions): ContextSigner {
  const keys = keyFile === null ? ownKeys(clock) : fixedKeys(readKeyFile(keyFile));
  return {
    async sign(subgraph, context) {
      const { kid, privateKey } = await keys.current();
      const now = Math.floor(clock.now() / 1_000);
      const end = now + limits.contextMs / 1_000;
      return new SignJWT({ weft: claimOf(context, claims) })
        .setProtectedHeader({ alg: contextAlgorithm, typ: contextType, kid })
        .setIssuer(contextIssuer)
        .setAudience(subgraph)
        .setIssuedAt(now)
        .setExpirationTime(Math.min(end, context.subject.expiresAt ?? end))
        .sign(privateKey);
    },
    keySet: async () => ({ keys: [...(await keys.published())] }),
  };
}

interface Keys {
  current(): Promise<SigningKey>;
  published(): Promise<readonly JWK[]>;
}

/** A new key every now and then. One that signs no more is published until what it signed has ended. */
function ownKeys(clock: Clock): Keys {
  let current: { readonly key: Promise<SigningKey>; readonly until: number } | null = null;
  let retired: readonly Retired[] = [];

  const renew = (): Promise<SigningKey> => {
    const now = clock.monotonic();
    if (current !== null && now < current.until) return current.key;
    const until = now + limits.contextMs + limits.contextLeewayMs;
    void current?.key.then(({ published }) => (retired = [...retired, { published, until }]));
    current = { key: generateKey(), until: now + limits.contextKeyMs };
    return current.key;
  };
  return {
    current: renew,
    async published() {
      const { published } = await renew();
      retired = retired.filter(({ until }) => clock.monotonic() < until);
      return [published, ...retired.map((one) => one.published)];
    },
  };
}

async function generateKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(contextAlgorithm, { extractable: true });
  return signingKeyOf(await exportJWK(privateKey));
}

function fixedKeys(all: readonly JWK[]): Keys {
  let keys: Promise<readonly SigningKey[]> | null = null;
  const read = () => (keys ??= Promise.all(all.map(signingKeyOf)));
  return {
    async current() {
      const [key] = await read();
      if (key === undefined) throw new RangeError('A key file has at least one key');
      return key;
    },
    published: async () => (await read()).map(({ published }) => published),
  };
}

async function signingKeyOf(jwk: JWK): Promise<SigningKey> {
  const { kty = '', crv = '', x = '' } = jwk;
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk));
  const privateKey = await importJWK(jwk, contextAlgorithm);
  if (privateKey instanceof Uint8Array) throw new TypeError('The key is a secret, not a pair.');
  // Named one by one: what is private can then not slip out.
  return { kid, privateKey, published: { kty, crv, x, kid, alg: contextAlgorithm, use: 'sig' } };
}

function readKeyFile(file: string): readonly JWK[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const keys: unknown = isJsonObject(content) && Array.isArray(content['keys']) ? content['keys'] : [content];
    if (Array.isArray(keys) && keys.length > 0 && keys.every(isSigningKey)) return keys;
  } catch (cause) {
    throw badKeyFile(file, messageOf(cause), cause);
  }
  throw badKeyFile(file, 'another kind of key, or no key');
}

function isSigningKey(key: unknown): key is JWK {
  if (!isJsonObject(key)) return false;
  const isPair = ['x', 'd'].every((name) => typeof key[name] === 'string');
  const isNamed = key['kid'] === undefined || (typeof key['kid'] === 'string' && key['kid'] !== '');
  return key['kty'] === 'OKP' && key['crv'] === 'Ed25519' && isPair && isNamed;
}

function badKeyFile(file: string, found: string, cause?: unknown): WeftError {
  return new WeftError('CONFIG_INVALID', {
    action: `Cannot sign contexts with the key in "${file}"`,
    found,
    wanted: 'a private key for Ed25519 as a JWK (RFC 8037), or { "keys": [...] } of such',
    fix: 'Mend `policy.contextKey`.',
    at: { file },
    cause,
  });
}
