/** What of subjects the rules of a policy may read. */
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Path } from './reads.ts';
import type { Rules } from './rules.ts';

/** The paths below `subject` that conditions of rows, and named policies that rules name, mention. An empty one: all there is. */
export function subjectReads(rules: Rules, { policies }: Pick<Governance, 'policies'>): readonly Path[] {
  const paths = [...new Set([...rules.values()].flat())].flatMap((rule): readonly Path[] => {
    if (rule.kind === 'rows') return rule.condition.reads.subject;
    if (rule.kind !== 'policies') return [];
    return rule.anyOf.flat().flatMap((name) => policies.get(name)?.reads.subject ?? []);
  });
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

/** Whether the paths lead to a subject's id. */
export function readsId(paths: readonly Path[]): boolean {
  return paths.some(([name]) => name === undefined || name === 'id');
}

/** Of a subject's claims, those that the paths lead to. */
export function claimsRead({ claims }: Pick<Subject, 'claims'>, paths: readonly Path[]): JsonObject {
  if (paths.some((path) => path.length === 0 || (path.length === 1 && path[0] === 'claims'))) return claims;
  const kept: Record<string, Json> = {};
  for (const [root, name, ...rest] of paths) {
    const value = name === undefined || !Object.hasOwn(claims, name) ? undefined : claims[name];
    if (root !== 'claims' || name === undefined || value === undefined) continue;
    kept[name] = merge(kept[name], cut(value, rest));
  }
  return kept;
}

/** A list is kept whole: paths leave its items out. */
function cut(value: Json, [name, ...rest]: Path): Json {
  if (name === undefined || !isJsonObject(value)) return value;
  const below = Object.hasOwn(value, name) ? value[name] : undefined;
  return below === undefined ? {} : { [name]: cut(below, rest) };
}

function merge(one: Json | undefined, other: Json): Json {
  if (!isJsonObject(one) || !isJsonObject(other)) return one ?? other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    Array.from(names, (name) => [name, other[name] === undefined ? one[name] : merge(one[name], other[name])]),
  );
}
