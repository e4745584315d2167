/**
 * Keys that somebody publishes, an issuer of tokens or a gateway, in a file or at an address: read when first needed, again when they are old, and again for a key id
 * that is not among them. However many tokens name keys that do not exist, whoever publishes them is asked no more
 * often than the cool-down allows; while it cannot be asked, the keys that are known hold on for a while.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Clock } from '../core/clock.ts';
import { messageOf, WeftError } from '../core/error.ts';
import { isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from './jose.ts';

export interface KeySetOptions {
  /** `file:PATH`, an `https:` address, or an `http:` address on the loopback. */
  readonly jwks: string;
  /** Whose keys, as messages call them: `issuer "https://id.example"`. */
  readonly owner: string;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** How long after they were read a key that is not among them is not looked for; default `limits.keysCoolDownMs`. */
  readonly coolDownMs?: number;
  /** Called when the keys are others than before: what was verified by them is to be verified anew. Default: nobody is. */
  readonly onChange?: () => void;
}

/** One set of keys. Times are those of the clock that never goes back. */
export class KeySet {
  readonly #url: URL;
  readonly #options: KeySetOptions;
  #known: { readonly text: string; readonly find: JWTVerifyGetKey } | null = null;
  #readAt = -Infinity;
  #failedAt = -Infinity;
  #failure: unknown;
  #reading: Promise<void> | null = null;

  /** Reads and checks a key file at once, so that a bad one stops the start: throws `CONFIG_INVALID`. */
  constructor(options: KeySetOptions) {
    this.#url = keyAddressOf(options);
    this.#options = options;
    if (this.#url.protocol === 'file:') assertKeyFile(options, this.#url);
  }

  /** The key that a token names and that may verify by its algorithm. Throws `SERVICE_UNAVAILABLE` and jose's errors. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { owner, coolDownMs = limits.keysCoolDownMs } = this.#options;
    if (this.#isOlderThan(limits.keysFreshMs)) await this.#refresh();
    if (this.#known === null || this.#isOlderThan(limits.keysKeptMs)) throw keysUnavailable(owner, this.#failure);
    try {
      return await this.#known.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (this.#isOlderThan(coolDownMs)) await this.#refresh();
      // It may be a new key, of which nobody could tell.
      if (this.#failedAt > this.#readAt) throw keysUnavailable(owner, this.#failure);
      return this.#known.find(header, token);
    }
  };

  #isOlderThan(ageMs: number): boolean {
    return this.#options.clock.monotonic() - this.#readAt >= ageMs;
  }

  /** Tries to read them, once for all who wait for that, and not soon after it failed. */
  async #refresh(): Promise<void> {
    if (this.#options.clock.monotonic() - this.#failedAt < limits.keysRetryMs) return;
    this.#reading ??= this.#read();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { clock, onChange } = this.#options;
    try {
      const text = await readKeys(this.#url);
      const isOther = text !== this.#known?.text;
      if (isOther) {
        const isFirst = this.#known === null;
        this.#known = { text, find: createLocalJWKSet(parseKeys(text)) };
        if (!isFirst) onChange?.();
      }
      this.#readAt = clock.monotonic();
    } catch (error) {
      this.#failure = error;
      this.#failedAt = clock.monotonic();
    } finally {
      this.#reading = null;
    }
  }
}

function keyAddressOf({ owner, jwks }: KeySetOptions): URL {
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

function assertKeyFile({ owner }: KeySetOptions, url: URL): void {
  const file = fileURLToPath(url);
  try {
    createLocalJWKSet(parseKeys(readFileSync(file, 'utf8')));
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

/** Only public keys are keys here: a secret, or a private key that somebody let slip, verifies nothing. */
function parseKeys(text: string): JSONWebKeySet {
  const value: unknown = JSON.parse(text);
  const keys: unknown = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys) || !keys.every(isJsonObject)) throw new TypeError('no list of objects as its "keys"');
  const isPublic = (key: object): boolean => !['d', 'k', 'priv'].some((name) => Object.hasOwn(key, name));
  return { keys: keys.filter(isPublic) } as JSONWebKeySet;
}

async function readKeys(url: URL): Promise<string> {
  if (url.protocol === 'file:') return readFile(url, 'utf8');
  const signal = AbortSignal.timeout(limits.keysTimeoutMs);
  const headers = { accept: 'application/jwk-set+json, application/json;q=0.9' };
  const response = await fetch(url, { headers, redirect: 'error', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url.origin} answered with status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.keysBytesMax) throw new Error(`${url.origin} answered with more than may be`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function keysUnavailable(owner: string, cause: unknown): WeftError {
  return new WeftError('SERVICE_UNAVAILABLE', {
    action: 'Cannot verify the token',
    found: `that the keys of ${owner} are out of reach`,
    fix: 'Try again later.',
    cause,
  });
}
