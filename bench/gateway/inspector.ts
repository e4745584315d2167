/** Node's inspector protocol, as far as the benchmark needs it: one process is asked and answers. */
import { once } from 'node:events';
import { isJsonObject, type Json, type JsonObject } from '../../mesh/core/json.ts';

/** The flag that makes a process listen for an inspector, on a port of its own choice. */
export const inspectFlag = '--inspect=127.0.0.1:0';

/** The connection to one process; disposing of it closes it. */
export interface Inspector extends Disposable {
  /** Calls one method of the protocol and gives its result. Throws what the process refuses. */
  ask(method: string, params?: JsonObject): Promise<JsonObject>;
}

/** The address that a process started with `inspectFlag` says on its error output; `undefined` when it said none. */
export function inspectorAddressIn(words: string): string | undefined {
  return /Debugger listening on (ws:\S+)/.exec(words)?.[1];
}

/** Connects. Calls still open when the process goes are refused. */
export async function openInspector(address: string): Promise<Inspector> {
  const socket = new WebSocket(address);
  const open = new Map<number, PromiseWithResolvers<JsonObject>>();
  let calls = 0;
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Json;
    if (!isJsonObject(message) || typeof message['id'] !== 'number') return;
    const call = open.get(message['id']);
    open.delete(message['id']);
    if (isJsonObject(message['result'])) call?.resolve(message['result']);
    else call?.reject(new Error(`Cannot inspect the gateway: ${JSON.stringify(message['error'])}.`));
  });
  socket.addEventListener('close', () => {
    for (const call of open.values()) call.reject(new Error('Cannot inspect the gateway: it closed the connection.'));
  });
  await once(socket, 'open');
  return {
    ask(method, params = {}) {
      const call = Promise.withResolvers<JsonObject>();
      open.set(++calls, call);
      socket.send(JSON.stringify({ id: calls, method, params }));
      return call.promise;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}
