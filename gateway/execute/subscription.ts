/**
 * Subscriptions of a subgraph behind HTTP. Each has a connection of its own: nothing is shared between subscribers, so
 * forwarded headers of one can bear on no other, and one that is slow holds up itself alone.
 */
import { Cancellation, type CancelSignal } from '../../mesh/core/cancel.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { SubscriptionsConfig } from '../../mesh/core/config.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { checkAnswer } from './answer.ts';
import type { CallFault } from './connection.ts';
import { sendableHeaders } from './head.ts';
import type { Subscribing } from './subscribing.ts';
import { followEventStream, followMultipart } from './subscription-http.ts';
import { followSocket } from './subscription-ws.ts';

export interface SubscriptionsOptions extends SubscriptionsConfig {
  /** The subgraph's. */
  readonly name: string;
  readonly routingUrl: URL;
  /** Milliseconds until the subgraph has taken a subscription. How long events take is not bounded. */
  readonly timeoutMs: number;
  /** Bytes of one event. */
  readonly responseBytesMax: number;
  /** How often a WebSocket's far side is asked for a sign of life; default `limits.streamHeartbeatMs`. */
  readonly heartbeatMs?: number;
}

export interface Subscriptions {
  readonly subscribe: NonNullable<Subgraph['subscribe']>;
  /** Ends those under way with an error, and refuses later ones. */
  close(): void;
}

const protocols = { ws: followSocket, sse: followEventStream, multipart: followMultipart };

/** Throws `CONFIG_INVALID` for a URL that is none. */
export function createSubscriptions(options: SubscriptionsOptions): Subscriptions {
  const follow = protocols[options.protocol];
  const url = parseUrl(options);
  const { timeoutMs, responseBytesMax: eventBytesMax, heartbeatMs = limits.streamHeartbeatMs } = options;
  const bounds = { timeoutMs, eventBytesMax, heartbeatMs };
  const underWay = new Set<Cancellation>();
  let isClosed = false;
  const refuse = ({ code, what, cause }: CallFault): WeftError =>
    new WeftError(code, { action: `Subgraph "${options.name}" ${what}`, cause });
  const read = (answer: unknown, plain: boolean) => checkAnswer(answer, { subgraph: options.name, plain });
  const closed = (): WeftError => refuse({ code: 'SUBGRAPH_UNAVAILABLE', what: 'is asked no longer' });

  async function* subscribe(request: SubgraphRequest, signal: CancelSignal): AsyncGenerator<SubgraphResponse> {
    if (isClosed) throw closed();
    if (underWay.size >= limits.subgraphStreamsMax) {
      throw refuse({ code: 'SUBGRAPH_UNAVAILABLE', what: 'has too many subscriptions under way' });
    }
    const headers = headersOf(request, refuse);
    const ended = new Cancellation();
    const leave = (): void => ended.cancel();
    if (signal.aborted) return;
    signal.addEventListener('abort', leave, { once: true });
    underWay.add(ended);
    try {
      yield* follow({ ...bounds, url, request, headers, signal: ended, read, refuse });
      if (isClosed && !signal.aborted) throw closed();
    } finally {
      underWay.delete(ended);
      signal.removeEventListener('abort', leave);
    }
  }

  return {
    subscribe,
    close() {
      isClosed = true;
      for (const ended of underWay) ended.cancel();
    },
  };
}

/** Each protocol has two names for its scheme; either may be written. */
function parseUrl({ name, url, routingUrl, protocol }: SubscriptionsOptions): URL {
  const parsed = url === null ? new URL(routingUrl) : URL.parse(url);
  if (parsed !== null && /^(http|ws)s?:$/.test(parsed.protocol)) {
    parsed.protocol = parsed.protocol.replace(/^(http|ws)/, protocol === 'ws' ? 'ws' : 'http');
    return parsed;
  }
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot subscribe to subgraph "${name}"`,
    found: `"${url}" as its address for subscriptions`,
    wanted: 'a ws:, wss:, http: or https: address',
    fix: 'Set `subgraphs.NAME.subscriptions.url`.',
  });
}

function headersOf({ headers }: SubgraphRequest, refuse: Subscribing['refuse']): Readonly<Record<string, string>> {
  try {
    return sendableHeaders(headers);
  } catch (cause) {
    const what = 'was not asked: a header to forward holds what no header may';
    throw refuse({ code: 'SUBGRAPH_UNAVAILABLE', what, cause });
  }
}
