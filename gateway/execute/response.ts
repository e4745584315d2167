/**
 * HTTP/1.1 responses (RFC 9112) from bytes, cut anywhere: for a client that asks for nothing special. What is not plainly
 * right is refused, for two readers who disagree on where a response ends can be made to swap answers.
 */

export interface ResponseLimits {
  /** Bytes of status line and headers, of one chunk's size line, of the trailers. */
  readonly headBytesMax: number;
  readonly bodyBytesMax: number;
}

/** A response; 1xx ones are not reported. */
export interface HttpResponse {
  readonly status: number;
  readonly bytes: Buffer;
  /** Nothing that follows on this connection counts. */
  readonly isLast: boolean;
}

/** What is wrong with a response, as a sentence goes on after the sender's name; no word of the response is in it. */
export class ResponseFault extends Error {
  override readonly name = 'ResponseFault';
}

/** How the body of the response under way is measured, and what its head said. */
interface Framing {
  readonly status: number;
  readonly body: 'none' | 'length' | 'chunked' | 'untilClose';
  readonly length: number;
  readonly isLast: boolean;
}

type State = 'head' | 'body' | 'size' | 'chunk' | 'chunkEnd' | 'trailer' | 'done' | 'over';

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);
/** Enough for two reads of a socket. */
const roomBytesMin = 128 * 1024;
const roomBytesMax = 1024 * 1024;

