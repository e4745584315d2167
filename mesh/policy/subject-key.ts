/** What of a subject the rules of a policy read, as a text: subjects with the same see the same. */
import { type Json, isJsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Path, Reads } from './reads.ts';
import type { Rule } from './rules.ts';

/** The text for a subject; throws for claims that cannot be written down. */
export interface SubjectKey {
  (subject: Subject): string;
}

/** The key by which subjects are told apart under these rules. */
export function createSubjectKey(
  rules: Iterable<Rule>,
  { policies, agreements }: Pick<Governance, 'policies' | 'agreements'>,
): SubjectKey {
  const scopes = new Set<string>();
  const paths = new Map<string, Path>();
  const named = new Set<string>();
  let [readsId, readsPurpose, readsDomain] = [false, false, false];
  const note = ({ subject, purpose }: Reads): void => {
    readsPurpose ||= purpose;
    for (const path of subject) paths.set(JSON.stringify(path), path);
  };
  for (const rule of rules) {
    if (rule.kind === 'authenticated') readsId = true;
    else if (rule.kind === 'scopes') rule.anyOf.flat().forEach((scope) => scopes.add(scope));
    else if (rule.kind === 'mask') rule.unless.flat().forEach((scope) => scopes.add(scope));
    else if (rule.kind === 'policies') rule.anyOf.flat().forEach((name) => named.add(name));
    else if (rule.kind === 'rows') note(rule.condition.reads);
    else {
      readsPurpose = true;
      readsDomain ||= agreements !== null;
    }
  }
  for (const name of named) note(policies.get(name)?.reads ?? { subject: [], purpose: false, now: false });
  const read = [...paths.values()];
  return (subject) => {
    const had = new Set(subject.scopes.filter((scope) => scopes.has(scope)));
    return JSON.stringify([
      readsId && subject.id === null,
      [...had].toSorted(),
      readsPurpose ? subject.purpose : 0,
      readsDomain ? subject.domain : 0,
      ...read.map((path) => valueAt({ ...subject }, path)),
    ]);
  };
}

/** What stands at a path, in a list of its own; else how far the path leads, and what ends it. */
function valueAt(value: Json | undefined, path: Path, depth = 0): readonly Json[] {
  const name = path[depth];
  // A list's items are not part of the path, so it is taken whole.
  if (name === undefined || Array.isArray(value)) return [value ?? null];
  if (!isJsonObject(value)) return [value ?? null, depth];
  const next = Object.hasOwn(value, name) ? value[name] : undefined;
  return next === undefined ? ['', depth, true] : valueAt(next, path, depth + 1);
}
