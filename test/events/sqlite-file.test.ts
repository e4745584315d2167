/** Files that are no log, or no longer one: each is named, told what is wrong with it, and left as it was. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { type ErrorCode, isWeftError } from '../../mesh/core/error.ts';
import { openFile } from '../../mesh/events/sqlite-file.ts';
import { openSqliteLog } from '../../mesh/events/sqlite.ts';
import { dataEvents } from './event.ts';

const away =
  'Move the file and those beside it (-wal, -shm) away to start with an empty log, or put them back from a copy.';

describe('openSqliteLog() leaves as it was, and names,', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'weft-log-'));
    path = join(folder, 'log.db');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a file that is no database', async () => {
    writeFileSync(path, 'name,offset\n'.repeat(100));
    await refuses('STORE_CORRUPT', [
      `found a file of 1200 bytes that is not a SQLite database, wanted the log that was written there. ${away}`,
    ]);
  });

  test('a file that is shorter than a header', async () => {
    writeFileSync(path, 'SQLite format 3\0');
    await refuses('STORE_CORRUPT', ['found a file of 16 bytes that is not a SQLite database']);
  });

  test('a log that was cut short', async () => {
    await writeLog();
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, whole.length - 5_000));
    await refuses('STORE_CORRUPT', [
      `found ${whole.length - 5_000} bytes, the file cut short, wanted ${whole.length} bytes`,
    ]);
  });

  test("another program's database", async () => {
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE flights (id INTEGER)');
    database.close();
    await refuses('STORE_CORRUPT', [
      'found a SQLite database of another program (application id 0), wanted a log of Weft',
    ]);
  });

  test('a log of a newer version', async () => {
    await writeLog();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    await refuses('STORE_CORRUPT', [
      'found a log of version 2, wanted version 1, which this Weft reads. Start the Weft that wrote it, or move the file away to start with an empty log.',
    ]);
  });

  test('a write-ahead log whose file is gone', async () => {
    await crashLog();
    writeFileSync(path, '');
    await refuses('STORE_CORRUPT', [`found no data beside the write-ahead log "${path}-wal"`]);
  });

  test('a log that is a folder', async () => {
    mkdirSync(path);
    await refuses('STORE_UNAVAILABLE', [
      'found a folder of that name, wanted a file that can be read and written. Set that right, or choose another folder with --data.',
    ]);
  });

  test('a folder that is a file', async () => {
    writeFileSync(path, '');
    path = join(path, 'log.db');
    await refuses('STORE_UNAVAILABLE', ['found a file where a folder should be']);
  });

  test('a folder that may not be written to', { skip: process.platform === 'win32' && 'has no such modes' }, () => {
    chmodSync(folder, 0o555);
    const cannotOpen = (name: string, found: string): void => {
      const message = `Cannot open the log "${name}": found ${found}, wanted a file that can be read and written. Set that right, or choose another folder with --data.`;
      assert.throws(() => withoutRights(() => openFile(name)), { code: 'STORE_UNAVAILABLE', message });
    };
    cannotOpen(path, 'a file or folder that this user may not write to');
    cannotOpen(join(folder, 'data', 'log.db'), 'a folder that this user may not write to');
    assert.deepEqual(contents(folder), new Map());
  });

  /** Asserts that opening the log fails so, and that no file in the folder has changed. */
  async function refuses(code: ErrorCode, sentences: readonly string[]): Promise<void> {
    const before = contents(folder);
    await assert.rejects(openAndClose(), (error) => {
      assert.ok(isWeftError(error, code), String(error));
      for (const sentence of [`Cannot open the log "${path}": `, ...sentences]) {
        assert.ok(error.message.includes(sentence), error.message);
      }
      return true;
    });
    assert.deepEqual(contents(folder), before);
  }

  /** A log that opens against expectation must not keep the process alive. */
  async function openAndClose(): Promise<void> {
    const log = await openSqliteLog({ path });
    await log.close();
  }

  async function writeLog(): Promise<void> {
    const log = await openSqliteLog({ path });
    await log.append(dataEvents(200));
    await log.close();
  }

  /** Leaves the files as a crash of the whole machine would: the write-ahead log not taken in. */
  async function crashLog(): Promise<void> {
    const log = await openSqliteLog({ path });
    // Set, so that each index has its share in it.
    await log.append(dataEvents(200, { target: 'gate:7', executionId: 'e1' }));
    const files = contents(folder);
    await log.close();
    for (const [name, bytes] of files) if (!name.endsWith('-shm')) writeFileSync(join(folder, name), bytes);
  }

  describe('and otherwise', () => {
    test('finds all events after a crash', async () => {
      await crashLog();
      assert.ok(existsSync(`${path}-wal`));
      const log = await openSqliteLog({ path });
      assert.equal(await log.end(), 200);
      assert.equal((await log.read()).length, 200);
      await log.close();
    });

    test('finds all events after a crash in the middle of a checkpoint, the file still short', async () => {
      await crashLog();
      const whole = readFileSync(path);
      writeFileSync(path, whole.subarray(0, whole.length - 4_096));
      const log = await openSqliteLog({ path });
      assert.equal((await log.read({ filter: { executionIds: ['e1'] } })).length, 200);
      await log.close();
    });

    test('reports damage after a crash', async () => {
      await writeLog();
      await crashLog();
      damage(0.1, 1);
      await assert.rejects(openAndClose(), (error) => isWeftError(error, 'STORE_CORRUPT'));
    });

    test('reports damage elsewhere by the call that meets it, and goes on', async () => {
      await writeLog();
      damage(0.4, 0.6);
      const log = await openSqliteLog({ path });
      await assert.rejects(log.read(), (error) => {
        assert.ok(isWeftError(error, 'STORE_CORRUPT'));
        assert.match(error.message, /^Cannot read the log ".*": found a damaged database, wanted the log/);
        return true;
      });
      assert.equal(await log.end(), 200);
      await log.close();
    });
  });

  /** Writes noise over a part of the file. */
  function damage(from: number, to: number): void {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xa5, bytes.length * from, bytes.length * to));
  }
});

/** Root may write anywhere, so it does this as nobody. */
function withoutRights(work: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

function contents(folder: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map(({ name }) => [name, readFileSync(join(folder, name))]));
}
