/**
 * The log's file: what is looked at before SQLite may touch it, how a new one is made, and what SQLite's errors mean.
 *
 * Before opening, the file's header is read: a file that is not ours, is cut short or comes from a newer Weft is left
 * untouched. After a crash (a write-ahead log or a journal lies beside the file) SQLite recovers, and a log of at most
 * `limits.logCheckBytesMax` is then read through once; damage elsewhere is reported by the call that meets it.
 */
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { type ErrorParts, WeftError, isWeftError, messageOf } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import { schema } from './sqlite-row.ts';

/** `PRAGMA application_id`, "Weft" in ASCII, and the version of the table: how a log is told from other databases. */
const applicationId = 0x57656674;
const schemaVersion = 1;

/** Opens the log at a path for writing; makes it, and its folder, if there is none. Throws `STORE_CORRUPT` or `STORE_UNAVAILABLE`. */
export function openFile(path: string): DatabaseSync {
  return translated(`Cannot open the log "${path}"`, () => {
    const { bytes, recovers } = inspect(path);
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: limits.logBusyMs });
    try {
      prepare(database);
      if (recovers && bytes <= limits.logCheckBytesMax) check(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens a log that `openFile` has opened before, for reading beside it. */
export function openReader(path: string): DatabaseSync {
  const options = { readOnly: true, timeout: limits.logBusyMs };
  return translated(`Cannot open the log "${path}"`, () => new DatabaseSync(path, options));
}

/** Runs `work`; what SQLite or the file system throws becomes `STORE_CORRUPT` or `STORE_UNAVAILABLE`. */
export function translated<Result>(action: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (isWeftError(cause) || !(cause instanceof Error) || !('code' in cause)) throw cause;
    const primary = 'errcode' in cause ? Number(cause.errcode) & 0xff : null;
    const found = reasons.get(primary ?? String(cause.code)) ?? messageOf(cause);
    if (primary !== null && damage.has(primary)) throw corrupt({ action, found, cause });
    throw new WeftError('STORE_UNAVAILABLE', {
      action,
      found,
      wanted: 'a file that can be read and written',
      fix: 'Set that right, or choose another folder with --data.',
      cause,
    });
  }
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that mean that the file is not what it was; 1 is a table or column that is missing. */
const damage = new Set([1, 11, 26]);

/** SQLite's codes and the system's, in words. */
const reasons = new Map<number | string, string>([
  [3, 'a file that this user may not write to'],
  [5, `another process that has been writing to it for ${limits.logBusyMs} ms`],
  [8, 'a file that this user may not write to'],
  [11, 'a damaged database'],
  [13, 'a full disk'],
  [14, 'a file or folder that this user may not write to'],
  [26, 'a file that is not a SQLite database'],
  ['EACCES', 'a folder that this user may not write to'],
  ['EPERM', 'a folder that this user may not write to'],
  ['EROFS', 'a disk that is read-only'],
  ['ENOSPC', 'a full disk'],
  ['EISDIR', 'a folder of that name'],
  ['ENOTDIR', 'a file where a folder should be'],
  ['EEXIST', 'a file where a folder should be'],
]);

/** Looks at the header (sqlite.org/fileformat2.html, section 1.3); says how large the file is and whether SQLite has to mend it. */
function inspect(path: string): { readonly bytes: number; readonly recovers: boolean } {
  const bytes = sizeOf(path);
  const hasEvents = sizeOf(`${path}-wal`) > 0;
  const recovers = hasEvents || sizeOf(`${path}-journal`) > 0;
  const refuse = (found: string, parts: Partial<ErrorParts> = {}): never => {
    throw corrupt({ action: `Cannot open the log "${path}"`, found, ...parts });
  };
  if (bytes === 0) {
    // SQLite would take this for a new database and throw the write-ahead log away, events and all.
    return hasEvents ? refuse(`no data beside the write-ahead log "${path}-wal"`) : { bytes, recovers };
  }
  const header = readHeader(path);
  if (header.length < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    refuse(`a file of ${bytes} bytes that is not a SQLite database`);
  }
  const application = header.readUInt32BE(68);
  if (application !== applicationId) {
    const wanted = `a log of Weft (${applicationId})`;
    refuse(`a SQLite database of another program (application id ${application})`, { wanted });
  }
  const version = header.readUInt32BE(60);
  if (version !== schemaVersion) {
    const fix = 'Start the Weft that wrote it, or move the file away to start with an empty log.';
    refuse(`a log of version ${version}`, { wanted: `version ${schemaVersion}, which this Weft reads`, fix });
  }
  // A page size of 65,536 is written as 1. In the middle of a commit or checkpoint the file may still grow.
  const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const wanted = header.readUInt32BE(28) * pageBytes;
  if (bytes < wanted && !recovers) refuse(`${bytes} bytes, the file cut short`, { wanted: `${wanted} bytes` });
  return { bytes, recovers };
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    return header.subarray(0, readSync(file, header));
  } finally {
    closeSync(file);
  }
}

/** 0 when there is no such file. */
function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function prepare(database: DatabaseSync): void {
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
  // Taking the write lock also shows whether this user may write at all.
  database.exec('BEGIN IMMEDIATE');
  if (database.prepare('PRAGMA user_version').get()?.['user_version'] === 0) {
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}; ${schema}`);
  }
  database.exec('COMMIT');
  // Only now: a file that says what it is lies on the disk before there is a write-ahead log beside it.
  database.exec('PRAGMA journal_mode = WAL');
}

function check(database: DatabaseSync, path: string): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') throw corrupt({ action: `Cannot open the log "${path}"`, found: `damage (${String(found)})` });
}

function corrupt(parts: ErrorParts): WeftError {
  return new WeftError('STORE_CORRUPT', {
    wanted: 'the log that was written there',
    fix: 'Move the file and those beside it (-wal, -shm) away to start with an empty log, or put them back from a copy.',
    ...parts,
  });
}
