/** Decides rules one by one, as DESIGN says what each means. */
import type { Subject } from '../../../../mesh/core/subject.ts';
import type { Governance } from '../../../../mesh/policy/governance.ts';
import { Moment, isTrue } from './cel.ts';
import type { Lists, OracleMask, OracleRule } from './rule.ts';
import { namedPolicies, now } from './subject.ts';

export type OracleVerdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny' }
  | { readonly kind: 'mask'; readonly mask: OracleMask }
  /** Some objects do not exist. */
  | { readonly kind: 'filter'; readonly rule: Extract<OracleRule, { kind: 'rows' }> };

export interface Asking {
  readonly subject: Subject;
  readonly agreements: Governance['agreements'];
}

const allow: OracleVerdict = { kind: 'allow' };
const deny: OracleVerdict = { kind: 'deny' };

export function verdictOf(rule: OracleRule, coordinate: string, asking: Asking): OracleVerdict {
  const { subject } = asking;
  switch (rule.kind) {
    case 'authenticated':
      return subject.id === null ? deny : allow;
    case 'scopes':
      return hasOne(rule.anyOf, (scope) => subject.scopes.includes(scope)) ? allow : deny;
    case 'policies':
      return hasOne(rule.anyOf, (name) => isTrue(namedPolicies[name] ?? 'false', requestOf(subject))) ? allow : deny;
    case 'purpose':
      return isForPurpose(rule.allow, coordinate, asking) ? allow : deny;
    case 'mask':
      return hasOne(rule.unless, (scope) => subject.scopes.includes(scope)) ? allow : { kind: 'mask', mask: rule.mask };
    case 'rows':
      // Where the request alone makes it true, all rows exist.
      return isTrue(rule.where, requestOf(subject)) ? allow : { kind: 'filter', rule };
    default:
      return rule satisfies never;
  }
}

/** Whether an object exists by a condition. */
export function existsBy(where: string, object: unknown, subject: Subject): boolean {
  return isTrue(where, { ...requestOf(subject), object });
}

function requestOf(subject: Subject): Readonly<Record<string, unknown>> {
  return { subject, purpose: subject.purpose, now: new Moment(now) };
}

function hasOne(lists: Lists, has: (name: string) => boolean): boolean {
  return lists.some((list) => list.every(has));
}

function isForPurpose(allowed: readonly string[], coordinate: string, { subject, agreements }: Asking): boolean {
  const { purpose, domain } = subject;
  if (purpose === null || !allowed.includes(purpose)) return false;
  if (agreements === null) return true;
  return agreements.some(
    ({ consumer, products, purposes, until }) =>
      consumer === domain &&
      purposes.includes(purpose) &&
      products.includes(/^\w+/.exec(coordinate)?.[0] ?? '') &&
      until > now,
  );
}
