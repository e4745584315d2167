/** Who asks. Made by the gateway from a verified token, or anonymous; never from what a client says of itself. */
import type { JsonObject } from './json.ts';

export interface Subject {
  /** The token's `sub`; `null` for the anonymous subject. */
  readonly id: string | null;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The purpose of this request, one of those the token allows; `null` when none was given. */
  readonly purpose: string | null;
  /** The domain that it consumes for, as agreements name it; `null` where there is none. */
  readonly domain: string | null;
  /** The token's claims as they came. */
  readonly claims: JsonObject;
  /** Seconds since the epoch at which the token ends; `null` when it has no end. */
  readonly expiresAt: number | null;
}

export const anonymous: Subject = Object.freeze({
  id: null,
  roles: Object.freeze([]),
  scopes: Object.freeze([]),
  purpose: null,
  domain: null,
  claims: Object.freeze({}),
  expiresAt: null,
});

const numbers = new WeakMap<object, number>();
let numberCount = 0;

/** Stands for this very object, in a key by which answers are shared: one that says the same has another number. */
export function numberOf(object: object): number {
  const known = numbers.get(object);
  if (known !== undefined) return known;
  numbers.set(object, ++numberCount);
  return numberCount;
}

/** The subject of a domain's own process when it reads through the mesh: `domain:NAME`, with the scopes its host grants. */
export function domainSubject(domain: string, scopes: readonly string[] = []): Subject {
  return Object.freeze({ ...anonymous, id: `domain:${domain}`, roles: ['domain'], scopes, domain });
}

/** Somebody to try the mesh as, in development only. */
export interface MockUser {
  readonly id: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly purposes?: readonly string[];
  readonly domain?: string;
  readonly claims?: JsonObject;
}
