/** Public keys that somebody else publishes: a JSON Web Key Set (RFC 7517) in a file or behind HTTP. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '../core/clock.ts';
import { WeftError, messageOf } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import {
  type FetchImplementation,
  type JSONWebKeySet,
  type RemoteJWKSet,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
} from './jose.ts';

export interface KeySetOptions {
  /** `file:PATH`, an `https:` address, or an `http:` address on the loopback. */
  readonly jwks: string;
  /** Whose keys, as messages call them: `the gateway`. */
  readonly owner: string;
  readonly clock: Clock;
  /** How long after a fetch a key that is not known is taken for one that is not there; default jose's 30 s. */
  readonly cooldownMs?: number;
}

/**
 * The keys, fetched when they are first needed, for a key that is not known, and every 10 minutes. A file is read at once, so
 * that a bad one stops the start: throws `CONFIG_INVALID`. What is out of reach later throws `SERVICE_UNAVAILABLE`.
 */
export function createKeySet({ jwks, owner, clock, cooldownMs }: KeySetOptions): RemoteJWKSet {
  const url = addressOf(jwks, owner);
  if (url.protocol === 'file:') assertKeyFile(url, owner);
  return createRemoteJWKSet(url, {
    [customFetch]: createKeyFetch(owner, clock),
    ...(cooldownMs === undefined ? {} : { cooldownDuration: cooldownMs }),
  });
}

function addressOf(jwks: string, owner: string): URL {
  if (jwks.startsWith('file://')) return new URL(jwks);
  if (jwks.startsWith('file:')) return pathToFileURL(resolve(jwks.slice('file:'.length)));
  const url = URL.parse(jwks);
  const isLoopback = url !== null && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)) return url;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot take the keys of ${owner} from "${jwks}"`,
    wanted: '"file:PATH" or an "https:" address ("http:" on the loopback only)',
  });
}

function assertKeyFile(url: URL, owner: string): void {
  const file = fileURLToPath(url);
  try {
    createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')) as JSONWebKeySet);
  } catch (cause) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read the keys of ${owner} from "${file}"`,
      found: messageOf(cause),
      wanted: 'a JSON Web Key Set (RFC 7517): { "keys": [...] }',
      at: { file },
      cause,
    });
  }
}

/** One read of a key set. jose cools down after a success only; this one does after a failure. */
function createKeyFetch(owner: string, clock: Clock): FetchImplementation {
  let failure: unknown;
  let retryAt = -Infinity;
  return async (url, options) => {
    if (clock.monotonic() < retryAt) throw keysUnavailable(owner, failure);
    try {
      const response = url.startsWith('file:') ? new Response(await readFile(new URL(url))) : await fetch(url, options);
      if (response.status !== 200) throw new Error(`${url} answered with status ${response.status}`);
      return Response.json(await response.json());
    } catch (cause) {
      failure = cause;
      retryAt = clock.monotonic() + limits.keysRetryMs;
      throw keysUnavailable(owner, cause);
    }
  };
}

function keysUnavailable(owner: string, cause: unknown): WeftError {
  return new WeftError('SERVICE_UNAVAILABLE', {
    action: 'Cannot verify the token',
    found: `that the keys of ${owner} are out of reach`,
    fix: 'Try again later.',
    cause,
  });
}
