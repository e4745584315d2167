/**
 * The threads behind `sqlite.ts`: one writes, one reads beside it (write-ahead logging lets both at once), so that
 * neither a slow disk nor a long search holds up anything else.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';

import { endText, insertText, offsetText } from './sqlite-row.ts';
import type { Row, Select, StoredRow } from './sqlite-row.ts';
import { openFile, openReader, translated } from './sqlite-file.ts';
import { answerQuestions } from './thread.ts';

/** What the threads can be asked. `open` comes first, `close` last. */
export interface LogCalls {
  /** Answers with the end of the log. */
  readonly open: { readonly input: { readonly path: string; readonly writes: boolean }; readonly output: number };
  readonly append: { readonly input: readonly Row[]; readonly output: Appended };
  readonly read: { readonly input: Select; readonly output: Page };
  readonly end: { readonly input: null; readonly output: number };
  readonly close: { readonly input: null; readonly output: void };
}

/** What one transaction stored. */
export interface Appended {
  /** Of each row, in order. */
  readonly offsets: readonly number[];
  /** The end of the log before. */
  readonly before: number;
}

/** What one look at the log found. */
export interface Page {
  readonly rows: readonly StoredRow[];
  /** The end of the log, not later than the look: what passes the filter up to here is in `rows`, if the limit left room. */
  readonly end: number;
}

interface OpenLog {
  readonly path: string;
  readonly database: DatabaseSync;
  readonly end: StatementSync;
}

/** Set by `open`. */
let log: OpenLog | null = null;

if (parentPort !== null) answerQuestions<LogCalls>(parentPort, { open, append, read, end, close });

function open({ path, writes }: LogCalls['open']['input']): number {
  const database = writes ? openFile(path) : openReader(path);
  log = { path, database, end: prepare(database, endText) };
  return end();
}

function append(rows: readonly Row[]): Appended {
  return withLog('append to', ({ database }) => {
    const insert = prepare(database, insertText);
    const find = prepare(database, offsetText);
    database.exec('BEGIN IMMEDIATE');
    try {
      const before = end();
      // Looked for first: an insert that meets its id would use up an offset.
      const offsets = rows.map((row) => numberOf(find, row[0]) ?? Number(insert.run(...row).lastInsertRowid));
      database.exec('COMMIT');
      return { offsets, before };
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
}

function read({ text, values }: Select): Page {
  return withLog('read', ({ database }) => {
    // The end first: what is stored between the two is then looked at twice rather than never.
    const before = end();
    return { rows: prepare(database, text).all(...values) as unknown as StoredRow[], end: before };
  });
}

function end(): number {
  return withLog('read', (open) => numberOf(open.end) ?? 0);
}

function close(): void {
  withLog('close', ({ database }) => database.close());
}

/** A statement whose rows are lists. */
function prepare(database: DatabaseSync, text: string): StatementSync {
  const statement = database.prepare(text);
  statement.setReturnArrays(true);
  return statement;
}

/** The one number that a statement gives; none when it finds no row. */
function numberOf(statement: StatementSync, ...values: readonly string[]): number | undefined {
  const row = statement.get(...values) as unknown as readonly [number] | undefined;
  return row?.[0];
}

function withLog<Result>(verb: string, work: (open: OpenLog) => Result): Result {
  const open = log;
  if (open === null) throw new Error('The log is used before it is open.');
  return translated(`Cannot ${verb} the log "${open.path}"`, () => work(open));
}
