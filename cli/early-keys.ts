/**
 * The gateway's keys before the gateway stands: a subgraph that answers nobody without a context is asked for its schema while
 * the mesh starts, and has to find the keys by then.
 */
import { createServer } from 'node:http';
import { createKeysRoute } from '../gateway/server/keys.ts';
import { jsonReply, send } from '../gateway/server/reply.ts';
import type { Config } from '../mesh/core/config.ts';
import type { ContextSigner } from '../mesh/identity/context-signer.ts';

export interface EarlyKeysOptions {
  readonly config: Pick<Config, 'host' | 'port' | 'subgraphs'>;
  readonly signer: ContextSigner;
}

/** Does something while the keys are served at the gateway's own address, if any subgraph has to be asked for its schema under a context. */
export async function withEarlyKeys<Value>(
  { config, signer }: EarlyKeysOptions,
  run: () => Promise<Value>,
): Promise<Value> {
  const isNeeded = Object.values(config.subgraphs).some((one) => one.context && one.schemaFile === null);
  // Where the port is any free one, nobody can know where to look.
  if (!isNeeded || config.port === 0) return run();
  const route = createKeysRoute(signer);
  const server = createServer(async (request, response) => {
    send(response, (await route(request.url ?? '/', request)) ?? jsonReply(503, '{"status":"starting"}'));
  });
  await new Promise<void>((resolve) => {
    // The front says better what is wrong with an address.
    server.once('error', () => resolve()).listen(config.port, config.host, resolve);
  });
  try {
    return await run();
  } finally {
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }
}
