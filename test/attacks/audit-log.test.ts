/** Attacks on the audit by somebody who can write to the log, and has not the secret of its seals. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { type TestContext, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createId } from '../../mesh/core/id.ts';
import type { Verification } from '../../mesh/events/verify.ts';
import { type AuditGround, auditSecret, dataEvent, denial, openAudit } from '../support/audit.ts';

type Row = Record<string, SQLInputValue>;

const columns = (
  'id time type label source target domain product process revision logic executionId sequence subject traceparent ' +
  'classification payload'
).split(' ');
const count = 12;

/** A log of twelve records, events of a domain between them; positions are 0 to 11. */
async function fill(ground: AuditGround): Promise<void> {
  const gateway = await ground.gateway();
  const following = new AbortController();
  const stored = ground.log.follow({ after: 0, filter: { domains: ['gateway'] } }, following.signal);
  for (let i = 0; i < count; i++) {
    gateway.record(denial(`q${i}`, { revision: 'r\u001b[2J', rowsHidden: i }));
    await stored[Symbol.asyncIterator]().next();
    await ground.log.append([dataEvent('flight.delayed')]);
  }
  following.abort();
  await gateway.close();
}

const audited = (database: DatabaseSync): Row[] =>
  database.prepare("SELECT * FROM events WHERE domain = 'gateway' ORDER BY offset").all() as Row[];

function insert(database: DatabaseSync, row: Row): void {
  const names = Object.keys(row);
  const marks = names.map(() => '?').join(', ');
  database.prepare(`INSERT INTO events (${names.join(', ')}) VALUES (${marks})`).run(...Object.values(row));
}

function move(database: DatabaseSync, from: SQLInputValue, to: SQLInputValue): void {
  database.prepare('UPDATE events SET offset = ? WHERE offset = ?').run(to, from);
}

function swap(database: DatabaseSync, one: SQLInputValue, other: SQLInputValue): void {
  move(database, one, -1);
  move(database, other, one);
  move(database, -1, other);
}

/** Gives the log back as it was, after each attack on it. */
function keeper(database: DatabaseSync): () => void {
  const rows = database.prepare('SELECT * FROM events ORDER BY offset').all() as Row[];
  return () => {
    database.exec('BEGIN; DELETE FROM events');
    for (const row of rows) insert(database, row);
    database.exec('COMMIT');
  };
}

const findings = ({ findings: all }: Verification) =>
  all.map(({ kind, positions, offset }) => [kind, positions, offset]);

