/** A subgraph that speaks `graphql-transport-ws` as a test tells it to, well or badly. */
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen, open } from './streaming.ts';

export const overSocket = { protocol: 'ws', url: null } as const;

/** Speaks for itself on each socket that the gateway opens. */
export async function openRaw(context: TestContext, speak: (socket: WebSocket) => void, options = {}) {
  const server = await listen(context);
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
  context.after(() => sockets.clients.forEach((socket) => socket.terminate()));
  sockets.on('connection', speak);
  return open(context, server, { subscriptions: overSocket, timeoutMs: 2_000, responseBytesMax: 4_096, ...options });
}

export interface Message {
  readonly type: string;
  readonly id: string;
}

/** Acknowledges, then does as told once a subscription is asked for; gives what else comes to `hear`. */
export function asked(act: (socket: WebSocket, id: string) => void, hear: (message: Message) => void = () => {}) {
  return (socket: WebSocket): void => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      else if (message.type === 'subscribe') act(socket, message.id);
      else hear(message);
    });
  };
}

export const next = (id: string, payload: unknown): string => JSON.stringify({ type: 'next', id, payload });
