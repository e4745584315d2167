/**
 * A subgraph's subscription as a stream over HTTP, on a connection of its own: server-sent events (the "distinct
 * connections mode" of GraphQL over SSE) or Apollo's multipart protocol. What is not taken is not read, so a slow client
 * slows its subgraph and fills nothing here.
 */
import { type ClientRequest, type IncomingMessage, request as openPlainly } from 'node:http';
import { request as openSecurely } from 'node:https';
import { isWeftError } from '../../mesh/core/error.ts';
import { isJsonObject } from '../../mesh/core/json.ts';
import type { SubgraphResponse } from '../../mesh/core/subgraph.ts';
import type { CallFault } from './connection.ts';
import { parseEventJson } from './event-json.ts';
import { EventTooLarge, readEventStream } from './event-stream.ts';
import { PartTooLarge, boundaryOf, readParts } from './multipart.ts';
import type { Subscribing } from './subscribing.ts';

const fell = (what: string, cause?: unknown): CallFault => ({ code: 'SUBGRAPH_UNAVAILABLE', what, cause });
const broke = (what: string, cause?: unknown): CallFault => ({ code: 'SUBGRAPH_INVALID_RESPONSE', what, cause });
const tooLarge = broke('sent an event that is too large');
const overdue: CallFault = { code: 'SUBGRAPH_TIMED_OUT', what: 'did not take the subscription in time' };

/** The answers to a subscription. Ends without an error when the subgraph completes it or the signal aborts. */
interface Follow {
  (subscribing: Subscribing): AsyncGenerator<SubgraphResponse, void, void>;
}

/** By server-sent events. */
export const followEventStream: Follow = (subscribing) => follow(subscribing, 'text/event-stream');

/** By multipart. */
export const followMultipart: Follow = (subscribing) => follow(subscribing, 'multipart/mixed;subscriptionSpec=1.0');

async function* follow(subscribing: Subscribing, accept: string): AsyncGenerator<SubgraphResponse, void, void> {
  const { signal, refuse } = subscribing;
  const outgoing = send(subscribing, accept);
  const leave = (): void => void outgoing.destroy();
  signal.addEventListener('abort', leave, { once: true });
  try {
    yield* readAnswers(await responseOf(outgoing, subscribing), subscribing);
  } catch (error) {
    // What is read breaks off when the signal aborts.
    if (!signal.aborted) throw isWeftError(error) ? error : refuse(faultOf(error));
  } finally {
    signal.removeEventListener('abort', leave);
    outgoing.destroy();
  }
}

function send({ url, headers, heartbeatMs, request }: Subscribing, accept: string): ClientRequest {
  const { queryJson, variablesJson } = request;
  const body = `{"query":${queryJson},"variables":${variablesJson}}`;
  const open = url.protocol === 'https:' ? openSecurely : openPlainly;
  const outgoing = open(url, {
    method: 'POST',
    agent: false,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: `${accept}, application/graphql-response+json;q=0.9, application/json;q=0.8`,
    },
  });
  // A connection whose far side is gone without a word ends by itself.
  outgoing.setSocketKeepAlive(true, heartbeatMs);
  outgoing.end(body);
  return outgoing;
}

function responseOf(outgoing: ClientRequest, { timeoutMs, refuse }: Subscribing): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      reject(refuse(overdue));
      outgoing.destroy();
    }, timeoutMs);
    outgoing.once('response', resolve);
    outgoing.once('close', () => clearTimeout(deadline));
    outgoing.once('response', () => clearTimeout(deadline));
    outgoing.on('error', (error) => reject(refuse(fell('could not be reached', error))));
  });
}

async function* readAnswers(
  response: IncomingMessage,
  subscribing: Subscribing,
): AsyncGenerator<SubgraphResponse, void, void> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = response.headers;
  const { refuse } = subscribing;
  if (encoding !== 'identity') throw refuse(broke('answered in an encoding that it was not asked for'));
  if (/^application\/(graphql-response\+)?json\b/i.test(type)) {
    return yield parse(await readWhole(response, subscribing), subscribing);
  }
  const boundary = boundaryOf(type);
  if (/^text\/event-stream\b/i.test(type)) yield* readEvents(response, subscribing);
  else if (boundary === null) throw refuse(broke('answered a subscription with no stream'));
  else yield* readPayloads(readParts(response, { boundary, partBytesMax: subscribing.eventBytesMax }), subscribing);
}

const incomplete = fell('ended the subscription without completing it');

async function* readEvents(
  response: IncomingMessage,
  subscribing: Subscribing,
): AsyncGenerator<SubgraphResponse, void, void> {
  for await (const event of readEventStream(response, subscribing.eventBytesMax)) {
    if (event.type === 'complete') return;
    if (event.type === 'next' || event.type === 'message') yield parse(event.data, subscribing);
  }
  throw subscribing.refuse(incomplete);
}

/** An answer stands in `payload`; errors beside it end the subscription; a part with neither is a heartbeat. */
async function* readPayloads(
  parts: AsyncGenerator<string, boolean, void>,
  { read, refuse }: Subscribing,
): AsyncGenerator<SubgraphResponse, void, void> {
  for (let part = await parts.next(); ; part = await parts.next()) {
    if (part.done === true) {
      if (part.value) return;
      throw refuse(incomplete);
    }
    const message = parseJson(part.value, refuse);
    const { payload = null, errors }: Readonly<Record<string, unknown>> = isJsonObject(message) ? message : {};
    if (!isJsonObject(message)) throw refuse(broke('sent a part that is no message of its protocol'));
    if (payload !== null) yield read(payload, !part.value.includes('\\'));
    if (errors !== undefined) throw refuse(fell('ended the subscription with an error'));
  }
}

/** A subscription that is refused may be answered as a query is. */
async function readWhole(response: IncomingMessage, { refuse, eventBytesMax }: Subscribing): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > eventBytesMax) throw refuse(tooLarge);
    chunks.push(chunk);
  }
  return String(Buffer.concat(chunks));
}

function parse(text: string, { read, refuse }: Subscribing): SubgraphResponse {
  return read(parseJson(text, refuse), !text.includes('\\'));
}

function parseJson(text: string, refuse: Subscribing['refuse']): unknown {
  try {
    return parseEventJson(text);
  } catch (cause) {
    throw refuse(broke('sent an event that is no JSON, or too much of it', cause));
  }
}

function faultOf(error: unknown): CallFault {
  return error instanceof EventTooLarge || error instanceof PartTooLarge
    ? tooLarge
    : fell('broke off the subscription', error);
}
