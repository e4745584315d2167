/** The log's table: how an event becomes a row and a row an event, and how a query becomes SQL. Pure. */
import type { EventFilter, MeshEvent, StoredEvent } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { LogQuery } from './log.ts';

/** An event as it is written. Threads pass rows, not events: lists of scalars are cheap to copy. */
export type Row = readonly [
  id: string,
  time: string,
  type: string,
  label: string,
  source: string,
  target: string,
  domain: string,
  product: string | null,
  process: string | null,
  revision: string | null,
  logic: string | null,
  executionId: string | null,
  sequence: number | null,
  subject: string | null,
  traceparent: string | null,
  classification: string,
  payload: string,
];

/** An event as it is read. */
export type StoredRow = readonly [offset: number, ...row: Row];

/** SQL text and the values bound to its question marks. */
export interface Select {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** In the order of `Row`. The payload is last, so that a filter is decided before SQLite comes to it. */
const columns =
  'id, time, type, label, source, target, domain, product, process, revision, logic, executionId, sequence, subject, traceparent, classification, payload';

/** The table and its indexes. `AUTOINCREMENT` never gives an offset again, even if the newest rows were deleted. */
export const schema = `
  CREATE TABLE events (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    time TEXT NOT NULL,
    type TEXT NOT NULL,
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    domain TEXT NOT NULL,
    product TEXT,
    process TEXT,
    revision TEXT,
    logic TEXT,
    executionId TEXT,
    sequence INTEGER,
    subject TEXT,
    traceparent TEXT,
    classification TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_label ON events (label);
  CREATE INDEX events_type ON events (type);
  CREATE INDEX events_domain ON events (domain);
  CREATE INDEX events_source ON events (source);
  CREATE INDEX events_target ON events (target);
  CREATE INDEX events_execution ON events (executionId) WHERE executionId IS NOT NULL;
`;

/** Stores a row. */
export const insertText = `INSERT INTO events (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`;
/** The offset of an id. */
export const offsetText = 'SELECT offset FROM events WHERE id = ?';
/** The largest offset. */
export const endText = 'SELECT offset FROM events ORDER BY offset DESC LIMIT 1';

/** Makes the row of an event whose payload is given as JSON text. */
export function toRow(event: MeshEvent, payload: string): Row {
  const { id, time, type, label, source, target, domain, product, process, revision, logic } = event;
  const { executionId, sequence, subject, traceparent } = event;
  const classification = JSON.stringify(event.classification);
  return [
    ...([id, time, type, label, source, target, domain, product, process, revision, logic] as const),
    ...([executionId, sequence, subject, traceparent, classification, payload] as const),
  ];
}

/** Makes the event of a row. */
export function toEvent(row: StoredRow): StoredEvent {
  const [offset, id, time, type, label, source, target, domain, product, process, revision, logic, ...rest] = row;
  const [executionId, sequence, subject, traceparent, classification, payload] = rest;
  return {
    offset,
    id,
    time,
    type,
    label,
    source,
    target,
    domain,
    product,
    process,
    revision,
    logic,
    executionId,
    sequence,
    subject,
    classification: JSON.parse(classification) as readonly string[],
    traceparent,
    payload: JSON.parse(payload) as JsonObject,
  };
}

const columnOf = {
  labels: 'label',
  types: 'type',
  domains: 'domain',
  processes: 'process',
  sources: 'source',
  targets: 'target',
  executionIds: 'executionId',
  subjects: 'subject',
} as const satisfies Partial<Record<keyof EventFilter, keyof MeshEvent>>;

/** The SELECT that answers a query with `StoredRow`s. */
export function selectOf(query: LogQuery): Select {
  const { after = 0, before, filter = {}, limit = limits.logReadMax, descending = false } = query;
  const conditions = ['offset > ?'];
  const values: (string | number)[] = [after];
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add('offset < ?', before);
  for (const [key, column] of Object.entries(columnOf)) {
    const wanted = filter[key as keyof typeof columnOf];
    // One value and a list differ in what the planner can do: only with `=` does the index give rows in order.
    const operator = wanted?.length === 1 ? '=' : 'IN';
    // A list travels as one JSON value, so that its length meets no bound on parameters.
    add(`${column} ${operator} (SELECT value FROM json_each(?))`, wanted && JSON.stringify(wanted));
  }
  add('type NOT IN (SELECT value FROM json_each(?))', filter.exceptTypes && JSON.stringify(filter.exceptTypes));
  add('time >= ?', filter.since);
  add('time < ?', filter.until);
  values.push(Math.max(0, Math.min(Math.trunc(limit), limits.logReadMax)));
  const order = descending ? 'DESC' : 'ASC';
  const where = conditions.join(' AND ');
  return { text: `SELECT offset, ${columns} FROM events WHERE ${where} ORDER BY offset ${order} LIMIT ?`, values };
}