/** Reads one connection's responses: `add` what came, then take `next` until it gives `null`. */
export class ResponseReader {
  readonly #limits: ResponseLimits;
  #state: State = 'head';
  #input: Buffer = nothing;
  #at = 0;
  #framing: Framing = { status: 0, body: 'none', length: 0, isLast: false };
  /** The last head's text: a subgraph's heads are mostly the same. */
  #headText = '';
  #headFraming: Framing | null = null;
  /** Bytes to come of the body or chunk under way. */
  #remaining = 0;
  #trailerBytes = 0;
  /** Bytes of the body that have come: in full rooms, and in the one being filled. */
  #bodySize = 0;
  #fullRooms: Buffer[] = [];
  #room: Buffer = nothing;
  #roomUsed = 0;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
  }

  /** Nothing of a response has come since the last one was whole. */
  get isIdle(): boolean {
    return this.#state === 'head' && this.#at === this.#input.length;
  }

  add(bytes: Buffer): void {
    this.#input = this.#at === this.#input.length ? bytes : Buffer.concat([this.#input.subarray(this.#at), bytes]);
    this.#at = 0;
  }

  /** The next whole response; `null` when more bytes are needed. Throws `ResponseFault`; nothing can be read after it. */
  next(): HttpResponse | null {
    while (this.#step());
    return this.#state === 'done' ? this.#finish() : null;
  }

  /** The far side sends no more: gives the response that ends so, if there is one. */
  end(): HttpResponse | null {
    return this.#state === 'body' && this.#framing.body === 'untilClose' ? this.#finish() : null;
  }

  /** Reads one element; `false` when it is not there as a whole, or when a response is. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'body':
      case 'chunk':
        return this.#readBody();
      case 'size':
        return this.#readSize();
      case 'chunkEnd':
        return this.#readChunkEnd();
      case 'trailer':
        return this.#readTrailer();
      case 'done':
      case 'over':
        return false;
    }
  }

  #readHead(): boolean {
    const text = this.#takeUntil(headEnd);
    if (text === null) return false;
    if (this.#headFraming === null || text !== this.#headText) {
      this.#headFraming = parseHead(text);
      this.#headText = text;
    }
    const framing = this.#headFraming;
    if (framing.status < 200) return true;
    if (framing.length > this.#limits.bodyBytesMax) throw this.#tooLarge();
    this.#framing = framing;
    this.#remaining = framing.body === 'untilClose' ? Infinity : framing.length;
    if (framing.body === 'chunked') this.#state = 'size';
    else this.#state = framing.body === 'none' || this.#remaining === 0 ? 'done' : 'body';
    return true;
  }

  #readBody(): boolean {
    const from = this.#at;
    const size = Math.min(this.#remaining, this.#input.length - from);
    if (size === 0) return false;
    this.#at += size;
    this.#remaining -= size;
    this.#keep(this.#input.subarray(from, this.#at));
    if (this.#remaining > 0) return false;
    this.#state = this.#state === 'chunk' ? 'chunkEnd' : 'done';
    return true;
  }

  /** A body that comes in one piece is not copied. */
  #keep(piece: Buffer): void {
    const size = this.#bodySize + piece.length;
    if (size > this.#limits.bodyBytesMax) throw this.#tooLarge();
    if (this.#bodySize === 0 && this.#remaining === 0) {
      this.#room = piece;
      this.#roomUsed = piece.length;
    } else this.#copy(piece);
    this.#bodySize = size;
  }

  /** Room grows with what came, not with what was promised. */
  #copy(piece: Buffer): void {
    const fits = Math.min(piece.length, this.#room.length - this.#roomUsed);
    piece.copy(this.#room, this.#roomUsed, 0, fits);
    this.#roomUsed += fits;
    if (fits === piece.length) return;
    if (this.#roomUsed > 0) this.#fullRooms.push(this.#room);
    if (this.#framing.body === 'length' && this.#bodySize >= roomBytesMax) return this.#copyToLast(piece, fits);
    const next = Math.min(Math.max(this.#bodySize, roomBytesMin), roomBytesMax);
    this.#room = Buffer.allocUnsafe(Math.max(piece.length - fits, next));
    this.#roomUsed = piece.copy(this.#room, 0, fits);
  }

  /** So much has come that the promise is believed: what came moves once, into room for all of it. */
  #copyToLast(piece: Buffer, from: number): void {
    const room = Buffer.allocUnsafe(this.#framing.length);
    let used = 0;
    for (const full of this.#fullRooms) used += full.copy(room, used);
    this.#fullRooms = [];
    this.#room = room;
    this.#roomUsed = used + piece.copy(room, used, from);
  }

  /** RFC 9112, section 7.1. Extensions of a chunk mean nothing to us. */
  #readSize(): boolean {
    const line = this.#takeUntil(lineEnd);
    if (line === null) return false;
    const digits = /^([0-9a-fA-F]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1];
    if (digits === undefined) throw new ResponseFault('answered with a chunk of no valid size');
    this.#remaining = Number.parseInt(digits, 16);
    if (this.#bodySize + this.#remaining > this.#limits.bodyBytesMax) throw this.#tooLarge();
    this.#trailerBytes = 0;
    this.#state = this.#remaining === 0 ? 'trailer' : 'chunk';
    return true;
  }

  #readChunkEnd(): boolean {
    if (this.#input.length - this.#at < 2) return false;
    if (this.#input[this.#at] !== 0x0d || this.#input[this.#at + 1] !== 0x0a)
      throw new ResponseFault('answered with a chunk that does not end where it should');
    this.#at += 2;
    this.#state = 'size';
    return true;
  }

  #readTrailer(): boolean {
    const line = this.#takeUntil(lineEnd);
    if (line === null) return false;
    if (line === '') {
      this.#state = 'done';
      return true;
    }
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > this.#limits.headBytesMax || !fieldLine.test(line))
      throw new ResponseFault('answered with trailers that cannot be read');
    return true;
  }

  /** Takes the text before a mark, and the mark; `null` when it has not come. */
  #takeUntil(mark: Buffer): string | null {
    const end = this.#input.indexOf(mark, this.#at);
    const size = (end < 0 ? this.#input.length : end) - this.#at;
    if (size > this.#limits.headBytesMax) throw new ResponseFault('answered with headers that are too large');
    if (end < 0) return null;
    const text = this.#input.toString('latin1', this.#at, end);
    this.#at = end + mark.length;
    return text;
  }

  #finish(): HttpResponse {
    const { status, isLast } = this.#framing;
    const bytes = this.#takeBytes();
    this.#bodySize = 0;
    this.#state = isLast ? 'over' : 'head';
    return { status, bytes, isLast };
  }

  #takeBytes(): Buffer {
    const rooms = this.#fullRooms;
    const bytes =
      rooms.length === 0
        ? this.#room.subarray(0, this.#bodySize)
        : Buffer.concat([...rooms, this.#room], this.#bodySize);
    this.#fullRooms = [];
    this.#room = nothing;
    this.#roomUsed = 0;
    return bytes;
  }

  #tooLarge(): ResponseFault {
    return new ResponseFault(`answered with more than ${this.#limits.bodyBytesMax} bytes`);
  }
}

const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** No space before the colon, no line that goes on (RFC 9112, section 5), no control character. */
const fieldLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** What in a head bears on where its response ends, each at most once. */
interface Fields {
  length: string | null;
  coding: string | null;
  /** All values of `connection`. */
  connection: string;
}

function parseHead(text: string): Framing {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = statusLine.exec(first) ?? [];
  if (digits === undefined) throw new ResponseFault('answered with something that is no HTTP');
  const status = Number(digits);
  const fields: Fields = { length: null, coding: null, connection: '' };
  for (const line of lines) readField(line, fields);
  const framing = frameOf(status, fields);
  const says = fields.connection.toLowerCase().split(',').map(trim);
  if (minor === '0' && fields.coding !== null) throw new ResponseFault('answered with chunks in HTTP/1.0');
  return says.includes('close') || minor === '0' ? { ...framing, isLast: true } : framing;
}

function readField(line: string, fields: Fields): void {
  if (!fieldLine.test(line)) throw new ResponseFault('answered with a header that cannot be read');
  const colon = line.indexOf(':');
  const padded = line.slice(colon + 1);
  switch (line.slice(0, colon).toLowerCase()) {
    case 'content-length': {
      const value = trim(padded);
      if (fields.length !== null || !/^\d{1,15}$/.test(value))
        throw new ResponseFault('answered with a length that cannot be read');
      fields.length = value;
      break;
    }
    case 'transfer-encoding':
      if (fields.coding !== null || trim(padded).toLowerCase() !== 'chunked')
        throw new ResponseFault('answered in a transfer encoding that was not asked for');
      fields.coding = 'chunked';
      break;
    case 'content-encoding':
      if (trim(padded).toLowerCase() !== 'identity')
        throw new ResponseFault('answered compressed, which was not asked for');
      break;
    case 'connection':
      fields.connection += `,${padded}`;
      break;
  }
}

/** Without spaces and tabs at its ends; what `String.trim` takes beside them belongs to a value. */
function trim(value: string): string {
  let from = 0;
  let to = value.length;
  while (isBlank(value, from)) from++;
  while (to > from && isBlank(value, to - 1)) to--;
  return value.slice(from, to);
}

function isBlank(value: string, at: number): boolean {
  return value[at] === ' ' || value[at] === '\t';
}

/** RFC 9112, section 6.3. A response that can have no body ends its connection, as senders are not of one mind there. */
function frameOf(status: number, { length, coding }: Fields): Framing {
  if (length !== null && coding !== null) throw new ResponseFault('answered with two lengths');
  if (status === 101) throw new ResponseFault('answered in another protocol');
  if (status < 200) {
    if (length !== null || coding !== null) throw new ResponseFault('answered with a length where no body can be');
    return { status, body: 'none', length: 0, isLast: false };
  }
  if (status === 204 || status === 304) return { status, body: 'none', length: 0, isLast: true };
  if (coding !== null) return { status, body: 'chunked', length: 0, isLast: false };
  if (length !== null) return { status, body: 'length', length: Number(length), isLast: false };
  return { status, body: 'untilClose', length: 0, isLast: true };
}
