/** The signer of contexts, as the configuration has it. One process has one. */
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import { type ContextSigner, createContextSigner } from '../mesh/identity/context-signer.ts';

/** Throws `CONFIG_INVALID` for a key file that cannot be used. */
export function openSigner({ policy }: Pick<Config, 'policy'>): ContextSigner {
  return createContextSigner({ keyFile: policy.contextKey, claims: policy.contextClaims, clock: systemClock });
}
