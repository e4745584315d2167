/** Connects to a subgraph behind HTTP as the configuration says: its address, its timeout, its guard. */
import { giveContext } from '../gateway/auth/context.ts';
import { guardSubgraph } from '../gateway/execute/guard.ts';
import { type HttpSubgraph, createHttpSubgraph } from '../gateway/execute/http.ts';
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import type { ContextSigner } from '../mesh/identity/context-signer.ts';

export interface ConnectOptions {
  readonly name: string;
  readonly sdl: string;
  /** Where the supergraph says that it answers; the configuration may say otherwise. */
  readonly url: string;
  readonly config: Pick<Config, 'subgraphs' | 'timeouts' | 'limits' | 'retries' | 'breaker'>;
  /** Signs contexts, for a subgraph that is to have them. */
  readonly signer: ContextSigner;
}

/** Throws `CONFIG_INVALID` for an address that is none. Nothing is sent yet. */
export function connectSubgraph({ name, sdl, url, config, signer }: ConnectOptions): HttpSubgraph {
  const { subgraphs, timeouts, limits, retries, breaker } = config;
  const own = subgraphs[name];
  const timeoutMs = own?.timeoutMs ?? timeouts.subgraphMs;
  const subgraph = createHttpSubgraph({
    name,
    sdl,
    url: own?.routingUrl ?? url,
    timeoutMs,
    responseBytesMax: limits.responseBytes,
    ...(own === undefined ? {} : { subscriptions: own.subscriptions }),
  });
  const asked =
    own?.context === true
      ? giveContext(subgraph, { signer, clock: systemClock, appliesFilters: own.appliesFilters })
      : subgraph;
  return guardSubgraph(asked, { timeoutMs, retries, breaker: breaker.enabled ? breaker : null });
}
