/** What of a subject a rule reads, with the values that it finds: what a verdict is explained by. */
import { type Json, isJsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import type { Governance } from './governance.ts';
import type { Path, Reads } from './reads.ts';
import type { Rule } from './rules.ts';

export interface ValueRead {
  /** As conditions name it: `subject.claims.region`, `purpose`. */
  readonly name: string;
  /** `undefined` where the subject has nothing there. */
  readonly value: Json | undefined;
}

/** Each value once, in the order in which the rule names them. */
export function valuesRead(
  rule: Rule,
  subject: Subject,
  governance: Pick<Governance, 'policies' | 'agreements'>,
): readonly ValueRead[] {
  switch (rule.kind) {
    case 'authenticated':
      return [{ name: 'subject.id', value: subject.id }];
    case 'scopes':
    case 'mask':
      return [{ name: 'subject.scopes', value: subject.scopes }];
    case 'policies':
      return unique(rule.anyOf.flat().flatMap((name) => valuesOf(governance.policies.get(name)?.reads, subject)));
    case 'purpose': {
      const domain = { name: 'subject.domain', value: subject.domain };
      return [{ name: 'purpose', value: subject.purpose }, ...(governance.agreements === null ? [] : [domain])];
    }
    case 'rows':
      return valuesOf(rule.condition.reads, subject);
    default:
      return rule satisfies never;
  }
}

/** What a condition reads beside objects and the time. */
export function valuesOf(reads: Reads | undefined, subject: Subject): readonly ValueRead[] {
  if (reads === undefined) return [];
  const ofSubject = reads.subject.map((path) => ({
    name: ['subject', ...path].join('.'),
    value: valueAt({ ...subject }, path),
  }));
  return reads.purpose ? [...ofSubject, { name: 'purpose', value: subject.purpose }] : ofSubject;
}

/** A list's items are not part of a path, so that it is taken whole. */
function valueAt(value: Json | undefined, [name, ...rest]: Path): Json | undefined {
  if (name === undefined || Array.isArray(value)) return value;
  return isJsonObject(value) && Object.hasOwn(value, name) ? valueAt(value[name], rest) : undefined;
}

function unique(values: readonly ValueRead[]): readonly ValueRead[] {
  return [...new Map(values.map((value) => [value.name, value])).values()];
}
