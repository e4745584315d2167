/** WebSockets on the gateway's port: taking over connections, keeping them alive, letting them go. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../../mesh/core/limits.ts';
import { type WebSocket, WebSocketServer } from '../wire/websocket.ts';
import type { EndpointOptions } from './endpoint.ts';
import { createProtocol, type Socket } from './protocol.ts';

export interface SocketServer {
  /** Takes over a connection that asks to become a WebSocket. Refuses one that a page of another origin opened. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void;
  /** Says goodbye on every socket (1001); those still open after `limits.drainMs` are cut. */
  close(): Promise<void>;
}

export function createSocketServer(options: EndpointOptions): SocketServer {
  const protocol = createProtocol(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: options.config.limits.bodyBytes,
    perMessageDeflate: false,
    handleProtocols: protocol.choose,
  });
  const heartbeat = startHeartbeat(server);

  return {
    upgrade(request, connection, head) {
      if (!isSameOrigin(request)) {
        connection.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, connection, head, (socket) => {
        const closed = protocol.open(socketOf(socket));
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

function socketOf(socket: WebSocket): Socket {
  return {
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

/** A page of another origin must not speak for its reader. Clients that are no browsers send no origin. */
function isSameOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin === undefined || URL.parse(origin)?.host === host;
}
