/**
 * The lineage graph in SQLite: its tables, and every statement over them. WAL with `synchronous=NORMAL`: a power cut may
 * take the last transactions but leaves the file whole, and as the cursor goes with them they are folded from the log again.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Change, isDescribed, searchTextOf, wordsOf } from './change.ts';
import type {
  EdgeKind,
  EventOccurrence,
  ExecutionOccurrence,
  ExecutionQuery,
  IdentityQuery,
  Lineage,
  LineageEdge,
  LineageNode,
  NodeKind,
  NodeQuery,
  Traversal,
} from './store.ts';
import { type Answer, bounded, compareEdges, compareTexts, type Question, walk } from './walk.ts';

/**
 * `PRAGMA application_id`, "WeLi" in ASCII, and `user_version`, raised with every change of the tables: how a lineage store
 * is told from other databases. One of another version is refused, not migrated: the log can refill it.
 */
const applicationId = 0x57654c69;
const version = 1;

const tables = `
  create table cursor (position integer not null) strict;
  insert into cursor values (0);
  create table nodes (
    id text primary key, kind text not null, name text not null, domain text,
    properties text not null, search text not null
  ) strict, without rowid;
  create table edges (
    from_id text not null, to_id text not null, kind text not null,
    valid_from text not null, valid_to text, recorded_at text not null,
    primary key (from_id, to_id, kind)
  ) strict, without rowid;
  create index edges_to on edges (to_id);
  create table executions (
    position integer primary key, id text not null unique, domain text not null, process text not null,
    status text not null, record text not null
  ) strict;
  create index executions_process on executions (domain, process, position);
  create index executions_status on executions (status, position);
  create table events (
    position integer primary key, source text not null, target text not null, record text not null
  ) strict;
  create index events_source on events (source, position);
  create index events_target on events (target, position) where target <> '';
  pragma application_id = ${applicationId};
  pragma user_version = ${version};
`;

const nodeColumns = 'id, kind, name, domain, properties';
const edgeColumns =
  'from_id as "from", to_id as "to", kind, valid_from as validFrom, valid_to as validTo, recorded_at as recordedAt';

