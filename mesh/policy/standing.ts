/** What the mesh itself says of subjects, in place of what their tokens say (`schema/subjects.yaml`). */
import { WeftError } from '../core/error.ts';
import type { Subject } from '../core/subject.ts';

export interface Standing {
  /** `null`: those of the token. */
  readonly roles: readonly string[] | null;
  readonly scopes: readonly string[] | null;
  /** No token of this subject counts any more. */
  readonly isWithdrawn: boolean;
}

/** By the subject's id. */
export type Standings = ReadonlyMap<string, Standing>;

/** A subject as the mesh has it: one object for one object. Throws `UNAUTHENTICATED` for one that was withdrawn. */
export type StandingOf = (subject: Subject) => Subject;

export function createStandingOf(standings: Standings): StandingOf {
  const known = new WeakMap<Subject, Subject>();
  return (subject) => {
    const standing = subject.id === null ? undefined : standings.get(subject.id);
    if (standing === undefined) return subject;
    if (standing.isWithdrawn) throw withdrawn();
    const before = known.get(subject);
    if (before !== undefined) return before;
    const { roles, scopes } = standing;
    const made = Object.freeze({ ...subject, roles: roles ?? subject.roles, scopes: scopes ?? subject.scopes });
    known.set(subject, made).set(made, made);
    return made;
  };
}

function withdrawn(): WeftError {
  return new WeftError('UNAUTHENTICATED', {
    action: 'Cannot authenticate the request',
    found: 'a subject that was withdrawn',
    fix: 'Ask those who run the mesh, or leave the authorization header out to ask as anonymous.',
    details: { reason: 'withdrawn' },
  });
}
