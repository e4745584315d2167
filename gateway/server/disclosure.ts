/** How much of a schema is told to whom: in introspection, in errors, and by the way a name that is hidden is answered. */
import type { GraphQLSchema } from 'graphql';
import type { PolicyConfig } from '../../mesh/core/config.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { VisibleSchemas } from '../policy/visible.ts';

export type DisclosureConfig = Pick<PolicyConfig, 'introspection' | 'hideExistence'>;

/** What a subject is told of the schema. */
export interface Disclosed {
  /** What introspection answers, and what errors name things of. */
  schema(): GraphQLSchema;
  /** What its documents are held against in place of the whole schema; `null`: against that. */
  readonly held: GraphQLSchema | null;
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
  visibleTo: VisibleSchemas,
): Disclosure {
  const all: Disclosed = { schema: () => whole, held: null, sign: () => '' };
  if (isAllTold(config)) return () => all;
  return (subject) => {
    const sign = (): string => {
      const { number } = visibleTo(subject);
      return number === 0 ? '' : String(number);
    };
    const schema = (): GraphQLSchema => visibleTo(subject).schema;
    const held = config.hideExistence ? schema() : whole;
    return { schema, held: held === whole ? null : held, sign };
  };
}
