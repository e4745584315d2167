/** One whole HTTP answer as a value, and the routes beside `/graphql` that give one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestIdHeader } from './request-id.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Each character of `body` is one byte of it. Default: it is text. */
  readonly latin1?: boolean | undefined;
  /** What others get the same body from. */
  readonly source?: object | undefined;
  /** Told to the client. Default: it is no answer to an operation. */
  readonly requestId?: string | undefined;
}

export interface Route {
  /** Answers a GET (or HEAD) of a path; `null` when the path is not its own. */
  (path: string, request: IncomingMessage): Promise<Reply | null>;
}

/** A JSON answer that nobody may keep. */
export function jsonReply(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }, body };
}

/** Sends an answer; does nothing when the client has left. */
export function send(response: ServerResponse, { status, headers, body, latin1, requestId }: Reply): void {
  if (response.destroyed) return;
  const size = latin1 === true ? body.length : Buffer.byteLength(body);
  response.writeHead(status, {
    ...headers,
    'x-content-type-options': 'nosniff',
    'content-length': size,
    ...(requestId === undefined ? {} : { [requestIdHeader]: requestId }),
  });
  response.end(body, size === body.length ? 'latin1' : 'utf8');
}
