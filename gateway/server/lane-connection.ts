/**
 * One client's connection while all that comes on it is plainly right. Requests are answered in their order, several at
 * a time. The first one that the lane does not take ends this: once those before it are answered, the socket is Node's,
 * with every byte from that request on.
 */
import type { Socket } from 'node:net';
import { limits } from '../../mesh/core/limits.ts';
import { type LaneHead, type ReadHead, laneStart } from './lane-head.ts';
import { type LaneWriter, badRequest, requestTimeout } from './lane-writer.ts';
import { Lifetime } from './lifetime.ts';
import type { Reply } from './reply.ts';

const openingBrace = 0x7b;

/** What connections have in common. */
export interface LaneGround {
  readonly requestMs: number;
  /** How long a connection may be silent before its first request. */
  readonly headMs: number;
  readonly readHead: ReadHead;
  readonly writer: LaneWriter;
  /** Answers, by a call of `exchange.finish`, now or later. Never throws. */
  readonly answer: (exchange: Exchange) => void;
  /** Gives the socket to Node's server as if it had just connected, these bytes its first. */
  readonly handOver: (socket: Socket, bytes: Buffer) => void;
  readonly onClose: (connection: LaneConnection) => void;
}

/** One request and its answer. */
export class Exchange {
  readonly head: LaneHead;
  readonly body: string;
  readonly life: Lifetime;
  reply: Reply | null = null;
  readonly #connection: LaneConnection;

  constructor(connection: LaneConnection, { head, body, requestMs }: ExchangeParts) {
    this.#connection = connection;
    this.head = head;
    this.body = body;
    this.life = new Lifetime(requestMs);
  }

  /** Whether somebody waits for the answer. */
  get isWanted(): boolean {
    return !this.#connection.isClosed;
  }

  finish(reply: Reply): void {
    this.life.settle();
    this.reply = reply;
    this.#connection.onAnswer();
  }
}

interface ExchangeParts {
  readonly head: LaneHead;
  readonly body: string;
  readonly requestMs: number;
}

/** What was read of these bytes, and of all of them. */
interface WholeRequest {
  readonly bytes: Buffer;
  readonly head: LaneHead;
  readonly body: string;
}

