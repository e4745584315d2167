/** Both lineage stores against one contract, and what each of them promises alone. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { isWeftError } from '../../mesh/core/error.ts';
import { createId } from '../../mesh/core/id.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import type { LineageStore } from '../../mesh/lineage/store.ts';
import { startNeo4j } from '../support/neo4j/server.ts';
import { flows } from './build.ts';
import { describeStore } from './contract.ts';

const folder = await mkdtemp(join(tmpdir(), 'weft-lineage-'));
const neo4j = await startNeo4j();
const neo4jSpaces: LineageStore[] = [];
after(async () => {
  for (const store of neo4jSpaces) {
    await store.clear();
    await store.close();
  }
  await neo4j?.stop();
  await rm(folder, { recursive: true });
});

describeStore({
  name: 'SqliteStore',
  skip: false,
  graphs: 150,
  open: async () => {
    const path = join(folder, createId(), 'lineage.db');
    return { store: await openStore(path), reopen: async () => await openStore(path) };
  },
});

describeStore({
  name: 'Neo4jStore',
  skip: neo4j === null && 'no Neo4j: WEFT_NEO4J_URL is not set, and there is no JDK with Maven to start one',
  graphs: 25,
  open: async () => {
    const url = neo4jSpace();
    neo4jSpaces.push(await openStore(url));
    return { store: await openStore(url), reopen: async () => await openStore(url) };
  },
});

describe('openSqliteStore()', () => {
  it('makes the folder of a file that is not there', async () => {
    const path = join(folder, 'new', 'and', 'deep', 'lineage.db');
    const store = await openStore(path);
    assert.equal(store.location, `sqlite ${path}`);
    await store.close();
  });

  it('refuses a file that is no database, saying which and that it can be rebuilt', async () => {
    const path = join(folder, 'text.db');
    await writeFile(path, 'This is a letter, not a database. '.repeat(100));
    await assert.rejects(openStore(path), (error: unknown) => {
      assert.ok(isWeftError(error, 'STORE_CORRUPT'));
      assert.equal(
        error.message,
        `Cannot use the lineage store "${path}": found file is not a database, wanted a lineage database of this ` +
          'version. Delete it; it is rebuilt from the log.',
      );
      return true;
    });
  });

  it('refuses a database of others and leaves it alone', async () => {
    const path = join(folder, 'other.db');
    const other = new DatabaseSync(path);
    other.exec('pragma user_version = 1; create table notes (text text)');
    other.close();
    const before = await readFile(path);
    await assert.rejects(openStore(path), (error) => isWeftError(error, 'STORE_CORRUPT'));
    assert.deepEqual(await readFile(path), before);
  });

  it('refuses a lineage database of another version', async () => {
    const path = join(folder, 'newer.db');
    await (await openStore(path)).close();
    const newer = new DatabaseSync(path);
    newer.exec('pragma user_version = 99');
    newer.close();
    await assert.rejects(openStore(path), (error: unknown) => {
      assert.ok(isWeftError(error, 'STORE_CORRUPT'));
      assert.match(error.message, /found a lineage database of version 99, wanted a lineage database of this version/);
      return true;
    });
  });

  it('says STORE_CORRUPT when a page turns out to be broken', async () => {
    const path = join(folder, 'cut.db');
    const store = await openStore(path);
    await store.apply(flows('a -> b'), 1);
    await store.close();
    await truncate(path, 8_192);
    await assert.rejects(
      async () => {
        const cut = await openStore(path);
        await cut.dump().finally(async () => await cut.close());
      },
      (error) => isWeftError(error, 'STORE_CORRUPT'),
    );
  });

  it('says STORE_UNAVAILABLE when the file cannot be made', async () => {
    const path = join(folder, 'text.db', 'lineage.db');
    await assert.rejects(openStore(path), (error) => isWeftError(error, 'STORE_UNAVAILABLE'));
  });
});

describe('openNeo4jStore()', () => {
  it('refuses a URL of another scheme, and never shows a password', async () => {
    await assert.rejects(openStore('http://ada:secret@localhost:7687'), (error: unknown) => {
      assert.ok(isWeftError(error, 'CONFIG_INVALID'));
      assert.equal(
        error.message,
        'Cannot open the lineage store in Neo4j: found a URL of scheme "http:" and host "localhost", wanted bolt://user:password@host:port.',
      );
      return true;
    });
    await assert.rejects(openStore('bolt://'), (error) => isWeftError(error, 'CONFIG_INVALID'));
  });

  it('opens before its server is there; calls fail with STORE_UNAVAILABLE', async () => {
    const store = await openStore('bolt://ada:secret@127.0.0.1:9');
    assert.equal(store.location, 'neo4j bolt://127.0.0.1:9');
    await assert.rejects(store.cursor(), (error: unknown) => {
      assert.ok(isWeftError(error, 'STORE_UNAVAILABLE'));
      assert.equal(error.kind.retryable, true);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await store.close();
  });

  it('keeps spaces of one server apart', { skip: neo4j === null }, async () => {
    const [one, other] = [await openStore(neo4jSpace()), await openStore(neo4jSpace())];
    neo4jSpaces.push(one, other);
    await one.apply(flows('a -> b'), 1);
    await other.apply(flows('a -> c'), 2);
    await other.clear();
    assert.equal((await one.dump()).nodes.length, 2);
    assert.deepEqual([await one.cursor(), await other.cursor()], [1, 0]);
  });
});

function neo4jSpace(): string {
  return `${neo4j?.url}?space=${createId()}`;
}
