/** The secret under which values are hashed that are masked so: the configured one, else one that the data folder keeps. */
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import type { Rules } from '../mesh/policy/rules.ts';

export interface MaskSecretOptions {
  readonly config: Pick<Config, 'data' | 'policy'>;
  /** Of the supergraph that is served first. */
  readonly supergraph: { readonly rules: Rules };
  readonly output: { note(line: string): void };
}

const lengthMin = 16;

/**
 * The secret; `null` where there is no data folder to keep one in, and a line says so if a rule hashes. Throws
 * `CONFIG_INVALID` for one that is too short, `STORE_UNAVAILABLE` where it cannot be kept.
 */
export function openMaskSecret({ config, supergraph, output }: MaskSecretOptions): string | null {
  const { secret } = config.policy;
  if (secret !== null) return assertLong(secret, '`policy.secret`');
  if (existsSync(config.data)) return keptSecret(join(config.data, 'mask.secret'));
  if (hasHash(supergraph.rules))
    output.note('values are hashed under a secret that ends with this process: set policy.secret to keep one');
  return null;
}

/** Made by whoever needs it first; of two that do at once, one's is kept. */
function keptSecret(file: string): string {
  try {
    if (!existsSync(file)) makeSecret(file);
    return assertLong(readFileSync(file, 'utf8').trim(), `"${file}"`);
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot keep the secret of masks in "${file}"`,
      found: messageOf(cause),
      fix: 'Let the data folder be written to, or set policy.secret.',
      cause,
    });
  }
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

/** What is short can be guessed, and with it every value that was hashed. It is not quoted. */
function assertLong(secret: string, where: string): string {
  if (secret.length >= lengthMin) return secret;
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot hash values under the secret of ${where}`,
    found: `${secret.length} characters`,
    wanted: `at least ${lengthMin}`,
  });
}

function hasHash(rules: Rules): boolean {
  return [...rules.values()].flat().some((rule) => rule.kind === 'mask' && rule.mask.name === 'HASH');
}
