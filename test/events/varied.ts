/** Events over few words, queries over the same words, and what the second find among the first: the ground for filters. */
import fc from 'fast-check';

import { type EventFilter, type MeshEvent, type StoredEvent, matchesFilter } from '../../mesh/core/event.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { LogQuery } from '../../mesh/events/log.ts';
import { dataEvent } from './event.ts';

/** Words that a filter meets: similar ones, and those that SQL, JSON or UTF-8 could stumble over. */
const words = ['a', 'b', 'c', 'A', 'a ', '%', "'; --", 'é"\'%', '\u0000', '�', '💶', '1'] as const;

/** Events over few words, so that filters match some and not others; the same at each call but for the ids. */
export function variedEvents(count: number): readonly MeshEvent[] {
  const word = (number: number): string => words[number % words.length] ?? 'a';
  return Array.from({ length: count }, (_, n) =>
    dataEvent({
      time: new Date(Date.UTC(2026, 0, 1 + ((n * 7) % 5))).toISOString(),
      label: word(n),
      type: word(n * 5 + 1),
      domain: word((n >> 1) * 7),
      source: word(n * 11 + 2),
      target: n % 3 === 0 ? '' : word(n >> 2),
      process: n % 2 === 0 ? null : word(n >> 1),
      executionId: n % 4 === 0 ? word(n >> 3) : null,
      subject: n % 5 === 0 ? null : word(n * 3),
    }),
  );
}

/** Queries that some of the events answer and some do not: with more conditions few would find anything. */
export function queries(events: readonly MeshEvent[]): fc.Arbitrary<LogQuery> {
  const list = fc.array(fc.constantFrom(...words, '', '\ud800', 'nobody'), { maxLength: 4 });
  const time = fc.constantFrom('2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z', '2026-01-04T23:59:59Z', '', 'é');
  const conditions = {
    labels: list,
    types: list,
    domains: list,
    processes: list,
    sources: list,
    targets: list,
    executionIds: list,
    subjects: list,
    exceptTypes: list,
    since: time,
    until: time,
  };
  const filter = fc
    .subarray(Object.keys(conditions) as (keyof EventFilter)[], { maxLength: 3 })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, conditions[key]]))))
    .map((chosen) => chosen as EventFilter);
  const offset = fc.integer({ min: -2, max: events.length + 2 });
  return fc.record<LogQuery>(
    { after: offset, before: offset, filter, limit: fc.integer({ min: 0, max: 30 }), descending: fc.boolean() },
    { requiredKeys: [] },
  );
}

/** What a query finds, in the plainest words. */
export function oracle(events: readonly MeshEvent[], query: LogQuery): readonly StoredEvent[] {
  const { after = 0, before = Infinity, filter = {}, limit = limits.logReadMax, descending = false } = query;
  const found = stored(events).filter(
    (event) => event.offset > after && event.offset < before && matchesFilter(event, filter),
  );
  return (descending ? found.toReversed() : found).slice(0, limit);
}

/** The events as a log gives them that was empty before. */
export function stored(events: readonly MeshEvent[]): readonly StoredEvent[] {
  return events.map((event, index) => ({ ...event, offset: index + 1 }));
}