/** The state of one such connection, from its first byte until it closes or is given away. */
export class LaneConnection {
  isClosed = false;
  readonly #socket: Socket;
  readonly #ground: LaneGround;
  /** Requests that are not answered, in their order. */
  readonly #exchanges: Exchange[] = [];
  /** What has come and is not read yet. */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;
  /** As long as less has come there is nothing to read. */
  #wantedBytes = 0;
  /** The head read last: clients repeat theirs, often to the letter. */
  #head = '';
  #known: LaneHead | null = null;
  /** The request read last, when it came alone: some clients ask the same again and again. */
  #last: WholeRequest | null = null;
  #isReading = false;
  #isFlushing = false;
  #isBlocked = false;
  /** The next bytes are Node's. */
  #isLeaving = false;
  #isClosing = false;
  #hasAnswered = false;
  /** Sweeps since anything happened. */
  #quiet = 0;
  readonly #listeners = {
    data: (bytes: Buffer) => this.#take(bytes),
    end: () => this.#end(),
    drain: () => this.#goOn(),
    // "close" follows, and there is nobody left to tell.
    error: () => {},
    close: () => this.#close(),
  };

  constructor(socket: Socket, ground: LaneGround) {
    this.#socket = socket;
    this.#ground = ground;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
  }

  /** An exchange has its answer. Alone it goes out at once; among others, with those that are ready in this turn. */
  onAnswer(): void {
    if (this.#isFlushing) return;
    if (this.#exchanges.length === 1) return this.#flush();
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  /** Looks after time; called every `limits.requestSweepMs`. What is slow to come is Node's to wait for, and to refuse. */
  sweep(): void {
    if (this.isClosed || this.#exchanges.length > 0 || this.#isBlocked || ++this.#quiet <= 1) return;
    const quietMs = (this.#quiet - 1) * limits.requestSweepMs;
    if (this.#pieces.length > 0) this.#leave();
    else if (this.#hasAnswered && quietMs >= limits.requestIdleMs + limits.requestIdleGraceMs) this.#socket.destroy();
    else if (!this.#hasAnswered && quietMs >= this.#ground.headMs) this.#finish(requestTimeout);
  }

  /** Takes no more requests; ends once those under way are answered. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#exchanges.length > 0) return;
    if (this.#pieces.length > 0) this.#leave();
    else this.#socket.end();
  }

  cut(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    // What drips is as slow as what stops.
    if (this.#pieces.length === 0) this.#quiet = 0;
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
    if (this.#piecesBytes < this.#wantedBytes && this.#pieces.length < limits.lanePiecesMax) return;
    this.#read();
  }

  #read(): void {
    const [only] = this.#pieces;
    if (only === undefined) return;
    const isScattered = this.#pieces.length >= limits.lanePiecesMax;
    const bytes = this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces);
    this.#isReading = true;
    this.#wantedBytes = 0;
    let at = 0;
    for (let next = 0; at < bytes.length && next !== -1; at = Math.max(at, next)) {
      next = this.#isFull() ? this.#block() : this.#readRequest(bytes, at);
    }
    this.#isReading = false;
    this.#hold(bytes, at);
    if (isScattered && at === 0 && !this.#isBlocked) this.#isLeaving = true;
    if (this.#isLeaving) this.#leave();
  }

  #hold(bytes: Buffer, from: number): void {
    this.#piecesBytes = bytes.length - from;
    this.#pieces = this.#piecesBytes > 0 ? [from === 0 ? bytes : bytes.subarray(from)] : [];
  }

  /** Begins to answer the request at a place and gives where the next one begins; -1 when there is no whole one. */
  #readRequest(bytes: Buffer, at: number): number {
    // Its body is the same text then, by whose hash its parameters are found: that is not counted anew.
    if (at === 0 && this.#last?.bytes.equals(bytes)) return this.#begin(this.#last, bytes.length);
    const bodyAt = this.#readHead(bytes, at);
    const head = this.#known;
    if (bodyAt === -1 || head === null) return -1;
    // Anything but one object is for others to judge.
    if (bodyAt < bytes.length && bytes[bodyAt] !== openingBrace) {
      this.#isLeaving = true;
      return -1;
    }
    const end = bodyAt + head.bodyBytes;
    if (end > bytes.length) {
      this.#wantedBytes = end - at;
      return -1;
    }
    const request = { bytes, head, body: bytes.toString('utf8', bodyAt, end) };
    const isAlone = at === 0 && end === bytes.length;
    this.#last = isAlone && end <= limits.laneLastBytesMax ? request : null;
    return this.#begin(request, end);
  }

  #begin({ head, body }: WholeRequest, end: number): number {
    const exchange = new Exchange(this, { head, body, requestMs: this.#ground.requestMs });
    this.#exchanges.push(exchange);
    this.#ground.answer(exchange);
    return end;
  }

  /** Gives where the body begins; -1 when the head is not whole, or not for the lane. */
  #readHead(bytes: Buffer, at: number): number {
    const knownEnd = at + this.#head.length;
    if (this.#known !== null && knownEnd <= bytes.length && bytes.toString('latin1', at, knownEnd) === this.#head) {
      return knownEnd;
    }
    const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
    const most = Math.min(end === -1 ? bytes.length : end, at + laneStart.length);
    this.#isLeaving =
      !laneStart.startsWith(bytes.toString('latin1', at, most)) ||
      (end === -1 ? bytes.length : end) - at > limits.laneHeadBytesMax;
    if (this.#isLeaving || end === -1) return -1;
    this.#head = bytes.toString('latin1', at, end + 4);
    this.#known = this.#ground.readHead(this.#head);
    this.#isLeaving = this.#known === null;
    return end + 4;
  }

  /** More requests than are answered at a time, or a client that does not read its answers. */
  #isFull(): boolean {
    const { writableNeedDrain, writableLength } = this.#socket;
    return this.#exchanges.length >= limits.laneRequestsMax || (writableNeedDrain && writableLength > 0);
  }

  #block(): -1 {
    this.#isBlocked = true;
    this.#socket.pause();
    return -1;
  }

  #flush(): void {
    this.#isFlushing = false;
    const isGroup = this.#exchanges.length > 1;
    if (isGroup) this.#socket.cork();
    for (let [first] = this.#exchanges; first?.reply; [first] = this.#exchanges) {
      this.#exchanges.shift();
      this.#hasAnswered = true;
      if (!this.#socket.writable) continue;
      this.#ground.writer.write(this.#socket, first.reply, this.#isClosing && this.#exchanges.length === 0);
    }
    if (isGroup) this.#socket.uncork();
    this.#quiet = 0;
    this.#goOn();
  }

  /** Does what had to wait for an answer, or for room. */
  #goOn(): void {
    if (this.isClosed || this.#isReading) return;
    if (this.#exchanges.length === 0 && this.#isClosing) this.#socket.end();
    else if (this.#isLeaving) this.#leave();
    else if (this.#isBlocked && !this.#isFull()) {
      this.#isBlocked = false;
      this.#socket.resume();
      this.#read();
    }
  }

  /** Gives the socket away, once every request before is answered. */
  #leave(): void {
    this.#isLeaving = true;
    if (this.#exchanges.length > 0) return void this.#block();
    const { data, end, drain, error, close } = this.#listeners;
    this.isClosed = true;
    this.#socket.pause();
    this.#socket.off('data', data).off('end', end).off('drain', drain).off('error', error).off('close', close);
    this.#ground.onClose(this);
    this.#ground.handOver(this.#socket, Buffer.concat(this.#pieces));
  }

  /** The client sends no more. As `node:http` does, what is not answered yet never is. */
  #end(): void {
    if (this.#pieces.length > 0 && this.#exchanges.length === 0) this.#finish(badRequest);
    else this.#socket.end();
  }

  #finish(answer: string): void {
    if (this.#socket.writable) this.#socket.write(answer);
    this.#socket.destroySoon();
  }

  #close(): void {
    this.isClosed = true;
    for (const { life, reply } of this.#exchanges) if (reply === null) life.end();
    this.#ground.onClose(this);
  }
}
