/** The gateway's one port: `/graphql` over HTTP and WebSocket, and the routes beside it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { createEndpoint, type Endpoint, type EndpointOptions } from './endpoint.ts';
import { describeFailure, failureBody, type Report } from './failure.ts';
import { openLane } from './lane.ts';
import { jsonReply, send, type Route } from './reply.ts';
import { createSocketServer, type SocketServer } from './ws.ts';

export interface HttpServerOptions extends EndpointOptions {
  /** Asked in order for every path but `/graphql`; the first that answers is it. */
  readonly routes: readonly Route[];
  /** How long a request may take to come; default `limits.requestHeadMs` and `limits.requestBodyMs`. */
  readonly patience?: { readonly headMs: number; readonly bodyMs: number };
}

export interface HttpServer {
  /** Listens; port 0 takes a free one. Throws `PORT_IN_USE`, or `CONFIG_INVALID` for an address that is not this machine's. */
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Takes no more requests, ends streams and sockets, lets requests under way finish; what is left after `limits.drainMs` is cut. */
  close(): Promise<void>;
}

export const graphqlPath = '/graphql';

/** Makes the server; it does not listen yet. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { server, endpoint, sockets } = createNodeServer(options);
  const lane = openLane(server, options);

  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(cause, { port, host })));
        server.listen(port, host, () => resolve(server.address() as AddressInfo));
      }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => {
        server.closeAllConnections();
        lane.cut();
      }, limits.drainMs);
      // A connection that is kept alive after its last answer would hold the server open.
      const sweep = setInterval(() => server.closeIdleConnections(), limits.drainSweepMs);
      endpoint.close();
      lane.close();
      await Promise.all([sockets.close(), closed]);
      clearTimeout(cut);
      clearInterval(sweep);
    },
  };
}

/** What reads every request of the gateway, but those that the lane before it takes. */
export interface NodeServer {
  readonly server: Server;
  readonly endpoint: Endpoint;
  readonly sockets: SocketServer;
}

/** Node's HTTP server with all that answers; it alone gives the same answers as with the lane before it. */
export function createNodeServer(options: HttpServerOptions): NodeServer {
  const endpoint = createEndpoint(options);
  const sockets = createSocketServer(options);
  const { headMs, bodyMs } = options.patience ?? { headMs: limits.requestHeadMs, bodyMs: limits.requestBodyMs };
  const timeouts = {
    headersTimeout: headMs,
    requestTimeout: bodyMs,
    keepAliveTimeout: limits.requestIdleMs,
    keepAliveTimeoutBuffer: limits.requestIdleGraceMs,
    connectionsCheckingInterval: limits.requestSweepMs,
  };
  const server = createServer(timeouts, (request, response) => {
    if (pathOf(request) === graphqlPath) void endpoint.serve(request, response);
    else void serveRoute(options.routes, { request, response, report: options.report });
  });
  server.on('upgrade', (request, socket, head) => {
    if (pathOf(request) === graphqlPath) sockets.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  return { server, endpoint, sockets };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly report: Report;
}

async function serveRoute(routes: readonly Route[], { request, response, report }: Exchange): Promise<void> {
  const path = pathOf(request);
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request.method, path);
    for (const route of routes) {
      const reply = await route(path, request);
      if (reply !== null) return send(response, reply);
    }
    throw notFound(path);
  } catch (error) {
    const failure = describeFailure(error, report);
    send(response, jsonReply(failure.status, failureBody(failure)));
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function notFound(path: string): WeftError {
  return new WeftError('NOT_FOUND', {
    action: `Cannot find "${path}"`,
    fix: `GraphQL is at "${graphqlPath}", a page to try it at "/".`,
  });
}

function methodNotAllowed(method: string | undefined, path: string): WeftError {
  return new WeftError('METHOD_NOT_ALLOWED', { action: `Cannot ${method ?? ''} "${path}"`, wanted: '"GET"' });
}

function cannotListen(cause: NodeJS.ErrnoException, { port, host }: { port: number; host: string }): Error {
  const action = `Cannot listen on ${host}:${port}`;
  if (cause.code === 'EADDRINUSE') {
    return new WeftError('PORT_IN_USE', {
      action,
      found: 'another process there',
      wanted: 'a free port',
      fix: 'Stop that process, or choose another port with --port (0 takes any that is free).',
      cause,
    });
  }
  return new WeftError('CONFIG_INVALID', {
    action,
    found: cause.code ?? cause.message,
    wanted: 'an address of this machine and a port that this user may take',
    fix: 'Choose others with --host and --port.',
    cause,
  });
}