describe('whoever writes to the log is found out', () => {
  let ground: AuditGround;
  let restore: () => void;
  const afters: (() => unknown)[] = [];

  before(async () => {
    ground = await openAudit({ after: (run) => void (run && afters.push(run as () => unknown)) });
    await fill(ground);
    restore = keeper(ground.database);
  });

  test.after(async () => {
    for (const run of afters) await run();
  });

  const attack = (
    name: string,
    run: (rows: Row[], database: DatabaseSync) => void,
    expected: (rows: Row[]) => unknown,
  ) =>
    test(name, async () => {
      const rows = audited(ground.database);
      try {
        run(rows, ground.database);
        assert.deepEqual(findings(await ground.verify()), expected(rows));
      } finally {
        restore();
      }
    });

  test('a log that nobody touched is whole', async () => {
    const { records, found, chains, earlier, firstAt, lastAt } = await ground.verify();
    assert.deepEqual({ records, found, chains, earlier }, { records: count, found: 0, chains: 1, earlier: 0 });
    assert.ok(firstAt !== null && lastAt !== null && firstAt <= lastAt);
  });

  attack(
    'a denial is made an allowance',
    ([, row], database) =>
      void database
        .prepare(`UPDATE events SET payload = replace(payload, '"deny"', '"allow"') WHERE offset = ?`)
        .run(row?.['offset'] ?? 0),
    (rows) => [['changed', [1, 1], rows[1]?.['offset']]],
  );
  attack(
    'a denial is put on somebody else',
    ([, , row], database) =>
      void database.prepare(`UPDATE events SET subject = 'bob' WHERE offset = ?`).run(row?.['offset'] ?? 0),
    (rows) => [['changed', [2, 2], rows[2]?.['offset']]],
  );
  attack(
    'the time of a denial is moved',
    ([row], database) =>
      void database
        .prepare(`UPDATE events SET time = '2020-01-01T00:00:00.000Z' WHERE offset = ?`)
        .run(row?.['offset'] ?? 0),
    (rows) => [['changed', [0, 0], rows[0]?.['offset']]],
  );
  attack(
    'a record is taken out',
    (rows, database) => void database.prepare('DELETE FROM events WHERE offset = ?').run(rows[4]?.['offset'] ?? 0),
    (rows) => [['missing', [4, 4], rows[5]?.['offset']]],
  );
  attack(
    'a record is taken out by making it an event of a domain',
    (rows, database) =>
      void database.prepare(`UPDATE events SET type = 'flight.delayed' WHERE offset = ?`).run(rows[4]?.['offset'] ?? 0),
    (rows) => [['missing', [4, 4], rows[5]?.['offset']]],
  );
  attack(
    'the first records are taken out',
    (rows, database) => void database.prepare('DELETE FROM events WHERE offset < ?').run(rows[3]?.['offset'] ?? 0),
    (rows) => [['missing', [0, 2], rows[3]?.['offset']]],
  );
  attack(
    'the last records are cut off',
    (rows, database) => void database.prepare('DELETE FROM events WHERE offset >= ?').run(rows[9]?.['offset'] ?? 0),
    () => [['missing', [9, 11], null]],
  );
  attack(
    'all records are taken out',
    (_, database) => database.exec(`DELETE FROM events WHERE domain = 'gateway'`),
    () => [['missing', [0, 11], null]],
  );
  attack(
    'two records change places',
    (rows, database) => swap(database, rows[3]?.['offset'] ?? 0, rows[4]?.['offset'] ?? 0),
    (rows) => [['reordered', [3, 3], rows[4]?.['offset']]],
  );
  attack(
    'a record is put in twice, under another id',
    (rows, database) => insert(database, { ...rows[2], id: createId(), offset: 1_000 }),
    () => [['forged', [2, 2], 1_000]],
  );
  attack(
    'a record is put in twice, under an id that ends in a zero byte',
    (rows, database) => insert(database, { ...rows[2], id: `${String(rows[2]?.['id'])}\0`, offset: 1_000 }),
    () => [['forged', [2, 2], 1_000]],
  );
  attack(
    'a record is forged at the end, without a place in the chain',
    (rows, database) => insert(database, { ...rows[2], id: createId(), offset: 1_000, payload: '{"count":1}' }),
    () => [['forged', null, 1_000]],
  );
  attack(
    'a record is forged at the end, with the next position and a made-up seal',
    (rows, database) => {
      const last = JSON.parse(String(rows.at(-1)?.['payload'])) as { audit: { hash: string } };
      const audit = { ...last.audit, position: count, previous: last.audit.hash, hash: 'f'.repeat(64) };
      const payload = JSON.stringify({ ...last, audit });
      insert(database, { ...rows[2], id: createId(), offset: 1_000, payload });
    },
    () => [['changed', [count, count], 1_000]],
  );
  attack(
    'a row is no longer JSON',
    (rows, database) =>
      void database.prepare(`UPDATE events SET payload = '{' WHERE offset = ?`).run(rows[5]?.['offset'] ?? 0),
    (rows) => [
      ['changed', null, rows[5]?.['offset']],
      ['missing', [5, 5], rows[6]?.['offset']],
    ],
  );
  attack(
    'a record is given the place of another chain',
    (rows, database) => {
      const payload = JSON.parse(String(rows[5]?.['payload'])) as { audit: object };
      const moved = { ...payload, audit: { ...payload.audit, chain: createId() } };
      database
        .prepare('UPDATE events SET payload = ? WHERE offset = ?')
        .run(JSON.stringify(moved), rows[5]?.['offset'] ?? 0);
    },
    (rows) => [
      ['missing', null, rows[5]?.['offset']],
      ['forged', [5, 5], rows[5]?.['offset']],
      ['missing', [5, 5], rows[6]?.['offset']],
    ],
  );

  test('any change of a byte, anywhere in a record, is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          index: fc.nat(count - 1),
          column: fc.constantFrom(...columns),
          at: fc.nat(1_000_000),
          code: fc.integer({ min: 32, max: 126 }),
        }),
        async ({ index, column, at, code }) => {
          const row = audited(ground.database)[index] ?? {};
          const changed = changedIn(row[column] ?? null, at, String.fromCharCode(code));
          fc.pre(changed !== null && (column !== 'payload' || !saysTheSame(String(row[column]), String(changed))));
          try {
            ground.database
              .prepare(`UPDATE events SET ${column} = ? WHERE offset = ?`)
              .run(changed, row['offset'] ?? 0);
            const { found, findings: all } = await ground.verify();
            assert.ok(found > 0, `${column}: ${String(changed)}`);
            assert.ok(all.some(({ offset, positions }) => offset === row['offset'] || positions?.includes(index)));
          } finally {
            restore();
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('any way of taking out, exchanging and putting in records is found', async () => {
    const place = fc.nat(count - 1);
    const deed = fc.oneof(
      fc.record({ deed: fc.constant('delete' as const), a: place, b: place }),
      fc.record({ deed: fc.constant('swap' as const), a: place, b: place }),
      fc.record({ deed: fc.constant('copy' as const), a: place, b: place }),
      fc.record({ deed: fc.constant('cut' as const), a: place, b: place }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 3 }), async (deeds) => {
        const rows = audited(ground.database);
        const order = () => audited(ground.database).map(({ id }) => id);
        const untouched = order().join(' ');
        try {
          for (const { deed: kind, a, b } of deeds) {
            const [one, other] = [rows[a] ?? {}, rows[b] ?? {}];
            const offsetOf = (row: Row): SQLInputValue =>
              audited(ground.database).find(({ id }) => id === row['id'])?.['offset'] ?? -5;
            if (kind === 'delete') ground.database.prepare('DELETE FROM events WHERE id = ?').run(one['id'] ?? '');
            if (kind === 'swap' && a !== b) swap(ground.database, offsetOf(one), offsetOf(other));
            if (kind === 'copy') insert(ground.database, { ...one, id: createId(), offset: 2_000 + a * 100 + b });
            if (kind === 'cut') ground.database.prepare('DELETE FROM events WHERE offset >= ?').run(offsetOf(one));
          }
          const { found } = await ground.verify();
          assert.equal(found > 0, order().join(' ') !== untouched);
        } catch (error) {
          // The same copy twice is none.
          if (!String(error).includes('UNIQUE')) throw error;
        } finally {
          restore();
        }
      }),
      { numRuns: 80 },
    );
  });

  test('another secret makes no seal ours', async () => {
    const { found } = await ground.verify('another secret of this test');
    assert.ok(found > count);
  });
});

