/**
 * A subgraph's subscription over a WebSocket of its own, subprotocol `graphql-transport-ws`. Forwarded headers are sent
 * twice, since servers differ in where they look: with the upgrade, and as the payload of `connection_init`.
 */
import { type WeftError, isWeftError } from '../../mesh/core/error.ts';
import { isJsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { WebSocket } from '../wire/websocket.ts';
import type { CallFault } from './connection.ts';
import { parseEventJson } from './event-json.ts';
import { EventQueue } from './event-queue.ts';
import type { Subscribing } from './subscribing.ts';

const subprotocol = 'graphql-transport-ws';
/** The only operation on its socket. */
const id = '1';

const fell = (what: string, cause?: unknown): CallFault => ({ code: 'SUBGRAPH_UNAVAILABLE', what, cause });
const broke = (what: string, cause?: unknown): CallFault => ({ code: 'SUBGRAPH_INVALID_RESPONSE', what, cause });
const overdue: CallFault = { code: 'SUBGRAPH_TIMED_OUT', what: 'did not take the subscription in time' };

/** The subscription's answers. Ends without an error when the subgraph completes it or the signal aborts. */
export async function* followSocket(subscribing: Subscribing): AsyncGenerator<SubgraphResponse, void, void> {
  const { url, headers, eventBytesMax: maxPayload, signal } = subscribing;
  const options = { headers, maxPayload, perMessageDeflate: false, followRedirects: false };
  const socket = new WebSocket(url, subprotocol, options);
  const events = new EventQueue<SubgraphResponse>({
    bytesMax: limits.subgraphEventsBytesMax,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  });
  const line = new Line(socket, events, subscribing);
  const leave = (): void => {
    events.end();
    line.close();
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    yield* events;
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
  }
}

/** One socket from its opening to its end, as the protocol document has it. */
class Line {
  readonly #socket: WebSocket;
  readonly #events: EventQueue<SubgraphResponse>;
  readonly #subscribing: Subscribing;
  readonly #deadline: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  /** Over: the subgraph ended the operation, or is not believed any more. */
  #operation: 'unasked' | 'asked' | 'over' = 'unasked';
  /** The far side sent something since the last ping. */
  #isAlive = true;
  #isClosed = false;

  constructor(socket: WebSocket, events: EventQueue<SubgraphResponse>, subscribing: Subscribing) {
    this.#socket = socket;
    this.#events = events;
    this.#subscribing = subscribing;
    this.#deadline = setTimeout(() => this.#fail(overdue), subscribing.timeoutMs);
    this.#heartbeat = setInterval(() => this.#beat(), subscribing.heartbeatMs);
    socket.on('open', () => this.#greet());
    socket.on('message', (data, isBinary) => this.#hear(String(data), isBinary));
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('error', (error) => this.#fail(faultOf(error)));
    socket.on('close', (code) => this.#fail(fell(`closed the subscription (${code})`)));
  }

  /** Nobody listens any more: the subgraph is told, where it still listens itself. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return socket.terminate();
    if (this.#operation === 'asked') this.#send(JSON.stringify({ id, type: 'complete' }));
    socket.close(1000);
    // A far side that does not say goodbye in time is left without.
    const cut = setTimeout(() => socket.terminate(), limits.socketGoodbyeMs);
    socket.once('close', () => clearTimeout(cut));
    socket.resume();
  }

  #greet(): void {
    const { headers } = this.#subscribing;
    const isEmpty = Object.keys(headers).length === 0;
    this.#send(JSON.stringify({ type: 'connection_init', ...(isEmpty ? {} : { payload: headers }) }));
  }

  #hear(text: string, isBinary: boolean): void {
    if (this.#events.isOver) return;
    this.#isAlive = true;
    try {
      if (isBinary) throw new TypeError('The message is binary.');
      this.#take(parseEventJson(text), text);
    } catch (error) {
      this.#fail(isWeftError(error) ? error : broke('sent something that is no message of its protocol', error));
    }
  }

  /** Throws for what is no message of the protocol, or comes out of turn. */
  #take(message: unknown, text: string): void {
    const { type, id: about, payload }: Readonly<Record<string, unknown>> = isJsonObject(message) ? message : {};
    if (type === 'ping') return this.#send('{"type":"pong"}');
    if (type === 'pong') return;
    if (type === 'connection_ack' && this.#operation === 'unasked') return this.#ask();
    if (this.#operation !== 'asked' || about !== id) throw new TypeError('The message is out of turn.');
    const { read } = this.#subscribing;
    const isPlain = !text.includes('\\');
    if (type === 'next') return this.#events.push(read(payload, isPlain), text.length);
    if (type === 'error' && Array.isArray(payload)) this.#events.push(read({ errors: payload }, isPlain), text.length);
    else if (type !== 'complete') throw new TypeError('The message is of no known type.');
    this.#operation = 'over';
    this.#events.end();
  }

  #ask(): void {
    this.#operation = 'asked';
    clearTimeout(this.#deadline);
    const { queryJson, variablesJson } = this.#subscribing.request;
    const payload = `{"query":${queryJson},"variables":${variablesJson}}`;
    this.#send(`{"id":"${id}","type":"subscribe","payload":${payload}}`);
  }

  /** While nothing is read, no answer to a ping can be either. */
  #beat(): void {
    if (this.#socket.readyState !== WebSocket.OPEN || this.#events.isPaused) return;
    if (!this.#isAlive) return this.#fail(fell('fell silent'));
    this.#isAlive = false;
    this.#socket.ping();
  }

  #send(text: string): void {
    this.#socket.send(text, () => {});
  }

  /** Only the first fault counts, and none after the subscription's end. */
  #fail(fault: CallFault | WeftError): void {
    if (this.#events.isOver) return;
    this.#operation = 'over';
    this.#events.end(isWeftError(fault) ? fault : this.#subscribing.refuse(fault));
  }
}

/** `ws` marks what breaks RFC 6455, and a message that is too large, with codes of its own. */
function faultOf(error: Error & { readonly code?: unknown }): CallFault {
  const isForeign = typeof error.code === 'string' && error.code.startsWith('WS_ERR_');
  return isForeign ? broke('sent no WebSocket message, or one too large', error) : fell('opened no WebSocket', error);
}
