/**
 * The HTTP client to one subgraph. Calls of one turn of the event loop are sent together at its end; how many queries
 * share a connection follows from how the subgraph answers, so that one which works in sequence gets them one by one.
 */
import { systemClock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Call, type CallFault, type CallWaiter, Connection, settle } from './connection.ts';

export interface ClientOptions {
  readonly url: URL;
  /** Milliseconds for one answer. */
  readonly timeoutMs: number;
  /** Bytes of one answer's body. */
  readonly responseBytesMax: number;
}

const timedOut: CallFault = { code: 'SUBGRAPH_TIMED_OUT', what: 'did not answer in time' };
const crowded: CallFault = { code: 'SUBGRAPH_UNAVAILABLE', what: 'has too many calls waiting' };
const closed: CallFault = { code: 'SUBGRAPH_UNAVAILABLE', what: 'is asked no longer' };
/** Answers in time that let one query more share a connection. */
const answersPerStep = 64;

export class Client {
  readonly bodyBytesMax: number;
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #waiting: Call[] = [];
  /** Queries that may share a connection; grows slowly, is halved by a late answer. */
  #depth = 1;
  #isFlushing = false;
  #isSweeping = false;
  #isClosed = false;

  constructor({ url, timeoutMs, responseBytesMax }: ClientOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.bodyBytesMax = responseBytesMax;
  }

  /** Sends at the end of this turn; `request` is a whole message as `createRequestWriter` writes it. */
  send(request: string, isQuery: boolean, waiter: CallWaiter): Call {
    const deadline = systemClock.monotonic() + this.#timeoutMs;
    const call: Call = {
      request,
      isQuery,
      waiter,
      deadline,
      sentAt: 0,
      connection: null,
      isOver: false,
      isRepeat: false,
    };
    this.#waiting.push(call);
    this.#flushSoon();
    return call;
  }

  /** Nobody waits for this call any more. Its waiter is told nothing. */
  cancel(call: Call): void {
    if (call.isOver) return;
    call.isOver = true;
    const { connection } = call;
    // An answer that others wait behind is read and thrown away.
    if (connection?.calls.every((other) => other.isOver)) connection.close(closed);
  }

  /** Closes all connections; calls under way fail. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close(closed);
    this.#flush();
  }

  onAnswer(isLate: boolean): void {
    this.#depth = isLate
      ? Math.max(1, this.#depth / 2)
      : Math.min(limits.subgraphPipelineMax, this.#depth + 1 / answersPerStep);
  }

  onIdle(connection: Connection): void {
    this.#idle.push(connection);
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  onClose(connection: Connection, unanswered: readonly Call[]): void {
    this.#connections.delete(connection);
    const position = this.#idle.indexOf(connection);
    if (position >= 0) this.#idle.splice(position, 1);
    this.#repeat(unanswered);
  }

  #repeat(calls: readonly Call[]): void {
    for (const call of calls) {
      call.connection = null;
      call.isRepeat = true;
    }
    this.#waiting.push(...calls);
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    setTimeout(() => this.#sweep(), limits.subgraphSweepMs);
  }

  #flush(): void {
    this.#isFlushing = false;
    const waiting = this.#waiting.filter((call) => !call.isOver);
    const now = systemClock.monotonic();
    let sent = 0;
    while (sent < waiting.length && !this.#isClosed) {
      const connection = this.#connectionAtRest(now);
      if (connection === null) break;
      const batch = this.#batchFrom(waiting, sent);
      sent += batch.length;
      connection.send(batch, now);
    }
    this.#waiting = waiting.slice(sent, sent + limits.subgraphCallsQueuedMax);
    for (const call of waiting.slice(sent + limits.subgraphCallsQueuedMax)) fail(call, crowded);
    if (this.#isClosed) for (const call of this.#waiting.splice(0)) fail(call, closed);
  }

  /** The one used last, or a new one; `null` when all that may be are in use. */
  #connectionAtRest(now: number): Connection | null {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (now - kept.idleSince <= limits.subgraphIdleMs) return kept;
      kept.close(closed);
    }
    if (this.#connections.size >= limits.subgraphConnectionsMax) return null;
    const connection = new Connection(this.#url, this);
    this.#connections.add(connection);
    return connection;
  }

  /** Anything but a query, and a query sent before, has a connection to itself. */
  #batchFrom(waiting: readonly Call[], from: number): Call[] {
    const most = from + Math.floor(this.#depth);
    let to = from;
    while (to < most && waiting[to]?.isQuery === true && waiting[to]?.isRepeat === false) to++;
    return waiting.slice(from, Math.max(to, from + 1));
  }

  /** Looks after deadlines while anything is under way. */
  #sweep(): void {
    const now = systemClock.monotonic();
    for (const call of this.#waiting) expire(call, now);
    for (const connection of this.#connections) this.#check(connection, now);
    this.#isSweeping = this.#waiting.length > 0 || this.#connections.size > this.#idle.length;
    if (this.#isSweeping) setTimeout(() => this.#sweep(), limits.subgraphSweepMs);
  }

  #check(connection: Connection, now: number): void {
    const { calls } = connection;
    for (const call of calls) expire(call, now);
    const [first] = calls;
    if (first === undefined) return;
    if (calls.every((call) => call.isOver)) connection.close(timedOut);
    else if (calls.length > 1 && now - Math.max(first.sentAt, connection.idleSince) > limits.subgraphPipelineStallMs) {
      this.#depth = 1;
      this.#repeat(connection.takeBehind().filter((call) => !call.isOver));
    }
  }
}

function expire(call: Call, now: number): void {
  if (!call.isOver && now > call.deadline) fail(call, timedOut);
}

function fail(call: Call, fault: CallFault): void {
  if (!call.isOver) settle(call, (waiter) => waiter.failed(fault));
}
