/** `/health/live`, or `/health`, says that the process answers; `/health/ready` whether everything behind it does, and if not, why. */
import { messageOf } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { jsonReply, type Reply, type Route } from './reply.ts';

export interface Probe {
  /** `null` when the part works; else why not. Throwing is a reason too. */
  (): Promise<string | null>;
}

export interface HealthOptions {
  /** By name; asked for anew at each look, for a mesh may change. */
  readonly subgraphs: () => Readonly<Record<string, Probe>>;
  /** Beside them, by name: `log`, `lineage`. */
  readonly parts: Readonly<Record<string, Probe>>;
  /** Gives why an older supergraph is served than there is. The gateway is ready all the same. */
  readonly supergraph?: Probe;
  /** The same of policies. */
  readonly policy?: Probe;
}

interface Health {
  readonly status: 'up' | 'down';
  readonly reason?: string;
}

/** Ready is 200 when every part is up, 503 otherwise. Requests that come during a look share it. */
export function createHealthRoute(options: HealthOptions): Route {
  let look: Promise<Reply> | null = null;
  return async (path) => {
    if (path === '/health/live' || path === '/health') return jsonReply(200, '{"status":"up"}');
    if (path !== '/health/ready') return null;
    look ??= lookAt(options).finally(() => {
      look = null;
    });
    return look;
  };
}

async function lookAt(options: HealthOptions): Promise<Reply> {
  const [subgraphs, parts, supergraph, policy] = await Promise.all([
    askAll(options.subgraphs()),
    askAll(options.parts),
    options.supergraph && ask(options.supergraph),
    options.policy && ask(options.policy),
  ]);
  const isUp = [...Object.values(subgraphs), ...Object.values(parts)].every(({ status }) => status === 'up');
  const served = { ...(supergraph && { supergraph: staleOf(supergraph) }), ...(policy && { policy: staleOf(policy) }) };
  const body = { status: isUp ? 'up' : 'down', ...served, subgraphs, ...parts };
  return jsonReply(isUp ? 200 : 503, JSON.stringify(body));
}

/** What could not be taken up does not keep the gateway from serving what it has. */
function staleOf(health: Health): Omit<Health, 'status'> & { readonly status: string } {
  return health.status === 'down' ? { ...health, status: 'stale' } : health;
}

async function askAll(probes: Readonly<Record<string, Probe>>): Promise<Readonly<Record<string, Health>>> {
  const named = Object.entries(probes).map(async ([name, probe]) => [name, await ask(probe)] as const);
  return Object.fromEntries(await Promise.all(named));
}

async function ask(probe: Probe): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${limits.healthProbeMs} ms`), limits.healthProbeMs);
  });
  try {
    const reason = await Promise.race([probe(), silence]);
    return reason === null ? { status: 'up' } : { status: 'down', reason };
  } catch (error) {
    return { status: 'down', reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
