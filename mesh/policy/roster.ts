/** What the mesh itself says of subjects, in place of what their tokens say (`schema/subjects.yaml`). */
import { WeftError } from '../core/error.ts';
import type { Subject } from '../core/subject.ts';

export interface Enrolment {
  /** `null`: those of the token. */
  readonly roles: readonly string[] | null;
  readonly scopes: readonly string[] | null;
  /** No token of this subject counts any more. */
  readonly isWithdrawn: boolean;
}

/** By the subject's id. */
export type Roster = ReadonlyMap<string, Enrolment>;

/** A subject as the mesh has it: one object for one object. Throws `UNAUTHENTICATED` for one that was withdrawn. */
export type Enrol = (subject: Subject) => Subject;

export function createEnrol(roster: Roster): Enrol {
  const known = new WeakMap<Subject, Subject>();
  return (subject) => {
    const said = subject.id === null ? undefined : roster.get(subject.id);
    if (said === undefined) return subject;
    if (said.isWithdrawn) throw withdrawn();
    const before = known.get(subject);
    if (before !== undefined) return before;
    const { roles, scopes } = said;
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
