/** WebSockets on the gateway's port: taking over connections, keeping them alive, letting them go. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type WebSocket, WebSocketServer } from '../wire/websocket.ts';
import type { EndpointOptions } from './endpoint.ts';
import { createProtocol, type Socket } from './protocol.ts';
import { createRequestId, requestIdHeader } from './request-id.ts';

export interface SocketServer {
  /** Takes over a connection that asks to become a WebSocket. Refuses one of a page whose origin is neither ours nor configured. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
  /** Says goodbye on every socket (1001); those still open after `limits.drainMs` are cut. */
  close(): Promise<void>;
}

/** Throws `CONFIG_INVALID` for an origin that is none. */
export function createSocketServer(options: EndpointOptions): SocketServer {
  const origins = new Set(options.config.ws.origins.map(readOrigin));
  const protocol = createProtocol(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: options.config.limits.bodyBytes,
    perMessageDeflate: false,
    handleProtocols: protocol.choose,
  });
  const heartbeat = startHeartbeat(server);
  const ids = new WeakMap<IncomingMessage, string>();
  server.on('headers', (lines, request) => lines.push(`${requestIdHeader}: ${ids.get(request)}`));

  return {
    upgrade(request, connection, head) {
      if (!isWelcome(request, origins)) {
        connection.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const id = createRequestId();
      ids.set(request, id);
      server.handleUpgrade(request, connection, head, (socket) => {
        const closed = protocol.open(socketOf(socket, id));
        socket.once('close', closed);
        // ws closes a socket that errs by itself; "close" follows.
        socket.on('error', () => {});
      });
    },
    async close() {
      clearInterval(heartbeat);
      for (const socket of server.clients) socket.close(1001, 'Going away');
      const cut = setTimeout(() => server.clients.forEach((socket) => socket.terminate()), limits.drainMs);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(cut);
    },
  };
}

function socketOf(socket: WebSocket, id: string): Socket {
  return {
    id,
    protocol: socket.protocol,
    isOpen: () => socket.readyState === socket.OPEN,
    send: (text) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) resolve();
        // What could not be sent had nobody to be sent to: "close" follows.
        else socket.send(text, () => resolve());
      }),
    close: (code, reason) => socket.close(code, reason),
    cut: () => socket.terminate(),
    onMessage: (handle) => socket.on('message', (data) => handle(String(data))),
  };
}

/** Cuts a socket whose client has not answered the last ping: it left without a word. */
function startHeartbeat(server: WebSocketServer): NodeJS.Timeout {
  const silent = new WeakSet<WebSocket>();
  return setInterval(() => {
    for (const socket of server.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.once('pong', () => silent.delete(socket));
      socket.ping();
    }
  }, limits.streamHeartbeatMs).unref();
}

/**
 * A page of another origin must not speak for its reader. Browsers write an origin in one way only (HTML, "serialization of
 * an origin"), and clients that are no browsers send none.
 */
function isWelcome({ headers: { origin, host } }: IncomingMessage, origins: ReadonlySet<string>): boolean {
  if (origin === undefined) return true;
  const parsed = URL.parse(origin);
  if (parsed === null || parsed.origin !== origin || !/^https?:$/.test(parsed.protocol)) return false;
  return parsed.host === host?.toLowerCase() || origins.has(origin);
}

function readOrigin(text: string): string {
  const parsed = URL.parse(text);
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.href === `${parsed.origin}/`) return parsed.origin;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot let pages of "${text}" open WebSockets`,
    wanted: 'an origin: scheme, host, and port where it is not the usual one',
    fix: 'Correct it in ws.origins.',
  });
}
