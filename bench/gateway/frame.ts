/**
 * Just enough HTTP/1.1 (RFC 9112) to find where messages end, for both ends of the benchmark's own core: the load
 * generator reads answers with it, the subgraphs read requests. Lengths and chunked bodies, pipelined or in pieces.
 */

/** What a reader reports, in order: one head, its body in pieces, its end. */
export interface FrameSink {
  /** The head as text: start line and header fields, without the empty line. */
  head(head: string): void;
  /** A piece of the body; valid only during the call. */
  body(bytes: Buffer): void;
  end(): void;
}

type State = 'head' | 'body' | 'size' | 'chunk' | 'trailer';

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);

/** Cuts one connection's bytes into messages. A message that has neither a length nor chunks has no body. */
export class FrameReader {
  readonly #sink: FrameSink;
  #state: State = 'head';
  #remaining = 0;
  #rest: Buffer = nothing;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes from the socket, which may have the buffer back after. Throws on a chunk size that is no number. */
  push(bytes: Buffer): void {
    let input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let taken = this.#take(input);
    while (taken > 0) {
      input = input.subarray(taken);
      taken = this.#take(input);
    }
    this.#rest = input.length === 0 ? nothing : Buffer.from(input);
  }

  /** Reads one element of the current state and returns its size; 0 when it is not complete yet. */
  #take(input: Buffer): number {
    if (input.length === 0) return 0;
    switch (this.#state) {
      case 'head':
        return this.#takeHead(input);
      case 'body':
      case 'chunk':
        return this.#takeBody(input);
      case 'size':
        return this.#takeSize(input);
      case 'trailer':
        return this.#takeTrailer(input);
    }
  }

  #takeHead(input: Buffer): number {
    const end = input.indexOf(headEnd);
    if (end < 0) return 0;
    const head = input.toString('latin1', 0, end);
    this.#sink.head(head);
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#state = 'size';
    } else {
      this.#remaining = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (this.#remaining > 0) this.#state = 'body';
      else this.#sink.end();
    }
    return end + headEnd.length;
  }

  #takeBody(input: Buffer): number {
    const size = Math.min(this.#remaining, input.length);
    this.#remaining -= size;
    this.#sink.body(size === input.length ? input : input.subarray(0, size));
    if (this.#remaining > 0) return size;
    if (this.#state === 'chunk') this.#state = 'size';
    else this.#finish();
    return size;
  }

  /** A chunk's size line; the line end that closes the chunk before it is skipped with it. */
  #takeSize(input: Buffer): number {
    const start = input[0] === 13 ? lineEnd.length : 0;
    const end = input.indexOf(lineEnd, start);
    if (end < 0) return 0;
    const size = Number.parseInt(input.toString('latin1', start, end), 16);
    if (Number.isNaN(size)) throw new Error('Cannot read a chunked body: found a chunk size that is no number.');
    this.#remaining = size;
    this.#state = size === 0 ? 'trailer' : 'chunk';
    return end + lineEnd.length;
  }

  #takeTrailer(input: Buffer): number {
    const end = input.indexOf(lineEnd);
    if (end < 0) return 0;
    if (end === 0) this.#finish();
    return end + lineEnd.length;
  }

  #finish(): void {
    this.#state = 'head';
    this.#sink.end();
  }
}
