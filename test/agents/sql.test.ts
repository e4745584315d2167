/** The `sql` agent on a real DuckDB: what it answers, what it notes, and what hostile SQL cannot reach. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { isWeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Sql, openSql } from '../../mesh/agents/sql.ts';
import { csv, parquet } from '../../mesh/sdk/index.ts';
import { createScope } from './scope.ts';

const packages = join(import.meta.dirname, '../../node_modules');
const trees =
  'id,name,height,planted,seen\n1,Oak,12.5,1901-03-04,2001-01-01 10:00:00\n2,Elm,,1950-12-31,2001-01-01 10:00:00.25\n';

async function open(t: TestContext): Promise<{ sql: Sql; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-sql-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'trees.csv'), trees);
  const datasets = {
    trees: csv('trees.csv'),
    flights: parquet('npm:vega-datasets/data/flights-3m.parquet'),
    airports: csv('npm:vega-datasets/data/airports.csv'),
  };
  const sql = await openSql({ folder, packages, datasets });
  t.after(() => sql.close());
  return { sql, folder };
}

describe('query()', () => {
  test('gives rows as JSON: whole numbers as numbers, times in ISO 8601', async (t) => {
    const { sql } = await open(t);
    const rows = await sql.query(createScope(), 'select * from trees order by id', {});
    assert.deepEqual(rows, [
      { id: 1, name: 'Oak', height: 12.5, planted: '1901-03-04', seen: '2001-01-01T10:00:00' },
      { id: 2, name: 'Elm', height: null, planted: '1950-12-31', seen: '2001-01-01T10:00:00.25' },
    ]);
    const [row] = await sql.query(
      createScope(),
      `select count(*) as n, 9007199254740993 as beyond, sum(id) as huge, 1.50::decimal(5,2) as exact, [1::bigint, 2] as list,
       {'a': 1::bigint, 'at': timestamp '2001-01-01'} as struct, timestamptz '2001-01-01 00:00:00+00' as zoned, true as flag, 'NaN'::double as nan
       from trees`,
      {},
    );
    assert.deepEqual(row, {
      n: 2,
      beyond: '9007199254740993',
      huge: 3,
      exact: '1.50',
      list: [1, 2],
      struct: { a: 1, at: '2001-01-01T00:00:00' },
      zoned: '2001-01-01T00:00:00Z',
      flag: true,
      nan: 'NaN',
    });
  });

  test('binds by name: scalars, null, and lists of any kind, empty ones too', async (t) => {
    const { sql } = await open(t);
    const ask = (text: string, parameters: Parameters<Sql['query']>[2]) => sql.query(createScope(), text, parameters);
    assert.deepEqual(await ask('select $a as a, $b as b, $c as c, $d as d', { a: 1, b: 'x', c: null, d: true }), [
      { a: 1, b: 'x', c: null, d: true },
    ]);
    const ids = 'select id from trees where id in (select unnest($ids)) order by id';
    const names = 'select id from trees where name in (select unnest($ids))';
    assert.deepEqual(await ask(ids, { ids: [2, 1] }), [{ id: 1 }, { id: 2 }]);
    assert.deepEqual(await ask(ids, { ids: [1, 2.5, 2] }), [{ id: 1 }, { id: 2 }]);
    assert.deepEqual(await ask(ids, { ids: [1, 2 ** 40] }), [{ id: 1 }]);
    assert.deepEqual(await ask(names, { ids: ['Elm'] }), [{ id: 2 }]);
    assert.deepEqual(await ask(names, { ids: [] }), []);
    assert.deepEqual(await ask(ids, { ids: [] }), []);
  });

  test('notes the datasets that it reads, and no others', async (t) => {
    const { sql } = await open(t);
    for (const text of [
      'select * from trees, (select 1) as airports_',
      'with x as (select * from main."TREES") select count(*) from x',
      'select (select max(id) from trees) as most',
    ]) {
      const scope = createScope();
      await sql.query(scope, text, {});
      assert.deepEqual(scope.inputs.all, [{ kind: 'dataset', namespace: 'file', name: 'trees.csv' }], text);
    }
    const scope = createScope();
    await sql.query(scope, 'select 1 from flights f join airports a on f.origin = a.iata limit 1', {});
    assert.deepEqual(scope.inputs.all, [
      { kind: 'dataset', namespace: 'npm:vega-datasets', name: 'data/flights-3m.parquet' },
      { kind: 'dataset', namespace: 'npm:vega-datasets', name: 'data/airports.csv' },
    ]);
  });

  test('reads Parquet where it lies, with the numbers of its rows', async (t) => {
    const { sql } = await open(t);
    const rows = await sql.query(
      createScope(),
      'select file_row_number as n, origin from flights where file_row_number in (0, 2999999)',
      {},
    );
    assert.deepEqual(
      rows.map(({ n }) => n),
      [0, 2_999_999],
    );
  });

  test('runs more queries at a time than it has connections', async (t) => {
    const { sql } = await open(t);
    const numbers = Array.from({ length: 5 * limits.sqlConnectionsMax }, (_, n) => n);
    const rows = await Promise.all(
      numbers.map((n) => sql.query(createScope(), 'select $n as n from trees limit 1', { n })),
    );
    assert.deepEqual(
      rows.map(([row]) => row?.['n']),
      numbers,
    );
  });

  test('tells what the database says of bad SQL and bad parameters', async (t) => {
    const { sql } = await open(t);
    for (const [text, parameters, found] of [
      ['select * from nowhere', {}, /Table with name nowhere does not exist/],
      ['selec 1', {}, /syntax error/],
      ['select $a as a', {}, /parameters: a/],
      ['select $a as a', { a: 1, b: 2 }, /Cannot run "select \$a as a"/],
      ["select 'x'::int as i", {}, /Could not convert/],
    ] as const) {
      await assert.rejects(sql.query(createScope(), text, parameters), (thrown) => {
        assert.ok(isWeftError(thrown, 'AGENT_FAILED'), text);
        assert.match(thrown.message, found);
        return true;
      });
    }
  });

  test('gives no more rows than the limit', async (t) => {
    const { sql } = await open(t);
    const ask = (n: number) => sql.query(createScope(), 'select * from range($n)', { n });
    assert.equal((await ask(limits.agentRowsMax)).length, limits.agentRowsMax);
    await assert.rejects(ask(limits.agentRowsMax + 1), (thrown) => isWeftError(thrown, 'AGENT_FAILED'));
  });

  test('is interrupted when its execution is over', async (t) => {
    const { sql } = await open(t);
    const stop = new AbortController();
    const endless = sql.query(
      createScope(stop.signal),
      'select count(*) from flights a join flights b on a.delay < b.delay',
      {},
    );
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(endless, (thrown) => isWeftError(thrown, 'AGENT_FAILED'));
    await assert.rejects(sql.query(createScope(stop.signal), 'select 1', {}));
    assert.equal((await sql.query(createScope(), 'select 1 as a', {})).length, 1);
  });
});

describe('hostile SQL', () => {
  test('opens no file but the datasets', async (t) => {
    const { sql, folder } = await open(t);
    const other = join(folder, 'other.csv');
    writeFileSync(other, 'a\n1\n');
    for (const text of [
      "select * from read_text('/etc/passwd')",
      "select * from read_csv('/proc/self/environ')",
      `select * from read_csv('${other}')`,
      `select * from '${other}'`,
      `select * from glob('${folder}/*')`,
      "select * from read_parquet('https://127.0.0.1:1/x.parquet')",
      "select * from sniff_csv('/etc/passwd')",
      "select getenv('HOME')",
    ]) {
      await assert.rejects(sql.query(createScope(), text, {}), (thrown) => isWeftError(thrown, 'AGENT_FAILED'), text);
    }
  });

  test('runs nothing but one SELECT', async (t) => {
    const { sql, folder } = await open(t);
    const own = join(folder, 'trees.csv');
    for (const text of [
      "copy (select 1) to '/tmp/weft-hostile.csv'",
      `copy (select 1) to '${own}' (use_tmp_file false)`,
      `attach '${join(folder, 'x.db')}'`,
      'install httpfs',
      'load httpfs',
      'set enable_external_access = true',
      'reset lock_configuration',
      'create table t (a int)',
      'drop table trees',
      'create or replace view flights as select 1',
      "insert into trees values (3, 'Ash', 1, null, null)",
      'delete from trees',
      `export database '${folder}'`,
      'begin transaction',
      'call pragma_version()',
      'explain analyze select 1',
      'prepare p as select 1',
      'create secret s (type s3)',
      'select 1; drop table trees',
      'checkpoint',
    ]) {
      await assert.rejects(
        sql.query(createScope(), text, {}),
        (thrown) => isWeftError(thrown, 'AGENT_DENIED') || isWeftError(thrown, 'AGENT_FAILED'),
        text,
      );
    }
    assert.deepEqual(await sql.query(createScope(), 'select count(*) as n from trees', {}), [{ n: 2 }]);
    assert.equal(readFileSync(own, 'utf8'), trees);
    assert.deepEqual(readdirSync(folder), ['trees.csv']);
  });

  test('does not see another domain’s datasets', async (t) => {
    const { sql } = await open(t);
    const other = await openSql({ folder: '/', packages, datasets: {} });
    t.after(() => other.close());
    await assert.rejects(other.query(createScope(), 'select * from trees', {}));
    assert.equal((await sql.query(createScope(), 'select * from trees', {})).length, 2);
  });
});
