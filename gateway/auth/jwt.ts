/**
 * Verifies bearer tokens: JSON Web Tokens (RFC 7519) by the best current practice of RFC 8725. Keys come from the
 * configured issuers alone.
 */
import type { Clock } from '../../mesh/core/clock.ts';
import type { IssuerConfig } from '../../mesh/core/config.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { errors, jwtVerify } from '../../mesh/identity/jose.ts';
import { KeySet } from '../../mesh/identity/key-set.ts';
import { algorithms, readToken } from './token.ts';

/** Why a token was refused, as far as its bearer may know. */
export type Refusal = 'expired' | 'refused';

export interface VerifyToken {
  /**
   * The claims of a token that one of the issuers signed for one of its audiences and that has not ended, else why it
   * was refused. Throws `SERVICE_UNAVAILABLE` when the issuer's keys cannot be had.
   */
  (token: string): Promise<JsonObject | Refusal>;
}

export interface VerifierOptions {
  readonly issuers: readonly IssuerConfig[];
  readonly clock: Clock;
  /** Called when an issuer's keys are others than before. */
  readonly onKeysChange: () => void;
}

/** Throws `CONFIG_INVALID` for a bad key file. Keys of an address are fetched when first needed. */
export function createVerifier({ issuers, clock, onKeysChange: onChange }: VerifierOptions): VerifyToken {
  const trusted = new Map<unknown, { readonly config: IssuerConfig; readonly keys: KeySet }>(
    issuers.map((config) => {
      const { issuer, jwks } = config;
      return [issuer, { config, keys: new KeySet({ jwks, owner: `issuer "${issuer}"`, clock, onChange }) }];
    }),
  );

  return async (text) => {
    const claims = readToken(text);
    const issuer = trusted.get(claims?.['iss']);
    if (claims === null || issuer === undefined) return 'refused';
    try {
      await jwtVerify(text, issuer.keys.find, {
        algorithms,
        issuer: issuer.config.issuer,
        audience: [...issuer.config.audiences],
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(clock.now()),
      });
      // Whole seconds were compared; an end may lie between two of them.
      return Number(claims['exp']) * 1000 > clock.now() ? claims : 'expired';
    } catch (error) {
      if (isWeftError(error)) throw error;
      // Whatever else goes wrong is a key that does not fit the token, or a token that does not hold.
      return error instanceof errors.JWTExpired ? 'expired' : 'refused';
    }
  };
}
