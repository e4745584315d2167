/**
 * A subgraph behind HTTP. What the far side sends is measured before it is kept and checked before it is believed; of its
 * faults the client learns a code and the subgraph's name, nothing else.
 */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { ChurnMap } from '../../mesh/core/churn.ts';
import { type SubscriptionsConfig, defaultSubscriptions } from '../../mesh/core/config.ts';
import { isWeftError, WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Subgraph, type SubgraphRequest, type SubgraphResponse, healthProbe } from '../../mesh/core/subgraph.ts';
import { BytesResponse } from './answer.ts';
import { Client } from './client.ts';
import type { Call, CallFault, CallWaiter } from './connection.ts';
import { type WriteRequest, createRequestWriter } from './head.ts';
import type { HttpResponse } from './response.ts';
import { createSubscriptions } from './subscription.ts';

export interface HttpSubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  /** Where it answers GraphQL over HTTP. */
  readonly url: string;
  /** Milliseconds for one answer; default `limits.subgraphTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Bytes of one answer; default `limits.subgraphResponseBytesMax`. */
  readonly responseBytesMax?: number;
  /** Default: over WebSocket, at `url`. */
  readonly subscriptions?: SubscriptionsConfig;
}

export interface HttpSubgraph extends Subgraph {
  close(): Promise<void>;
}

/** Connects to a subgraph; connections are made when they are needed and kept. Throws `CONFIG_INVALID` for a bad URL. */
export function createHttpSubgraph(options: HttpSubgraphOptions): HttpSubgraph {
  const url = parseUrl(options);
  const timeoutMs = options.timeoutMs ?? limits.subgraphTimeoutMs;
  const responseBytesMax = options.responseBytesMax ?? limits.subgraphResponseBytesMax;
  const client = new Client({ url, timeoutMs, responseBytesMax });
  const fetch = shareExchanges({
    name: options.name,
    client,
    write: createRequestWriter(url),
    underWay: new ChurnMap(),
  });
  const subscriptions = createSubscriptions({
    ...(options.subscriptions ?? defaultSubscriptions),
    name: options.name,
    routingUrl: url,
    timeoutMs,
    responseBytesMax,
  });
  return {
    name: options.name,
    sdl: options.sdl,
    origin: options.url,
    seesSubject: false,
    givesBytes: true,
    fetch,
    subscribe: subscriptions.subscribe,
    async health() {
      try {
        assertRead(await fetch(healthProbe, AbortSignal.timeout(timeoutMs)));
        return null;
      } catch (error) {
        return isWeftError(error) ? error.code : 'SUBGRAPH_UNAVAILABLE';
      }
    },
    async close() {
      subscriptions.close();
      client.close();
    },
  };
}

interface Far {
  readonly name: string;
  readonly client: Client;
  readonly write: WriteRequest;
  /** Queries that are not answered, by the text of their request. */
  underWay: ChurnMap<string, Exchange>;
}

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

/**
 * Queries that are the same to the last byte of body and headers are sent once while one is under way: the subgraph
 * could not tell them apart, so nothing can cross between principals. Each caller reads the answer's text for itself.
 */
function shareExchanges(far: Far): Subgraph['fetch'] {
  return (request, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(overdue(far));
      const text = writeRequest(far, request);
      const isQuery = request.operationKind === 'query';
      const mayShare = isQuery && request.isShared !== true;
      const exchange = (mayShare && far.underWay.get(text)) || new Exchange(far, text, { isQuery, mayShare });
      exchange.join({ resolve, reject, signal });
    });
}

function writeRequest(far: Far, { queryJson, variablesJson, headers }: SubgraphRequest): string {
  try {
    return far.write(`{"query":${queryJson},"variables":${variablesJson}}`, headers);
  } catch (cause) {
    // It is the client's doing and must not count as a fault of the subgraph.
    const found = 'a header to forward that holds what no header may';
    throw new WeftError('BAD_REQUEST', { action: `Cannot ask subgraph "${far.name}"`, found, cause });
  }
}

interface Caller {
  readonly resolve: (response: SubgraphResponse) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: CancelSignal;
}

interface ExchangeKind {
  readonly isQuery: boolean;
  /** Others may join it. */
  readonly mayShare: boolean;
}

/** One request under way and those who wait for its answer. One caller leaving does not end it; the last one does. */
class Exchange implements CallWaiter {
  readonly #far: Far;
  readonly #request: string;
  readonly #call: Call;
  readonly #isQuery: boolean;
  readonly #mayShare: boolean;
  readonly #callers = new Map<Caller, () => void>();

  constructor(far: Far, request: string, { isQuery, mayShare }: ExchangeKind) {
    this.#far = far;
    this.#request = request;
    this.#isQuery = isQuery;
    this.#mayShare = mayShare;
    this.#call = far.client.send(request, isQuery, this);
    if (mayShare) far.underWay.set(request, this);
  }

  join(caller: Caller): void {
    const leave = (): void => {
      this.#callers.delete(caller);
      caller.reject(overdue(this.#far));
      if (this.#callers.size > 0) return;
      this.#far.client.cancel(this.#call);
      this.#forget();
    };
    this.#callers.set(caller, leave);
    caller.signal.addEventListener('abort', leave, { once: true });
  }

  answered(response: HttpResponse): void {
    this.#forget();
    for (const [caller, leave] of this.#callers) {
      caller.signal.removeEventListener('abort', leave);
      try {
        caller.resolve(readAnswer(response, this.#far));
      } catch (error) {
        caller.reject(error);
      }
    }
  }

  failed(fault: CallFault): void {
    this.#forget();
    for (const [caller, leave] of this.#callers) {
      caller.signal.removeEventListener('abort', leave);
      caller.reject(refuse(this.#far, fault));
    }
  }

  #forget(): void {
    // Who asks after a mutation must see what it did: no query from before it is joined.
    if (!this.#isQuery) this.#far.underWay = new ChurnMap();
    // To look for a text takes reading all of it.
    if (this.#mayShare && this.#far.underWay.get(this.#request) === this) this.#far.underWay.delete(this.#request);
  }
}

/** GraphQL over HTTP lets a 4xx or 5xx carry a well-formed answer; only a body tells. */
function readAnswer({ status, bytes }: HttpResponse, far: Far): SubgraphResponse {
  const isAway = away.has(status);
  const response = new BytesResponse(bytes, far.name);
  // What does not even look like an object is refused at once, the rest when it is read.
  if (!isAway && bytes[0] === openingBrace && bytes.at(-1) === closingBrace) return response;
  try {
    assertRead(response);
    return response;
  } catch (cause) {
    throw isAway ? refuse(far, { code: 'SUBGRAPH_UNAVAILABLE', what: `answered ${status}`, cause }) : cause;
  }
}

/** These statuses say that something before the subgraph could not ask it (RFC 9110, sections 15.6.3 to 15.6.5). */
const away = new Set([502, 503, 504]);
const openingBrace = 0x7b;
const closingBrace = 0x7d;

function assertRead(response: SubgraphResponse): void {
  void response.data;
}

function overdue(far: Far): WeftError {
  return refuse(far, { code: 'SUBGRAPH_TIMED_OUT', what: 'did not answer before the request was over' });
}

function refuse({ name }: Far, { code, what, cause }: CallFault): WeftError {
  return new WeftError(code, { action: `Subgraph "${name}" ${what}`, cause });
}
