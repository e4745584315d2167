/**
 * A supergraph behind a URL that is polled. The server is asked for what is new only (RFC 9110, section 13.1.2), so an
 * unchanged supergraph costs neither side anything; one that cannot be had is asked for ever more seldom.
 */
import { messageOf } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { createBell } from './bell.ts';
import { type Reading, type SupergraphSource, failure } from './reading.ts';

export interface UrlSourceOptions {
  /** Milliseconds between two looks. */
  readonly pollMs: number;
  /** Sent along each time; default none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds for one look; default `limits.supergraphTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Bytes of the text; default `limits.supergraphBytesMax`. */
  readonly bytesMax?: number;
}

/** A name and password in the URL go into the header for them, and into no message. */
export function createUrlSource(url: string, options: UrlSourceOptions): SupergraphSource {
  const { timeoutMs = limits.supergraphTimeoutMs, bytesMax = limits.supergraphBytesMax, pollMs } = options;
  const { address, location, authorization } = partsOf(url);
  const headers = { ...authorization, ...options.headers };
  return {
    location,
    async *read(signal) {
      const bell = createBell();
      let known: Known | null = null;
      let failures = 0;
      while (!signal.aborted) {
        const asked = { address, location, headers, bytesMax, known };
        const answer = await ask(asked, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
        if (signal.aborted) return;
        if ('kind' in answer) {
          yield answer;
          failures += 1;
        } else {
          if (answer.sdl !== known?.sdl || failures > 0) yield { kind: 'text', sdl: answer.sdl };
          failures = 0;
          known = answer;
        }
        await bell.wait(Math.min(pollMs * 2 ** failures, Math.max(pollMs, limits.supergraphBackoffMsMax)), signal);
      }
    },
  };
}

/** What the server gave last. */
interface Known {
  readonly sdl: string;
  readonly etag: string | null;
}

interface Asked {
  readonly address: string;
  readonly location: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax: number;
  readonly known: Known | null;
}

interface UrlParts extends Pick<Asked, 'address' | 'location'> {
  readonly authorization: Readonly<Record<string, string>>;
}

function partsOf(url: string): UrlParts {
  const parsed = URL.parse(url);
  if (parsed === null) return { address: url, location: url, authorization: {} };
  const { username, password } = parsed;
  [parsed.username, parsed.password] = ['', ''];
  const credentials = unescape(`${username}:${password}`);
  return {
    address: parsed.href,
    location: parsed.origin + parsed.pathname,
    authorization: username === '' ? {} : { authorization: `Basic ${credentials.toString('base64')}` },
  };
}

/** What stands behind percent signs, byte by byte; a sign before anything else stands for itself. */
function unescape(text: string): Buffer {
  const bytes = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1');
}

async function ask(asked: Asked, signal: AbortSignal): Promise<Known | Reading> {
  const { address, location, headers, known } = asked;
  try {
    const response = await fetch(address, {
      signal,
      headers: {
        accept: 'application/graphql, text/plain;q=0.9, */*;q=0.1',
        ...headers,
        ...(known?.etag ? { 'if-none-match': known.etag } : {}),
      },
    });
    if (response.status === 200) {
      const sdl = await readText(response, asked.bytesMax);
      if (sdl === null) return failure(location, `an answer of more than ${asked.bytesMax} bytes`);
      return { sdl: sdl === known?.sdl ? known.sdl : sdl, etag: response.headers.get('etag') };
    }
    await response.body?.cancel();
    if (response.status === 304 && known !== null) return known;
    return failure(location, `the answer ${response.status}`);
  } catch (error) {
    return failed(location, error);
  }
}

/** `null` when there is more of it than may be. */
async function readText({ body }: Response, bytesMax: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What `fetch` throws says little; its cause says what happened. */
function failed(location: string, error: unknown): Reading {
  if (error instanceof DOMException && error.name === 'TimeoutError') return failure(location, 'no answer in time');
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return failure(location, messageOf(cause) || messageOf(error), cause);
}
