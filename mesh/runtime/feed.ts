/** Subscription fields fed by data events: each follows the log from its end, and lets through what its condition does. */
import { WeftError } from '../core/error.ts';
import type { StoredEvent } from '../core/event.ts';
import { isJsonObject } from '../core/json.ts';
import type { EventLog } from '../events/log.ts';
import { type Condition, compileCondition } from '../policy/condition.ts';
import type { Declaration } from './declarations.ts';
import type { Operation } from './resolvers.ts';

/** One subscription field's source. */
export interface Feed {
  subscribe(parent: unknown, args: unknown, operation: Operation): Promise<AsyncIterable<Record<string, unknown>>>;
}

/** The feed of a declaration with an event. Throws `POLICY_INVALID`, with its place, for a condition that cannot be read. */
export function createFeed(domain: string, declaration: Declaration, log: EventLog): Feed {
  const { event, field, args: names, coordinate } = declaration;
  if (event === null || field === null) throw new RangeError(`No event feeds "${coordinate}"`);
  const passes = event.where === null ? () => true : conditionOf(event.where, event);
  const filter = { labels: [event.label], domains: [domain] };
  // An argument that was left out is null to the condition, not missing.
  const blank = Object.fromEntries(names.map((name) => [name, null]));
  return {
    async subscribe(_parent, given, { subject, signal }) {
      const args = { ...blank, ...(isJsonObject(given) ? given : {}) };
      const after = await log.end();
      const events = log.follow({ after, filter }, signal);
      return pick(events, field, (stored) => passes({ event: stored, args, subject }));
    },
  };
}

async function* pick(
  events: AsyncIterable<StoredEvent>,
  field: string,
  passes: (event: StoredEvent) => boolean,
): AsyncGenerator<Record<string, unknown>> {
  for await (const event of events) {
    if (passes(event)) yield { [field]: event.payload };
  }
}

function conditionOf(where: string, { at }: NonNullable<Declaration['event']>): Condition {
  try {
    return compileCondition(where);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new WeftError('POLICY_INVALID', { action: `Cannot read @event(where:): ${found}`, at, cause });
  }
}
