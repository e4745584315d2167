/** The audit under `kill -9`: what was stored is there, sealed, and the chain goes on from it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { openLog } from '../../mesh/events/open.ts';
import { verifyAudit } from '../../mesh/events/verify.ts';
import { auditSecret } from '../support/audit.ts';
import { temporaryFolder } from '../support/mesh.ts';

interface Account {
  readonly stored: Set<string>;
  readonly chains: Set<string>;
}

/** Runs a writer until it has said so many times that it stored records. */
async function runAndKill(folder: string, account: Account, answers: number): Promise<void> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'audit-writer.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(writer, 'close');
  let heard = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    const [, chain = '', ...ids] = line.split(' ');
    account.chains.add(chain);
    for (const id of ids) account.stored.add(id);
    if (++heard === answers) writer.kill('SIGKILL');
  }
  await gone;
  assert.equal(writer.signalCode, 'SIGKILL');
}

async function verify(folder: string) {
  const log = await openLog(join(folder, 'log.db'));
  try {
    const ids = new Set<string>();
    for (let after = 0; ;) {
      const page = await log.read({ after });
      for (const { id } of page) ids.add(id);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.offset;
    }
    return { ids, ...(await verifyAudit({ log, folder: join(folder, 'audit'), secret: auditSecret })) };
  } finally {
    await log.close();
  }
}

test('after kills during load the audit is whole, and one chain goes on through all of them', async (context: TestContext) => {
  const folder = await temporaryFolder(context);
  const account: Account = { stored: new Set(), chains: new Set() };
  for (const answers of [1, 7, 2, 12, 4]) await runAndKill(folder, account, answers);
  const { ids, records, found, findings, chains } = await verify(folder);
  assert.deepEqual({ found, findings, chains }, { found: 0, findings: [], chains: 1 });
  assert.equal(account.chains.size, 1);
  assert.ok(records >= account.stored.size);
  for (const id of account.stored) assert.ok(ids.has(id), 'what was said to be stored is there');
});

test('gateways that write one log at once have a chain each, and go on with them after they were killed', async (context: TestContext) => {
  const folder = await temporaryFolder(context);
  const account: Account = { stored: new Set(), chains: new Set() };
  for (let i = 0; i < 2; i++) {
    await Promise.all([runAndKill(folder, account, 15), runAndKill(folder, account, 15)]);
  }
  const { found, findings, chains } = await verify(folder);
  assert.deepEqual({ found, findings }, { found: 0, findings: [] });
  assert.ok(chains >= 2);
  assert.equal(account.chains.size, chains);
});
