/** One whole HTTP answer as a value, and the routes beside `/graphql` that give one. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
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
export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...headers,
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
