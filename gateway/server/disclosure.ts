/** How much of a schema is told to whom: in introspection, in errors, and by the way a name that is hidden is answered. */
import type { GraphQLSchema } from 'graphql';
import type { PolicyConfig } from '../../mesh/core/config.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { type Hidden, hiddenNames } from '../policy/hidden.ts';
import { isNaming } from '../policy/schema-sight.ts';
import type { VisibleSchemas } from '../policy/visible.ts';

export type DisclosureConfig = Pick<PolicyConfig, 'introspection' | 'hideExistence'>;

/** What a subject is told of the schema. */
export interface Disclosed {
  /** What introspection answers, and what errors name things of. */
  schema(): GraphQLSchema;
  /** What its documents are held against in place of the whole schema; `null`: against that. */
  held(): GraphQLSchema | null;
  /** Whether a text has a name in it that stands for nothing that is told. */
  isUntold(text: string): boolean;
  /** Tells `schema()` from that of those who are told something else; empty where it is the whole. */
  sign(): string;
}

/** What each subject is told. */
export interface Disclosure {
  (subject: Subject): Disclosed;
}

/** Whether everybody is told everything. What must not be known to be there is in no introspection. */
export function isAllTold({ introspection, hideExistence }: DisclosureConfig): boolean {
  return introspection === 'full' && !hideExistence;
}

/** Nothing is worked out for a subject before it makes a difference. */
export function createDisclosure(
  whole: GraphQLSchema,
  config: DisclosureConfig,
  visibleTo: VisibleSchemas | null,
): Disclosure {
  if (visibleTo === null || isAllTold(config)) {
    const all: Disclosed = { schema: () => whole, held: () => null, isUntold: () => false, sign: () => '' };
    return () => all;
  }
  const namesOf = createNames(whole);
  const known = new WeakMap<Subject, Disclosed>();
  const disclose = (subject: Subject): Disclosed => ({
    schema: () => visibleTo(subject).schema,
    held() {
      const { schema } = config.hideExistence ? visibleTo(subject) : { schema: whole };
      return schema === whole ? null : schema;
    },
    isUntold(text) {
      return isNaming(text, namesOf(visibleTo(subject).hidden));
    },
    sign() {
      const { number } = visibleTo(subject);
      return number === 0 ? '' : String(number);
    },
  });
  return (subject) => {
    const disclosed = known.get(subject) ?? disclose(subject);
    known.set(subject, disclosed);
    return disclosed;
  };
}

/** What is hidden by name alone, however it is spelt. */
function createNames(schema: GraphQLSchema): (hidden: Hidden) => ReadonlySet<string> {
  const known = new WeakMap<Hidden, ReadonlySet<string>>();
  return (hidden) => {
    const names = known.get(hidden) ?? new Set(Array.from(hiddenNames(hidden, schema), (name) => name.toLowerCase()));
    known.set(hidden, names);
    return names;
  };
}