/** A text with another character at some place; of what is no text, another value. */
function changedIn(value: SQLInputValue, at: number, character: string): SQLInputValue {
  if (value === null) return character === ' ' ? null : columnsWithNumbers(character);
  if (typeof value !== 'string') return Number(value) + 1;
  if (value === '') return character;
  const place = at % value.length;
  const changed = value.slice(0, place) + character + value.slice(place + 1);
  return changed === value ? null : changed;
}

/** What fits a column of numbers as well as one of texts. */
function columnsWithNumbers(character: string): SQLInputValue {
  return String(character.charCodeAt(0));
}

/** The same JSON may be written in two ways: \u001b and \u001B. */
function saysTheSame(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return false;
  }
}

describe('whoever works on the heads of chains is found out', () => {
  const headIn = ({ folder }: AuditGround) => {
    const [name = ''] = readdirSync(join(folder, 'audit')).filter((file) => file.endsWith('.head'));
    return join(folder, 'audit', name);
  };
  const filled = async (context: TestContext): Promise<AuditGround> => {
    const ground = await openAudit(context);
    await fill(ground);
    return ground;
  };

  test('the head is taken away, so that a cut would not be missed', async (context) => {
    const ground = await filled(context);
    rmSync(headIn(ground));
    assert.deepEqual(findings(await ground.verify())[0]?.[0], 'missing');
  });

  test('the head is set back to where the log was cut', async (context) => {
    const ground = await filled(context);
    const file = headIn(ground);
    const head = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...head, position: 3 }));
    ground.database.exec('DELETE FROM events WHERE offset > 8');
    assert.deepEqual(findings(await ground.verify()), [['changed', null, null]]);
  });

  test('a record is put in twice, to the letter, in a table that takes it', async (context) => {
    const ground = await filled(context);
    const [, , row] = audited(ground.database);
    ground.database.exec(
      'CREATE TABLE bare AS SELECT * FROM events; DROP TABLE events; ALTER TABLE bare RENAME TO events',
    );
    insert(ground.database, { ...row, offset: 1_000 });
    assert.deepEqual(findings(await ground.verify()), [['duplicated', [2, 2], 1_000]]);
  });

  test('a gateway that starts on a log that was cut does not cover that up', async (context) => {
    const ground = await filled(context);
    ground.database.exec('DELETE FROM events WHERE offset > 8');
    const gateway = await ground.gateway();
    gateway.record(denial('later'));
    await gateway.close();
    assert.deepEqual(
      findings(await ground.verify()).map(([kind, positions]) => [kind, positions]),
      [['missing', [4, 11]]],
    );
  });

  test('a gateway that starts on a head that is not ours leaves that chain to whoever verifies it', async (context) => {
    const ground = await filled(context);
    writeFileSync(headIn(ground), '{"position":1e9}');
    const gateway = await ground.gateway();
    gateway.record(denial('later'));
    await gateway.close();
    const { chains, findings: all } = await ground.verify();
    assert.equal(chains, 2);
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['changed'],
    );
  });

  test('a row that is no longer JSON does not keep a gateway from starting', async (context) => {
    const ground = await filled(context);
    await ground.log.append([dataEvent('flight.delayed')]);
    ground.database.exec("UPDATE events SET payload = '{' WHERE offset = (SELECT max(offset) FROM events)");
    const gateway = await ground.gateway();
    gateway.record(denial('later'));
    await gateway.close();
    assert.equal(
      (await ground.verify()).findings.every(({ positions }) => positions === null),
      true,
    );
  });

  test('whoever has the log alone learns no secret from it', async (context) => {
    const ground = await filled(context);
    const bytes = readFileSync(join(ground.folder, 'log.db'), 'latin1') + readFileSync(headIn(ground), 'latin1');
    assert.equal(bytes.includes(auditSecret), false);
  });
});
