/**
 * Seals of the records that make up a chain of audit: each says its place in the chain and the seal of the one before
 * it, under a key that is not in the log. Whoever has the log alone can neither change a record nor make one. Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AuditLink, MeshEvent } from '../core/event.ts';
import { isJsonObject } from '../core/json.ts';

/** Types of records that are sealed, and of no others. */
export function isAudited({ type }: Pick<MeshEvent, 'type'>): boolean {
  return type.startsWith('weft.access.') || type.startsWith('weft.policy.');
}

/** The record with its place and seal. */
export function sealEvent(event: MeshEvent, place: Omit<AuditLink, 'hash'>, secret: string): MeshEvent {
  const { chain, position, previous } = place;
  const open = { ...event, payload: { ...event.payload, audit: { chain, position, previous } } };
  const hash = hashOf(canonicalText(open), secret);
  return { ...open, payload: { ...open.payload, audit: { chain, position, previous, hash } } };
}

/** The place that a record says it has; `null` when it says none, or not in our form. */
export function linkOf({ payload }: Pick<MeshEvent, 'payload'>): AuditLink | null {
  const { audit } = payload;
  if (!isJsonObject(audit)) return null;
  const { chain, position, previous, hash } = audit;
  if (typeof chain !== 'string' || typeof previous !== 'string' || typeof hash !== 'string') return null;
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0) return null;
  return { chain, position, previous, hash };
}

/** Whether the seal of a record is the one that belongs to all that it says. */
export function isGenuine(event: MeshEvent, secret: string): boolean {
  const { audit } = event.payload;
  if (!isJsonObject(audit) || typeof audit['hash'] !== 'string') return false;
  const open = { ...event, payload: { ...event.payload, audit: { ...audit, hash: undefined } } };
  return isSame(audit['hash'], hashOf(canonicalText(open), secret));
}

/** HMAC-SHA-256 in hex. */
export function hashOf(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Whether two hashes are the same, without telling by the time it takes where they differ. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Everything that a record says, in one order. No two records have the same: a list as JSON tells its items apart
 * whatever they hold. What the log gives back has the keys of its payload in the order in which they were written.
 */
function canonicalText(event: MeshEvent): string {
  return JSON.stringify(['weft audit 1', ...attributes.map((name) => event[name])]);
}

const attributes = (
  'id time type label source target domain product process revision logic executionId sequence subject classification ' +
  'traceparent payload'
).split(' ') as readonly (keyof MeshEvent)[];
