/** What the claims of a token say of a subject, by the claim names of the configuration. */
import type { AuthConfig } from '../../mesh/core/config.ts';
import { isJsonObject, type Json, type JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';

export interface Identity {
  readonly subject: Subject;
  /** The purposes that its requests may state. */
  readonly purposes: readonly string[];
}

/** `null` when the claim that identifies the subject is missing, or is no id that every record of the log can bear. */
export function readClaims(claims: JsonObject, names: AuthConfig['claims']): Identity | null {
  const id = claimAt(claims, names.subject);
  if (typeof id !== 'string' || id === '' || id.length > limits.subjectIdLengthMax || !id.isWellFormed()) return null;
  return {
    subject: Object.freeze({
      id,
      roles: listOf(claimAt(claims, names.roles)),
      scopes: listOf(claimAt(claims, names.scopes)),
      purpose: null,
      domain: textOf(claimAt(claims, names.domain)),
      claims,
      expiresAt: typeof claims['exp'] === 'number' ? claims['exp'] : null,
    }),
    purposes: listOf(claimAt(claims, names.purposes)),
  };
}

/** A claim by its whole name first (`https://id.example/roles`), else by its path (`realm_access.roles`). */
function claimAt(claims: JsonObject, name: string): Json | undefined {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: Json | undefined = claims;
  for (const key of name.split('.')) {
    value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** A text that is not empty; anything else says nothing. */
function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A list, or a string with spaces (RFC 8693, section 4.2); anything else says nothing. */
function listOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
