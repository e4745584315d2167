/** A WebSocket to the gateway without a client library, to send what a good client would not. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export const subprotocol = 'graphql-transport-ws';

export function addressOf(url: string): string {
  return `${url.replace('http', 'ws')}/graphql`;
}

export async function openRaw(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(addressOf(url), subprotocol, { headers });
  const inbox: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => inbox.push(JSON.parse(String(data))));
  await once(socket, 'open');
  return {
    inbox,
    send: (message: unknown) => socket.send(JSON.stringify(message)),
    received: async (count: number) => {
      while (inbox.length < count) await once(socket, 'message');
      return inbox.slice(0, count);
    },
    closed: async () => {
      const [code, reason] = await once(socket, 'close');
      return { code: Number(code), reason: String(reason) };
    },
    close: () => socket.close(),
  };
}

/** One that is greeted and acknowledged. */
export async function openGreeted(url: string) {
  const socket = await openRaw(url);
  socket.send({ type: 'connection_init' });
  await socket.received(1);
  return socket;
}
