/** The secret under which values are hashed that are masked so: the configured one, else one that the data folder keeps. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../mesh/core/config.ts';
import type { Rules } from '../mesh/policy/rules.ts';
import { type SecretUse, assertLong, keptSecret } from './kept-secret.ts';

export interface MaskSecretOptions {
  readonly config: Pick<Config, 'data' | 'policy'>;
  /** Of the supergraph that is served first. */
  readonly supergraph: { readonly rules: Rules };
  readonly output: { note(line: string): void };
}

const use: SecretUse = { action: 'hash values', what: 'the secret of masks', key: 'policy.secret' };

/**
 * The secret; `null` where there is no data folder to keep one in, and a line says so if a rule hashes. Throws
 * `CONFIG_INVALID` for one that is too short, `STORE_UNAVAILABLE` where it cannot be kept.
 */
export function openMaskSecret({ config, supergraph, output }: MaskSecretOptions): string | null {
  const { secret } = config.policy;
  if (secret !== null) return assertLong(secret, '`policy.secret`', use);
  if (existsSync(config.data)) return keptSecret(join(config.data, 'mask.secret'), use);
  if (hasHash(supergraph.rules))
    output.note('values are hashed under a secret that ends with this process: set policy.secret to keep one');
  return null;
}

function hasHash(rules: Rules): boolean {
  return [...rules.values()].flat().some((rule) => rule.kind === 'mask' && rule.mask.name === 'HASH');
}
