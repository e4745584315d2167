/** `/.well-known/jwks.json`: the keys by which subgraphs tell that a context is this gateway's. */
import { contextKeysPath } from '../../mesh/identity/context.ts';
import type { ContextSigner } from '../../mesh/identity/context-signer.ts';
import { type Route, jsonReply } from './reply.ts';

export function createKeysRoute(signer: Pick<ContextSigner, 'keySet'>): Route {
  return async (path) => (path === contextKeysPath ? jsonReply(200, JSON.stringify(await signer.keySet())) : null);
}
