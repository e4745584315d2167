/** The `platform` agent: lineage and log for the platform's own domains, and for no other. */
import { WeftError } from '../core/error.ts';
import type { StoredEvent } from '../core/event.ts';
import type { EventLog, LogQuery } from '../events/log.ts';
import type { ExecutionQuery, IdentityQuery, LineageStore, NodeQuery, Traversal } from '../lineage/store.ts';
import type { Scope } from './scope.ts';

export interface PlatformOptions {
  readonly log: EventLog;
  /** `null`: nobody may use the agent. */
  readonly store: LineageStore | null;
  /** Names of the domains that may use it. */
  readonly domains: readonly string[];
}

/** Every method throws `AGENT_DENIED` for a domain that is not the platform's. */
export function createPlatform({ log, store, domains }: PlatformOptions) {
  const storeFor = ({ execution: { domain } }: Scope): LineageStore => {
    if (store !== null && domains.includes(domain)) return store;
    throw new WeftError('AGENT_DENIED', {
      action: `Cannot use the platform agent in domain "${domain}"`,
      found: 'a domain that is not the platform’s',
      wanted: domains.length === 0 ? 'none' : domains.join(', '),
    });
  };
  return {
    async nodes(scope: Scope, query: NodeQuery) {
      return storeFor(scope).nodes(query);
    },
    async traverse(scope: Scope, traversal: Traversal) {
      return storeFor(scope).traverse(traversal);
    },
    async executions(scope: Scope, query: ExecutionQuery) {
      return storeFor(scope).executions(query);
    },
    async eventsOf(scope: Scope, query: IdentityQuery) {
      return storeFor(scope).eventsOf(query);
    },
    async events(scope: Scope, query: LogQuery): Promise<readonly StoredEvent[]> {
      storeFor(scope);
      return log.read(query);
    },
  };
}
