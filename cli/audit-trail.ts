/** Where the audit of a log lies: the secret of its seals, and the heads of its chains, both in the data folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { type Chain, openChain } from '../mesh/events/chain.ts';
import type { EventLog } from '../mesh/events/log.ts';
import { openLog } from '../mesh/events/open.ts';
import { type Verification, verifyAudit } from '../mesh/events/verify.ts';
import { type SecretUse, assertLong, keptSecret } from './kept-secret.ts';

type Settings = Pick<Config, 'data' | 'policy'>;

const use: SecretUse = { action: 'seal the audit', what: 'the secret of the audit', key: 'policy.auditSecret' };

/** Where the log of a data folder is. */
export function logFile({ data }: Pick<Config, 'data'>): string {
  return join(data, 'log.db');
}

/** The chain that this gateway writes to a log. Throws `CONFIG_INVALID` or `STORE_UNAVAILABLE`. */
export function openAuditChain(log: EventLog, settings: Settings): Promise<Chain> {
  return openChain({ log, folder: headsOf(settings), secret: secretOf(settings) });
}

/** Verifies the log of a data folder. Throws `CONFIG_INVALID` where there is none, or nothing to verify it with. */
export async function verifyLog(settings: Settings): Promise<Verification> {
  const file = logFile(settings);
  if (!existsSync(file)) throw nothingToVerify(`no log "${file}"`);
  if (settings.policy.auditSecret === null && !existsSync(secretFile(settings))) {
    throw nothingToVerify(`no secret "${secretFile(settings)}"`);
  }
  const log = await openLog(file);
  try {
    return await verifyAudit({ log, folder: headsOf(settings), secret: secretOf(settings) });
  } finally {
    await log.close();
  }
}

function secretOf(settings: Settings): string {
  const { auditSecret } = settings.policy;
  return auditSecret === null
    ? keptSecret(secretFile(settings), use)
    : assertLong(auditSecret, '`policy.auditSecret`', use);
}

function secretFile({ data }: Settings): string {
  return join(data, 'audit.secret');
}

function headsOf({ data }: Settings): string {
  return join(data, 'audit');
}

function nothingToVerify(found: string): WeftError {
  return new WeftError('CONFIG_INVALID', {
    action: 'Cannot verify the audit',
    found,
    wanted: 'the data folder of a mesh that has run',
    fix: 'Name it with --data, or its configuration with --config.',
  });
}
