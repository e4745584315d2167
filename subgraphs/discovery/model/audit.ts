/** Who may see what policy decided: the subject itself, and those with the scope for it. */
import type { Subject } from '../../../mesh/sdk/index.ts';

/** Records of audit in the log. */
export const auditTypes = ['weft.access.read', 'weft.access.limited', 'weft.access.denied', 'weft.policy.changed'];

/** Whether a subject may see those of everybody. */
export function mayAudit({ scopes }: Subject): boolean {
  return scopes.includes('audit:read');
}
