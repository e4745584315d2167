/**
 * What a gateway tells a subgraph with a request, in the header `weft-context`: on whose behalf it asks, for what purpose
 * and which rows exist for them. It travels as a signed token that is for one subgraph and for half a minute.
 */
import { type JsonObject, isJsonObject } from '../core/json.ts';
import { type Subject, anonymous } from '../core/subject.ts';
import type { SubgraphView } from '../core/subgraph.ts';

export const contextHeader = 'weft-context';
/** `typ` of its token (RFC 8725, section 3.11): no token of another kind passes for one. */
export const contextType = 'weft-context+jwt';
/** `iss` of its token. */
export const contextIssuer = 'weft';
/** Ed25519 (RFC 8037). No other is taken. */
export const contextAlgorithm = 'EdDSA';
/** Where a gateway publishes the keys that it signs with. */
export const contextKeysPath = '/.well-known/jwks.json';

export interface SubgraphContext {
  /** Without claims, but for those that the gateway's configuration names. */
  readonly subject: Subject;
  readonly view: SubgraphView;
}

/** The claim that holds a context. */
export function claimOf({ subject, view }: SubgraphContext, claimNames: readonly string[]): JsonObject {
  const claims = Object.fromEntries(
    claimNames.flatMap((name) => (Object.hasOwn(subject.claims, name) ? [[name, subject.claims[name] ?? null]] : [])),
  );
  return { subject: { ...subject, claims }, revision: view.revision, filters: { ...view.filters } };
}

/** The context that a verified token's claim holds; `null` when it holds none. */
export function contextOf(claim: unknown): SubgraphContext | null {
  if (!isJsonObject(claim)) return null;
  const { subject, revision, filters } = claim;
  if (!isJsonObject(subject) || typeof revision !== 'string' || !isJsonObject(filters)) return null;
  const { id, roles, scopes, purpose, claims, expiresAt } = subject;
  if (!isTextOrNull(id) || !isTextOrNull(purpose) || !isTexts(roles) || !isTexts(scopes)) return null;
  if (!isJsonObject(claims) || (expiresAt !== null && typeof expiresAt !== 'number')) return null;
  const texts = Object.entries(filters);
  if (!texts.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return null;
  return {
    subject: Object.freeze({ ...anonymous, ...subject, id, roles, scopes, purpose, claims, expiresAt }),
    view: { revision, filters: Object.fromEntries(texts) },
  };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
