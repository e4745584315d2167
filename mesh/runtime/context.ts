/** What a logic is handed, made the same way in a worker and inline: agents that end in one `call` function. */
import { WeftError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import type { Context, SessionAgent, SqlValue } from '../sdk/index.ts';
import type { AgentCall, LogLine, OrderBody } from './message.ts';

export interface ContextParts extends Omit<OrderBody, 'filters'> {
  readonly execution: Context['execution'];
  readonly signal: AbortSignal;
  readonly visible: Context['visible'];
  readonly seesAll: Context['seesAll'];
  /** Calls an agent's method; resolves with its value, which is JSON. */
  call(call: AgentCall): Promise<unknown>;
  write(line: LogLine): void;
}

/** Gives each logic of one execution its context. They share one session. */
export function createContexts(parts: ContextParts): (logic: string) => Context {
  const { execution, input, subject, signal, variables, visible, seesAll } = parts;
  const session = createSession(execution.process);
  return (logic) => {
    const agent =
      (name: AgentCall['agent'], method: string) =>
      async (...values: unknown[]): Promise<never> => {
        signal.throwIfAborted();
        // The agent's method promises this type; `mesh/agents` keeps it.
        return (await parts.call({ logic, agent: name, method, json: JSON.stringify(values) })) as never;
      };
    const write =
      (level: LogLine['level']) =>
      (message: string, details: JsonObject = {}) =>
        parts.write({ logic, level, message: String(message), details });
    return {
      execution,
      logic,
      input,
      subject,
      signal,
      visible,
      seesAll,
      session,
      variables,
      sql: {
        query: (text: string, parameters: Readonly<Record<string, SqlValue>> = {}) =>
          agent('sql', 'query')(text, parameters),
      },
      mesh: { query: (document: string, given: JsonObject = {}) => agent('mesh', 'query')(document, given) },
      events: { emit: agent('events', 'emit') },
      log: { info: write('info'), warn: write('warn') },
      platform: {
        nodes: agent('platform', 'nodes'),
        traverse: agent('platform', 'traverse'),
        executions: agent('platform', 'executions'),
        eventsOf: agent('platform', 'eventsOf'),
        events: agent('platform', 'events'),
      },
    };
  };
}

function createSession(process: string): SessionAgent<Record<string, unknown>> {
  const values = new Map<string, unknown>();
  return {
    get(key) {
      if (values.has(key)) return values.get(key);
      throw new WeftError('LOGIC_FAILED', {
        action: `Cannot get "${key}" from the session of process "${process}"`,
        found: values.size === 0 ? 'an empty session' : `${[...values.keys()].map((name) => `"${name}"`).join(', ')}`,
        wanted: `a value that an earlier logic has set`,
      });
    },
    set: (key, value) => void values.set(key, value),
    has: (key) => values.has(key),
  };
}
