/** `schema/subjects.yaml`: what the mesh itself says of subjects, in place of what their tokens say. */
import type { Enrolment, Roster } from '../mesh/policy/roster.ts';
import { type PolicyValue, listOf, mapOf, readPolicyFile, refuse, textOf } from './policy-values.ts';

/** Reads the file; without one tokens are all that is known. Throws `POLICY_INVALID`, or `CONFIG_INVALID` for text that is no YAML. */
export function readSubjects(file: string | null): Roster {
  if (file === null) return new Map();
  const subjects = mapOf(readPolicyFile(file), '`subjects:`', ['subjects']).get('subjects');
  if (subjects === undefined || subjects.value === null) return new Map();
  return new Map(Array.from(mapOf(subjects, 'subjects by their ids'), ([id, at]) => [id, readEnrolment(at)]));
}

function readEnrolment(at: PolicyValue): Enrolment {
  const map = mapOf(at, '{ roles: [NAME], scopes: [NAME] } or { withdrawn: true }', ['roles', 'scopes', 'withdrawn']);
  const [roles, scopes, withdrawn] = ['roles', 'scopes', 'withdrawn'].map((key) => map.get(key));
  if (map.size === 0) throw refuse(at, '`roles`, `scopes` or `withdrawn`');
  if (withdrawn !== undefined && typeof withdrawn.value !== 'boolean') throw refuse(withdrawn, 'true or false');
  return { roles: namesOf(roles), scopes: namesOf(scopes), isWithdrawn: withdrawn?.value === true };
}

/** A list, which may be empty. */
function namesOf(at: PolicyValue | undefined): readonly string[] | null {
  if (at === undefined) return null;
  if (Array.isArray(at.value) && at.value.length === 0) return [];
  return listOf(at, 'a list of names').map((one) => textOf(one, 'a name'));
}
