/** Somebody to try a policy out as: the shape of mock users, from a JSON or YAML file or from within one. */
import { type JsonObject, isJsonObject } from '../mesh/core/json.ts';
import { type Subject, anonymous } from '../mesh/core/subject.ts';
import { type PolicyValue, listOf, mapOf, refuse, textOf } from './policy-values.ts';

export interface PolicyUser {
  /** Without a purpose. */
  readonly subject: Subject;
  /** Purposes that it may state. */
  readonly purposes: readonly string[];
}

const keys = ['id', 'roles', 'scopes', 'purposes', 'domain', 'claims'] as const;

/** Reads one. Without an `id` it is the anonymous subject, who has nothing else. Throws `POLICY_INVALID`. */
export function readPolicyUser(at: PolicyValue): PolicyUser {
  const map = mapOf(at, `some of ${keys.join(', ')}`, keys);
  const [id, roles, scopes, purposes, domain, claims] = keys.map((key) => map.get(key));
  if (id === undefined || id.value === null) {
    const more = [roles, scopes, purposes, domain, claims].find((value) => value !== undefined);
    if (more !== undefined) throw refuse(more, 'an `id` beside it: who has none is anonymous, and has nothing else');
    return { subject: anonymous, purposes: [] };
  }
  const name = textOf(id, 'who it is, or null for the anonymous subject');
  return {
    subject: {
      ...anonymous,
      id: name,
      roles: textsOf(roles, 'a list of roles'),
      scopes: textsOf(scopes, 'a list of scopes'),
      domain: domain === undefined || domain.value === null ? null : textOf(domain, "a domain's name"),
      claims: { ...claimsOf(claims), sub: name },
    },
    purposes: textsOf(purposes, 'a list of purposes'),
  };
}

/** The user with a purpose stated, or none. Throws `POLICY_INVALID` for one that it may not state: the gateway would refuse the request. */
export function stating({ subject, purposes }: PolicyUser, purpose: string | null, at: PolicyValue): Subject {
  if (purpose === null) return subject;
  if (purposes.includes(purpose)) return { ...subject, purpose };
  throw refuse(at, purposes.length === 0 ? 'no purpose, or `purposes` that name it' : `one of ${purposes.join(', ')}`);
}

function textsOf(at: PolicyValue | undefined, wanted: string): readonly string[] {
  if (at === undefined || (Array.isArray(at.value) && at.value.length === 0)) return [];
  return listOf(at, wanted).map((item) => textOf(item, wanted));
}

function claimsOf(at: PolicyValue | undefined): JsonObject {
  if (at === undefined) return {};
  if (!isJsonObject(at.value)) throw refuse(at, 'claims by name');
  return at.value;
}
