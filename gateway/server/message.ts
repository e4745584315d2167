/** What a client may send by the subprotocol `graphql-transport-ws`, checked for its form. */
import { isJsonObject, type JsonObject } from '../../mesh/core/json.ts';

export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: JsonObject }
  | { readonly type: 'ping'; readonly payload: JsonObject | null }
  | { readonly type: 'pong'; readonly payload: JsonObject | null }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: JsonObject }
  | { readonly type: 'complete'; readonly id: string };

/** `null` for what the protocol does not know. */
export function parseMessage(text: string): ClientMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isJsonObject(message)) return null;
  const { type, id, payload = null } = message;
  const isId = typeof id === 'string' && id !== '';
  switch (type) {
    case 'connection_init':
      return isOptional(payload) ? { type, payload: payload ?? {} } : null;
    case 'ping':
    case 'pong':
      return isOptional(payload) ? { type, payload } : null;
    case 'subscribe':
      return isId && isJsonObject(payload) && isRequest(payload) ? { type, id, payload } : null;
    case 'complete':
      return isId ? { type, id } : null;
    default:
      return null;
  }
}

function isRequest({ query, operationName = null, variables = null, extensions = null }: JsonObject): boolean {
  const isName = operationName === null || typeof operationName === 'string';
  return typeof query === 'string' && isName && isOptional(variables) && isOptional(extensions);
}

function isOptional(value: unknown): value is JsonObject | null {
  return value === null || isJsonObject(value);
}
