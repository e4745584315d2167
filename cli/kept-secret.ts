/** Secrets that are made once and kept in the data folder, each in a file that nobody but its owner may read. */
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { systemClock } from '../mesh/core/clock.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';

/** What a secret is for, as errors say it. */
export interface SecretUse {
  /** `hash values` */
  readonly action: string;
  /** `the secret of masks` */
  readonly what: string;
  /** The key of the configuration that may name another. */
  readonly key: string;
}

const lengthMin = 16;

/**
 * The secret in a file, made by whoever needs it first; of two that do at once, one's is kept. Throws `CONFIG_INVALID`
 * for one that is too short, `STORE_UNAVAILABLE` where it cannot be kept.
 */
export function keptSecret(file: string, use: SecretUse): string {
  try {
    if (!existsSync(file)) makeSecret(file);
    return assertLong(readFileSync(file, 'utf8').trim(), `"${file}"`, use);
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot keep ${use.what} in "${file}"`,
      found: messageOf(cause),
      fix: `Let the data folder be written to, or set ${use.key}.`,
      cause,
    });
  }
}

/** What is short can be guessed, and with it all that was done under it. It is not quoted. Throws `CONFIG_INVALID`. */
export function assertLong(secret: string, where: string, { action }: SecretUse): string {
  if (secret.length >= lengthMin) return secret;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot ${action} under the secret of ${where}`,
    found: `${secret.length} characters`,
    wanted: `at least ${lengthMin}`,
  });
}

/** It has its name only once it is whole. Nobody but its owner may read it. */
function makeSecret(file: string): void {
  const drawn = `${file}.${process.pid}`;
  rmSync(drawn, { force: true });
  writeFileSync(drawn, `${Buffer.from(systemClock.randomBytes(32)).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(drawn, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(drawn);
  }
}
