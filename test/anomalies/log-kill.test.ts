/** The log under `kill -9`: what was acknowledged is there, once, where it was said to be. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import type { StoredEvent } from '../../mesh/core/event.ts';
import { openSqliteLog } from '../../mesh/events/sqlite.ts';

const kills = 50;

/** What the killed processes said. */
interface Account {
  /** Offsets by id, of the events that were acknowledged. */
  readonly stored: Map<string, number>;
  /** Calls without an answer, as lines of ids. */
  readonly unanswered: Set<string>;
}

test('the log loses no acknowledged event and has none twice after 50 kills at random moments', async (t) => {
  const seed = Number(process.env['WEFT_TEST_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`WEFT_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'weft-kill-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'log.db');

  const account: Account = { stored: new Map(), unanswered: new Set() };
  for (let kill = 0; kill < kills; kill++) {
    // Most at work; some wherever the process is, in the middle of opening too.
    const moment = kill % 5 === 4 ? { answers: 0, ms: random(250) } : { answers: 1 + random(60), ms: random(4) };
    await runAndKill(path, account, moment);
  }

  const events = await readAll(path);
  const offsetOf = new Map(events.map((event) => [event.id, event.offset]));
  t.diagnostic(`${account.stored.size} acknowledged, ${events.length} stored`);
  assert.ok(account.stored.size > kills, 'the processes were at work when they were killed');
  assert.equal(offsetOf.size, events.length, 'no id is there twice');
  assert.ok(
    events.every((event, index) => event.offset > (events[index - 1]?.offset ?? 0)),
    'offsets ascend',
  );
  for (const [id, offset] of account.stored) assert.equal(offsetOf.get(id), offset, id);
  // A call that was not answered is stored as a whole or not at all.
  for (const line of account.unanswered) {
    assert.equal(new Set(line.split(' ').map((id) => offsetOf.has(id))).size, 1, line);
  }
  assert.equal(integrityOf(path), 'ok');
});

/** So long after so many answers; with none, after the start. */
interface Moment {
  readonly answers: number;
  readonly ms: number;
}

async function runAndKill(path: string, account: Account, moment: Moment): Promise<void> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'log-writer.ts'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(writer, 'close');
  let isKilled = false;
  const kill = (): void => {
    isKilled = writer.kill('SIGKILL');
  };
  writer.stdin.on('error', () => {});
  writer.stdin.end([...account.unanswered].join('\n'));
  let answers = 0;
  if (moment.answers === 0) setTimeout(kill, moment.ms);
  for await (const line of createInterface({ input: writer.stdout })) {
    note(line, account);
    if (line.startsWith('stored') && ++answers === moment.answers) setTimeout(kill, moment.ms);
  }
  await gone;
  assert.ok(isKilled && writer.signalCode === 'SIGKILL', `the writer ended by itself: ${writer.exitCode}`);
}

function note(line: string, { stored, unanswered }: Account): void {
  const [word, ...words] = line.split(' ');
  if (word === 'sent') {
    unanswered.add(words.join(' '));
    return;
  }
  assert.equal(word, 'stored');
  const pairs = words.map((pair) => pair.split('='));
  unanswered.delete(pairs.map(([id]) => id).join(' '));
  for (const [id = '', offset] of pairs) stored.set(id, Number(offset));
}

async function readAll(path: string): Promise<readonly StoredEvent[]> {
  const log = await openSqliteLog({ path });
  const events: StoredEvent[] = [];
  for (let page = await log.read(); page.length > 0; page = await log.read({ after: events.at(-1)?.offset ?? 0 })) {
    events.push(...page);
  }
  await log.close();
  return events;
}

function integrityOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}

/** Whole numbers below a bound, the same for the same seed (a linear congruential generator). */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