/** Opens the file, made with its folder when missing. Throws what SQLite throws; SQLITE_NOTADB also for a database that is not ours. */
export function openGraph(path: string): SqliteGraph {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: limits.lineageBusyMs });
  try {
    database.exec('begin immediate');
    const numberOf = (text: string): unknown => Object.values(database.prepare(text).get() ?? {})[0];
    if (numberOf('select count(*) from sqlite_schema') === 0) database.exec(tables);
    const found = [numberOf('pragma application_id'), numberOf('pragma user_version')];
    if (found[0] !== applicationId) throw notOurs('a database of another program');
    if (found[1] !== version) throw notOurs(`a lineage database of version ${String(found[1])}`);
    database.exec('commit; pragma journal_mode = wal; pragma synchronous = normal');
    return new SqliteGraph(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** As SQLite itself refuses a file that is not for it: SQLITE_NOTADB. */
function notOurs(found: string): Error {
  return Object.assign(new Error(found), { code: 'ERR_SQLITE_ERROR', errcode: 26 });
}

/** One open database. Its methods are those of the store's port, at once instead of later. */
export class SqliteGraph {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  cursor(): number {
    return Number(this.#database.prepare('select position from cursor').get()?.position);
  }

  apply(change: Change, cursor: number): void {
    this.#transaction('immediate', () => {
      if (cursor <= this.cursor()) return;
      this.#putNodes(change.nodes);
      const end = this.#database.prepare(
        `update edges set valid_to = ? where to_id = ? and kind = 'DECLARED' and valid_to is null`,
      );
      for (const { node, at } of change.ended) end.run(at, node);
      this.#putEdges(change.edges);
      this.#putOccurrences(change);
      this.#database.prepare('update cursor set position = ?').run(cursor);
    });
  }

  traverse(traversal: Traversal): Lineage | null {
    return this.#transaction('deferred', () => {
      const steps = walk(traversal);
      let step = steps.next();
      while (!step.done) step = steps.next(this.#answer(step.value));
      return step.value;
    });
  }

  nodes({ kinds, domain, text, limit }: NodeQuery): readonly LineageNode[] {
    const conditions: Condition[] = [
      ['kind in (select value from json_each(?))', kinds && JSON.stringify(kinds)],
      ['domain = ?', domain],
      [
        'not exists (select 1 from json_each(?) as word where instr(search, word.value) = 0)',
        JSON.stringify(wordsOf(text)),
      ],
    ];
    const { where, values } = whereOf(conditions);
    const most = bounded(limit, { least: 0, most: limits.lineageNodesMax });
    return this.#nodes(`${where} order by id limit ?`, [...values, most]);
  }

  executions({ id, domain, process, status, before, limit }: ExecutionQuery): readonly ExecutionOccurrence[] {
    const { where, values } = whereOf([
      ['id = ?', id],
      ['domain = ?', domain],
      ['process = ?', process],
      ['status = ?', status],
      ['position < ?', before],
    ]);
    const most = bounded(limit, { least: 0, most: limits.lineageReadMax });
    const text = `select record from executions ${where} order by position desc limit ?`;
    return this.#records<ExecutionOccurrence>(text, [...values, most]);
  }

  eventsOf({ identity, before, limit }: IdentityQuery): readonly EventOccurrence[] {
    const most = bounded(limit, { least: 0, most: limits.lineageReadMax });
    const last = before ?? Number.MAX_SAFE_INTEGER;
    // Each end by its own index, so that an identity with a million events costs no more than one page of them.
    const side = (column: string, guard: string): string =>
      `select * from (select position, record from events
       where ${column} = ? and ${guard} position < ? order by position desc limit ?)`;
    return this.#records<EventOccurrence>(
      `select record from (${side('source', '')} union ${side('target', "target <> '' and")})
       order by position desc limit ?`,
      [identity, last, most, identity, last, most, most],
    );
  }

  dump(): { nodes: readonly LineageNode[]; edges: readonly LineageEdge[] } {
    return this.#transaction('deferred', () => ({
      nodes: this.#nodes('', []).toSorted((a, b) => compareTexts(a.id, b.id)),
      edges: this.#edges('', []).toSorted(compareEdges),
    }));
  }

  clear(): void {
    this.#transaction('immediate', () => {
      for (const table of ['nodes', 'edges', 'executions', 'events']) this.#database.exec(`delete from ${table}`);
      this.#database.exec('update cursor set position = 0');
    });
  }

  close(): void {
    this.#database.close();
  }

  #putNodes(nodes: readonly LineageNode[]): void {
    const put = this.#database.prepare(
      `insert into nodes (${nodeColumns}, search) values (?, ?, ?, ?, ?, ?)
       on conflict (id) do update set properties = excluded.properties, search = excluded.search where ?`,
    );
    for (const node of nodes) {
      const { id, kind, name, domain, properties } = node;
      put.run(id, kind, name, domain, JSON.stringify(properties), searchTextOf(node), isDescribed(node) ? 1 : 0);
    }
  }

  #putEdges(edges: readonly LineageEdge[]): void {
    const put = this.#database.prepare(
      `insert into edges values (?, ?, ?, ?, ?, ?)
       on conflict (from_id, to_id, kind) do update
       set valid_to = excluded.valid_to, recorded_at = excluded.recorded_at`,
    );
    for (const { from, to, kind, validFrom, validTo, recordedAt } of edges) {
      put.run(from, to, kind, validFrom, validTo, recordedAt);
    }
  }

  #putOccurrences({ executions, events }: Change): void {
    const putExecution = this.#database.prepare('insert or replace into executions values (?, ?, ?, ?, ?, ?)');
    for (const execution of executions) {
      const { offset, id, domain, process, status } = execution;
      putExecution.run(offset, id, domain, process, status, JSON.stringify(execution));
    }
    const putEvent = this.#database.prepare('insert or replace into events values (?, ?, ?, ?)');
    for (const event of events) putEvent.run(event.offset, event.source, event.target, JSON.stringify(event));
  }

  #answer(question: Question): Answer {
    const ids = JSON.stringify(question.ids);
    const among = 'in (select value from json_each(?))';
    if (question.want === 'nodes') return { nodes: this.#nodes(`where id ${among}`, [ids]) };
    const near = question.direction === 'down' ? 'from_id' : 'to_id';
    return { edges: this.#edges(`where ${near} ${among} and valid_to is null`, [ids]) };
  }

  #nodes(rest: string, values: readonly SQLInputValue[]): LineageNode[] {
    const rows = this.#database.prepare(`select ${nodeColumns} from nodes ${rest}`).all(...values);
    return rows.map((row) => ({
      id: String(row.id),
      kind: String(row.kind) as NodeKind,
      name: String(row.name),
      domain: row.domain === null ? null : String(row.domain),
      properties: JSON.parse(String(row.properties)) as JsonObject,
    }));
  }

  #edges(rest: string, values: readonly SQLInputValue[]): LineageEdge[] {
    const rows = this.#database.prepare(`select ${edgeColumns} from edges ${rest}`).all(...values);
    return rows.map((row) => ({
      from: String(row.from),
      to: String(row.to),
      kind: String(row.kind) as EdgeKind,
      validFrom: String(row.validFrom),
      validTo: row.validTo === null ? null : String(row.validTo),
      recordedAt: String(row.recordedAt),
    }));
  }

  #records<Occurrence>(text: string, values: readonly SQLInputValue[]): Occurrence[] {
    const rows = this.#database.prepare(text).all(...values);
    return rows.map((row) => JSON.parse(String(row.record)) as Occurrence);
  }

  #transaction<Result>(kind: 'immediate' | 'deferred', work: () => Result): Result {
    this.#database.exec(`begin ${kind}`);
    try {
      const result = work();
      this.#database.exec('commit');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some failures, such as a full disk.
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }
}

/** A condition and its value; `undefined`: not asked for. */
type Condition = readonly [text: string, value: SQLInputValue | undefined];

function whereOf(conditions: readonly Condition[]): { where: string; values: SQLInputValue[] } {
  const asked = conditions.filter((condition) => condition[1] !== undefined);
  return {
    where: asked.length === 0 ? '' : `where ${asked.map(([text]) => text).join(' and ')}`,
    values: asked.flatMap(([, value]) => (value === undefined ? [] : [value])),
  };
}
