/** All agents that need the host, behind the one call that a worker can make. */
import { WeftError } from '../core/error.ts';
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import type { EmittedEvent, SqlValue } from '../sdk/index.ts';
import { type EventsOptions, createEvents } from './events.ts';
import { type MeshOptions, createMesh } from './mesh.ts';
import { type PlatformOptions, createPlatform } from './platform.ts';
import type { Scope } from './scope.ts';
import { type SqlOptions, openSql } from './sql.ts';

export interface AgentsOptions {
  readonly sql: SqlOptions;
  readonly mesh: MeshOptions;
  readonly events: EventsOptions;
  readonly platform: PlatformOptions;
}

/** A call as a logic made it. What it gives and takes is JSON. */
export interface Call {
  readonly logic: string;
  readonly agent: string;
  readonly method: string;
  readonly values: readonly Json[];
}

export interface Agents {
  /** Throws `AGENT_FAILED` and what the agents' methods throw. */
  call(scope: Scope, call: Call): Promise<unknown>;
  close(): void;
}

/** Opens the agents of one domain. Throws `DOMAIN_INVALID` when a dataset cannot be read. */
export async function openAgents(options: AgentsOptions): Promise<Agents> {
  const sql = await openSql(options.sql);
  const mesh = createMesh(options.mesh);
  const events = createEvents(options.events);
  const platform = createPlatform(options.platform);
  return {
    close: () => sql.close(),
    // The arguments are what the author's types let through; each agent and port checks the values it depends on.
    async call(scope, { logic, agent, method, values }) {
      const [first, second] = values;
      switch (`${agent}.${method}`) {
        case 'sql.query':
          return sql.query(scope, textOf(first), objectOf(second) as Readonly<Record<string, SqlValue>>);
        case 'mesh.query':
          return mesh.query(scope, textOf(first), objectOf(second));
        case 'events.emit':
          return events.emit(scope, logic, first as unknown as EmittedEvent);
        case 'platform.nodes':
          return platform.nodes(scope, objectOf(first));
        case 'platform.traverse':
          return platform.traverse(scope, objectOf(first) as unknown as Parameters<typeof platform.traverse>[1]);
        case 'platform.executions':
          return platform.executions(scope, objectOf(first));
        case 'platform.eventsOf':
          return platform.eventsOf(scope, objectOf(first) as unknown as Parameters<typeof platform.eventsOf>[1]);
        case 'platform.events':
          return platform.events(scope, objectOf(first));
        default:
          throw new WeftError('AGENT_DENIED', {
            action: `Cannot call "${method}" of agent "${agent}"`,
            found: 'no such method',
            wanted: 'one of the context’s',
          });
      }
    },
  };
}

function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  throw new WeftError('AGENT_FAILED', { action: 'Cannot call an agent', found: typeof value, wanted: 'a string' });
}

function objectOf(value: Json | undefined): JsonObject {
  if (value === undefined) return {};
  if (isJsonObject(value)) return value;
  throw new WeftError('AGENT_FAILED', { action: 'Cannot call an agent', found: typeof value, wanted: 'an object' });
}
