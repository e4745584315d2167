/**
 * One HTTP/1.1 connection to a subgraph: requests go out in one write, responses come back in their order. A connection
 * on which anything went wrong is closed, and never used again.
 */
import { type Socket, connect, isIP } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { systemClock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type HttpResponse, ResponseFault, ResponseReader } from './response.ts';

/** What a call can come to beside an answer. */
export interface CallFault {
  readonly code: 'SUBGRAPH_TIMED_OUT' | 'SUBGRAPH_INVALID_RESPONSE' | 'SUBGRAPH_UNAVAILABLE';
  /** What the subgraph did, as a sentence goes on after its name. */
  readonly what: string;
  readonly cause?: unknown;
}

/** A request, who waits for its answer, and how far it has come. */
export interface Call {
  /** Head and body, one character a byte. */
  readonly request: string;
  /** A query may be sent behind others, and once more; nothing else may. */
  readonly isQuery: boolean;
  readonly waiter: CallWaiter;
  /** On the monotonic clock. */
  readonly deadline: number;
  sentAt: number;
  connection: Connection | null;
  /** Nobody waits any more. */
  isOver: boolean;
  isRepeat: boolean;
}

/** Is told one of the two, once. */
export interface CallWaiter {
  answered(response: HttpResponse): void;
  failed(fault: CallFault): void;
}

export interface ConnectionOwner {
  readonly bodyBytesMax: number;
  /** A response came; late: well after the one that was asked for together with it. */
  onAnswer(isLate: boolean): void;
  onIdle(connection: Connection): void;
  /** It is closed; these calls are to be sent once more. */
  onClose(connection: Connection, unanswered: readonly Call[]): void;
}

const unavailable = { code: 'SUBGRAPH_UNAVAILABLE', what: 'could not be reached' } as const;
const unasked = { code: 'SUBGRAPH_INVALID_RESPONSE', what: 'answered what was not asked' } as const;

export class Connection {
  /** When its last answer came, on the monotonic clock. */
  idleSince = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #reader: ResponseReader;
  /** In the order in which they were sent. */
  #calls: Call[] = [];
  #isLeaving = false;
  #isClosed = false;
  #error: unknown;

  constructor(url: URL, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#reader = new ResponseReader({
      headBytesMax: limits.subgraphHeadBytesMax,
      bodyBytesMax: owner.bodyBytesMax,
    });
    this.#socket = open(url);
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.#socket.on('end', () => this.#end());
    this.#socket.on('error', (error) => void (this.#error = error));
    this.#socket.on('close', () => this.#lose());
  }

  /** Calls that were sent and are not answered. */
  get calls(): readonly Call[] {
    return this.#calls;
  }

  /** Sends to a connection at rest; more than one call only if all are queries. */
  send(calls: Call[], now: number): void {
    this.#calls = calls;
    let text = '';
    for (const call of calls) {
      call.connection = this;
      call.sentAt = now;
      text += call.request;
    }
    this.#socket.write(text, 'latin1');
  }

  /** Takes back the calls behind the first; the connection ends with the first one's answer. */
  takeBehind(): readonly Call[] {
    this.#isLeaving = true;
    return this.#calls.splice(1);
  }

  /** Closes. Calls that can be sent once more go back to the owner; the others fail. */
  close(fault: CallFault): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    const unanswered: Call[] = [];
    for (const call of this.#calls.splice(0)) {
      call.connection = null;
      if (call.isOver) continue;
      if (call.isQuery && !call.isRepeat) unanswered.push(call);
      else settle(call, (waiter) => waiter.failed(fault));
    }
    this.#owner.onClose(this, unanswered);
  }

  #read(bytes: Buffer): void {
    if (this.#isClosed) return;
    if (this.#calls.length === 0) return this.close(unasked);
    const now = systemClock.monotonic();
    this.#reader.add(bytes);
    try {
      for (let response = this.#reader.next(); response !== null; response = this.#reader.next()) {
        this.#take(response, now);
      }
    } catch (error) {
      if (!(error instanceof ResponseFault)) throw error;
      return this.#fail({ code: 'SUBGRAPH_INVALID_RESPONSE', what: error.message, cause: error });
    }
    if (this.#calls.length > 0 || this.#isClosed) return;
    if (this.#reader.isIdle) this.#owner.onIdle(this);
    else this.close(unasked);
  }

  #take(response: HttpResponse, now: number): void {
    if (this.#isClosed) return;
    const call = this.#calls.shift();
    if (call === undefined) return this.close(unasked);
    call.connection = null;
    this.#owner.onAnswer(this.idleSince >= call.sentAt && now - this.idleSince > limits.subgraphPipelineGapMs);
    this.idleSince = now;
    if (!call.isOver) settle(call, (waiter) => waiter.answered(response));
    if (response.isLast || this.#isLeaving) this.close(unavailable);
  }

  /** The far side sends no more. */
  #end(): void {
    const response = this.#isClosed ? null : this.#reader.end();
    if (response !== null) this.#take(response, systemClock.monotonic());
    this.#lose();
  }

  /** Closed by the far side. What was sent to a kept connection and met silence may have met a closing one. */
  #lose(): void {
    const isKept = this.idleSince > 0 && this.#reader.isIdle;
    if (isKept) this.close(unavailable);
    else this.#fail({ ...unavailable, cause: this.#error });
  }

  /** The first call bears the blame; those behind it do not. */
  #fail(fault: CallFault): void {
    const call = this.#isClosed ? undefined : this.#calls.shift();
    if (call !== undefined && !call.isOver) settle(call, (waiter) => waiter.failed(fault));
    this.close(unavailable);
  }
}

/** Tells a waiter, once. */
export function settle(call: Call, tell: (waiter: CallWaiter) => void): void {
  call.isOver = true;
  tell(call.waiter);
}

function open(url: URL): Socket {
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (isSecure ? 443 : 80);
  if (!isSecure) return connect({ host, port, noDelay: true, keepAlive: true });
  // A certificate is looked up by name; addresses have none (RFC 6066, section 3).
  const socket = connectSecurely({
    host,
    port,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) > 0 ? {} : { servername: host }),
  });
  return socket.setNoDelay(true);
}
