/**
 * Verifies bearer tokens: JSON Web Tokens (RFC 7519) by the best current practice of RFC 8725. Keys come from the
 * configured issuers alone; what a token says of its own keys (`jwk`, `jku`, `x5u`) is never looked at.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  jwtVerify,
  type FetchImplementation,
  type JSONWebKeySet,
  type RemoteJWKSet,
} from 'jose';
import type { Clock } from '../../mesh/core/clock.ts';
import type { IssuerConfig } from '../../mesh/core/config.ts';
import { isWeftError, messageOf, WeftError } from '../../mesh/core/error.ts';
import { isJsonObject, type JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';

/** Why a token was refused, as far as its bearer may know. */
export type Refusal = 'expired' | 'refused';

export interface VerifyToken {
  /**
   * The claims of a token that one of the issuers signed for one of its audiences and that has not ended, else why it
   * was refused. Throws `SERVICE_UNAVAILABLE` when the issuer's keys cannot be had.
   */
  (token: string): Promise<JsonObject | Refusal>;
}

/** Signatures by a private key only: a secret that a verifier shares could sign too, and `none` signs nothing. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** The types of token that may stand for a subject (RFC 8725, section 3.11); a token without a type may too. */
const tokenTypes = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

/** Reads and checks key files at once, so that a bad one stops the start: throws `CONFIG_INVALID`. Other keys are fetched when first needed. */
export function createVerifier(issuers: readonly IssuerConfig[], clock: Clock): VerifyToken {
  const trusted = new Map(issuers.map((config) => [config.issuer, { config, keys: createKeySet(config, clock) }]));

  return async (token) => {
    try {
      const issuer = trusted.get(decodeJwt(token).iss ?? '');
      if (issuer === undefined) return 'refused';
      const { payload, protectedHeader } = await jwtVerify(token, issuer.keys, {
        algorithms,
        issuer: issuer.config.issuer,
        audience: [...issuer.config.audiences],
        requiredClaims: ['exp'],
        currentDate: new Date(clock.now()),
      });
      const isOfType = protectedHeader.typ === undefined || tokenTypes.has(protectedHeader.typ.toLowerCase());
      return isOfType && isJsonObject(payload) ? payload : 'refused';
    } catch (error) {
      if (isWeftError(error)) throw error;
      if (error instanceof errors.JWKSInvalid) throw keysUnavailable(error);
      if (error instanceof errors.JWTExpired) return 'expired';
      if (error instanceof errors.JOSEError) return 'refused';
      throw error;
    }
  };
}

/** Keys are fetched anew for a key id they lack, at most every 30 s, and every 10 min: jose's cool-down and age. */
function createKeySet(config: IssuerConfig, clock: Clock): RemoteJWKSet {
  const url = keyAddressOf(config);
  if (url.protocol === 'file:') assertKeyFile(config, url);
  return createRemoteJWKSet(url, { [customFetch]: createKeyFetch(clock) });
}

function keyAddressOf({ issuer, jwks }: IssuerConfig): URL {
  if (jwks.startsWith('file://')) return new URL(jwks);
  if (jwks.startsWith('file:')) return pathToFileURL(resolve(jwks.slice('file:'.length)));
  const url = URL.parse(jwks);
  const isLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return url;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot take the keys of issuer "${issuer}" from "${jwks}"`,
    wanted: '"file:PATH" or an "https:" address ("http:" on the loopback only)',
  });
}

function assertKeyFile({ issuer }: IssuerConfig, url: URL): void {
  const file = fileURLToPath(url);
  try {
    const keys = JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet;
    createLocalJWKSet(keys);
  } catch (cause) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read the keys of issuer "${issuer}" from "${file}"`,
      found: messageOf(cause),
      wanted: 'a JSON Web Key Set (RFC 7517): { "keys": [...] }',
      at: { file },
      cause,
    });
  }
}

/** One read of a key set, from a file or over HTTP. jose cools down after a success only; this one does after a failure. */
function createKeyFetch(clock: Clock): FetchImplementation {
  let failure: unknown;
  let retryAt = -Infinity;
  return async (url, options) => {
    if (clock.monotonic() < retryAt) throw keysUnavailable(failure);
    try {
      const response = url.startsWith('file:') ? new Response(await readFile(new URL(url))) : await fetch(url, options);
      if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`);
      return Response.json(await response.json());
    } catch (cause) {
      failure = cause;
      retryAt = clock.monotonic() + limits.keysRetryMs;
      throw keysUnavailable(cause);
    }
  };
}

function keysUnavailable(cause: unknown): WeftError {
  return new WeftError('SERVICE_UNAVAILABLE', {
    action: 'Cannot verify the token',
    found: 'that the keys of its issuer are out of reach',
    fix: 'Try again later.',
    cause,
  });
}
