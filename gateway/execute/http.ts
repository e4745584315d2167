/**
 * A subgraph behind HTTP. Names `undici`, alone in the house. What the far side sends is measured before it is kept and
 * checked before it is believed; of its faults the client learns a code and the subgraph's name, nothing else.
 */
import { Pool } from 'undici';
import { isWeftError, WeftError } from '../../mesh/core/error.ts';
import { isJsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import type { Subgraph, SubgraphError, SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';

export interface HttpSubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  /** Where it answers GraphQL over HTTP. */
  readonly url: string;
  /** Milliseconds for one answer; default `limits.subgraphTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Bytes of one answer; default `limits.subgraphResponseBytesMax`. */
  readonly responseBytesMax?: number;
}

export interface HttpSubgraph extends Subgraph {
  close(): Promise<void>;
}

/** Connects to a subgraph; connections are made when they are needed and kept. Throws `CONFIG_INVALID` for a bad URL. */
export function createHttpSubgraph(options: HttpSubgraphOptions): HttpSubgraph {
  const url = parseUrl(options);
  const timeoutMs = options.timeoutMs ?? limits.subgraphTimeoutMs;
  const pool = new Pool(url.origin, {
    connections: limits.subgraphConnectionsMax,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const exchange: Exchange = {
    name: options.name,
    path: url.pathname + url.search,
    pool,
    timeoutMs,
    bytesMax: options.responseBytesMax ?? limits.subgraphResponseBytesMax,
  };
  const sendOnce = shareExchanges(exchange);
  const fetch: Subgraph['fetch'] = async (request, signal) => parseResponse(await sendOnce(request, signal), exchange);
  return {
    name: options.name,
    sdl: options.sdl,
    origin: options.url,
    fetch,
    async health() {
      try {
        await fetch(probe, AbortSignal.timeout(timeoutMs));
        return null;
      } catch (error) {
        return isWeftError(error) ? error.code : 'SUBGRAPH_UNAVAILABLE';
      }
    },
    close: () => pool.destroy(),
  };
}

interface Exchange {
  readonly name: string;
  readonly path: string;
  readonly pool: Pool;
  readonly timeoutMs: number;
  readonly bytesMax: number;
}

const probe: SubgraphRequest = {
  operationKind: 'query',
  query: '{__typename}',
  queryJson: '"{__typename}"',
  variablesJson: '{}',
  headers: {},
  subject: anonymous,
};

function parseUrl({ name, url }: HttpSubgraphOptions): URL {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot reach subgraph "${name}"`,
    found: `"${url}" as its routing URL`,
    wanted: 'an http: or https: address',
    fix: 'Set `subgraphs.NAME.routing_url`.',
  });
}

type Send = (request: SubgraphRequest, signal: AbortSignal) => Promise<Buffer>;

/** One exchange under way and those who wait for it. */
interface Shared {
  readonly bytes: Promise<Buffer>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Queries that are the same to the last byte of body and headers are sent once while one is under way: the subgraph
 * could not tell them apart, so nothing can cross between principals. Each caller reads the answer's bytes for itself.
 */
function shareExchanges(exchange: Exchange): Send {
  const underWay = new Map<string, Shared>();
  return (request, signal) => {
    if (request.operationKind !== 'query') return send(exchange, bodyOf(request), { headers: request.headers, signal });
    const body = bodyOf(request);
    const key = `${body}${JSON.stringify(request.headers)}`;
    let shared = underWay.get(key);
    if (shared === undefined) {
      const controller = new AbortController();
      const bytes = send(exchange, body, { headers: request.headers, signal: controller.signal });
      shared = { bytes, controller, waiting: 0 };
      underWay.set(key, shared);
      const forget = () => void underWay.delete(key);
      bytes.then(forget, forget);
    }
    return waitFor(shared, exchange, signal);
  };
}

/** One caller leaving does not end the exchange for the others; the last one does. */
function waitFor(shared: Shared, exchange: Exchange, signal: AbortSignal): Promise<Buffer> {
  shared.waiting += 1;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(overdue(exchange));
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.controller.abort();
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    shared.bytes.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function bodyOf({ queryJson, variablesJson }: SubgraphRequest): string {
  return `{"query":${queryJson},"variables":${variablesJson}}`;
}

interface Sending {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Sends one request; gives the bytes of an answer that may hold GraphQL. */
function send(exchange: Exchange, body: string, { headers: forwarded, signal }: Sending): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let size = 0;
  let status = 0;
  let abort: ((reason: Error) => void) | null = null;
  let isOver = false;

  const end = (error: WeftError | null): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    if (error === null) resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    else {
      reject(error);
      abort?.(error);
    }
  };
  const onAbort = () => end(overdue(exchange));
  const timer = setTimeout(
    () => end(refuse(exchange, 'SUBGRAPH_TIMED_OUT', { what: 'did not answer in time' })),
    exchange.timeoutMs,
  );
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });

  const headers = {
    ...forwarded,
    'content-type': 'application/json',
    accept: 'application/graphql-response+json, application/json;q=0.9',
  };
  exchange.pool.dispatch(
    { method: 'POST', path: exchange.path, body, headers },
    {
      onRequestStart(controller) {
        abort = (reason) => controller.abort(reason);
        if (isOver) controller.abort(new Error('The request is over.'));
      },
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData(_controller, chunk) {
        size += chunk.length;
        if (size <= exchange.bytesMax) chunks.push(chunk);
        else
          end(
            refuse(exchange, 'SUBGRAPH_INVALID_RESPONSE', {
              what: `answered with more than ${exchange.bytesMax} bytes`,
            }),
          );
      },
      onResponseEnd() {
        // GraphQL over HTTP lets a 4xx or 5xx carry a well-formed answer; only a body tells.
        end(
          size === 0
            ? refuse(exchange, 'SUBGRAPH_INVALID_RESPONSE', { what: `answered ${status} without a body` })
            : null,
        );
      },
      onResponseError(_controller, error) {
        end(refuse(exchange, 'SUBGRAPH_UNAVAILABLE', { what: 'could not be reached', cause: error }));
      },
    },
  );
  return promise;
}

function parseResponse(bytes: Buffer, exchange: Exchange): SubgraphResponse {
  let answer: unknown;
  try {
    answer = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw refuse(exchange, 'SUBGRAPH_INVALID_RESPONSE', {
      what: 'answered with something that is no JSON',
      cause: error,
    });
  }
  if (!isJsonObject(answer) || (answer['data'] === undefined && answer['errors'] === undefined)) {
    throw refuse(exchange, 'SUBGRAPH_INVALID_RESPONSE', {
      what: 'answered with something that is no GraphQL response',
    });
  }
  const { data, errors } = answer;
  if (data !== undefined && data !== null && !isJsonObject(data)) {
    throw refuse(exchange, 'SUBGRAPH_INVALID_RESPONSE', { what: 'answered with data that is no object' });
  }
  return {
    ...(data === undefined ? {} : { data }),
    ...(Array.isArray(errors) ? { errors: errors.map(readError) } : {}),
    plain: !bytes.includes(0x5c),
  };
}

function readError(error: unknown): SubgraphError {
  if (!isJsonObject(error)) return { message: 'The subgraph reported an error.' };
  const { message, path, extensions } = error;
  const isPath = Array.isArray(path) && path.every((key) => typeof key === 'string' || typeof key === 'number');
  return {
    message: typeof message === 'string' ? message : 'The subgraph reported an error.',
    ...(isPath ? { path: path as (string | number)[] } : {}),
    ...(isJsonObject(extensions) ? { extensions } : {}),
  };
}

/** What the subgraph did, as a sentence goes on after its name. */
interface Fault {
  readonly what: string;
  readonly cause?: unknown;
}

type SubgraphCode = 'SUBGRAPH_TIMED_OUT' | 'SUBGRAPH_INVALID_RESPONSE' | 'SUBGRAPH_UNAVAILABLE';

function overdue(exchange: Exchange): WeftError {
  return refuse(exchange, 'SUBGRAPH_TIMED_OUT', { what: 'did not answer before the request was over' });
}

function refuse({ name }: Exchange, code: SubgraphCode, { what, cause }: Fault): WeftError {
  return new WeftError(code, { action: `Subgraph "${name}" ${what}`, cause });
}
