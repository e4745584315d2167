/**
 * The form of a bearer token: a signed JSON Web Token in the compact serialisation (RFC 7515, section 3.1), looked at before
 * any key is. One token has one text here: what another reader might read otherwise is refused, whoever signed it.
 */
import { isJsonObject, type JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';

/** Signatures by a private key only: a secret that a verifier shares could sign too, and `none` signs nothing. */
export const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

/** The types of token that may stand for a subject (RFC 8725, section 3.11); a token without a type may too. */
const types = new Set<unknown>([undefined, 'jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);

/**
 * Keys that a token brings along or points to (RFC 8725, section 3.10), extensions that must be understood (none is here),
 * payloads that are none or are something else than claims, and what belongs to encryption.
 */
const refused = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'cty', 'zip', 'enc'];

/** What a token claims, before it is known whether that is true; `null` for what is no token that may stand for a subject. */
export function readToken(text: string): JsonObject | null {
  if (text.length > limits.tokenLengthMax) return null;
  const [first, second, signature, ...more] = text.split('.');
  if (!isEncoded(first) || !isEncoded(second) || !isEncoded(signature) || more.length > 0) return null;
  const [header, claims] = [readObject(first), readObject(second)];
  return header !== null && claims !== null && mayStand(header) && areClaims(claims) ? claims : null;
}

/** Base64url without padding (RFC 7515, section 2) in its one spelling: bits behind the last byte are zero. */
function isEncoded(part: string | undefined): part is string {
  return part !== undefined && part !== '' && Buffer.from(part, 'base64url').toString('base64url') === part;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readObject(part: string): JsonObject | null {
  try {
    const text = utf8.decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && namesEachMemberOnce(text, value) ? value : null;
  } catch {
    return null;
  }
}

/** Of two members of one name readers may take either (RFC 7519, section 4); parsing keeps one of them only. */
function namesEachMemberOnce(text: string, value: JsonObject): boolean {
  let named = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"([\t\n\r ]*:)?/g)) named += colon === undefined ? 0 : 1;
  const left: unknown[] = [value];
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    const parts: readonly unknown[] = Object.values(part);
    if (!Array.isArray(part)) named -= parts.length;
    left.push(...parts);
  }
  return named === 0;
}

function mayStand(header: JsonObject): boolean {
  const { alg, kid, typ } = header;
  return (
    typeof alg === 'string' &&
    algorithms.includes(alg) &&
    typeof kid === 'string' &&
    kid !== '' &&
    types.has(typeof typ === 'string' ? typ.toLowerCase() : typ) &&
    !refused.some((name) => Object.hasOwn(header, name))
  );
}

/** What every token must say, in the types of RFC 7519, section 4.1; whether it holds is another matter. */
function areClaims({ iss, sub, aud, exp, nbf, iat }: JsonObject): boolean {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    typeof iss === 'string' &&
    typeof sub === 'string' &&
    sub !== '' &&
    audiences.every((one) => typeof one === 'string') &&
    isDate(exp) &&
    [nbf, iat].every((date) => date === undefined || isDate(date))
  );
}

/** Seconds since the epoch, within what a date can be (ECMA-262, section 21.4.1.1). */
function isDate(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12;
}
