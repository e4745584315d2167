/** Writes whole answers to sockets as `node:http` would, head and body in one write. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Reply } from './reply.ts';
import { requestIdHeader } from './request-id.ts';

/** What `node:http` says of a request that it cannot read. */
export const badRequest = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';
/** What it says where none comes. */
export const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/** Keeps the beginnings of answers, the date, and the bytes of long answers that several get. */
export class LaneWriter {
  readonly #clock: Clock;
  /** Up to the length, by the headers of a reply. */
  readonly #starts = new WeakMap<Reply['headers'], string>();
  /** Bodies of answers that several wait for. */
  readonly #shared = new WeakMap<object, Buffer>();
  #second = 0;
  #kept = '';
  #last = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** After the last answer of a connection no request is read from it. */
  write(socket: Socket, reply: Reply, isLast: boolean): void {
    const { body, latin1, source, requestId } = reply;
    const size = sizeOf(reply);
    const id = requestId === undefined ? '' : `\r\n${requestIdHeader}: ${requestId}`;
    const head = this.#startOf(reply) + size + id + this.#endOf(isLast);
    if (typeof body === 'string' && (source === undefined || size <= limits.laneSharedBytesMin)) {
      socket.write(head + body, latin1 || size === body.length ? 'latin1' : 'utf8');
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(typeof body === 'string' ? this.#bytesOf(source ?? reply, reply) : body);
    socket.uncork();
  }

  /** The bytes of an answer that others get as well, made once for all who get it. */
  #bytesOf(source: object, reply: Reply): Buffer {
    const known = this.#shared.get(source);
    if (known !== undefined) return known;
    const { body, latin1 } = reply;
    const bytes = Buffer.from(String(body), latin1 || sizeOf(reply) === body.length ? 'latin1' : 'utf8');
    this.#shared.set(source, bytes);
    return bytes;
  }

  #startOf({ status, headers }: Reply): string {
    const known = this.#starts.get(headers);
    if (known !== undefined) return known;
    const fields = Object.entries({ ...headers, 'x-content-type-options': 'nosniff' });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n${lines}content-length: `;
    this.#starts.set(headers, start);
    return start;
  }

  #endOf(isLast: boolean): string {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const date = `\r\nDate: ${new Date(now).toUTCString()}\r\n`;
      const seconds = Math.floor(limits.requestIdleMs / 1000);
      this.#kept = `${date}Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n\r\n`;
      this.#last = `${date}Connection: close\r\n\r\n`;
    }
    return isLast ? this.#last : this.#kept;
  }
}

/** Bytes of the body. */
function sizeOf({ body, latin1 }: Reply): number {
  return latin1 === true || typeof body !== 'string' ? body.length : Buffer.byteLength(body);
}
