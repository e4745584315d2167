/**
 * Root types by their usual names. A supergraph may call its roots otherwise; its subgraphs' roots are found by the usual
 * names alone. So plans are made with those, while clients keep on seeing the names that the supergraph has.
 */
import { type DocumentNode, Kind, visit } from 'graphql';

/** The usual name of each root type that has another one. */
export type Roots = ReadonlyMap<string, string>;

const usual = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** Reads which roots of a supergraph bear names of their own. One whose usual name is another type's keeps its own. */
export function readRoots(supergraph: DocumentNode): Roots {
  const names = new Set<string>();
  for (const definition of supergraph.definitions) {
    if ('name' in definition && definition.name && definition.kind !== Kind.DIRECTIVE_DEFINITION) {
      names.add(definition.name.value);
    }
  }
  const given = supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION ? definition.operationTypes : [],
  );
  return new Map(
    given
      .map(({ operation, type }) => [type.name.value, usual[operation]] as const)
      .filter(([name, wanted]) => name !== wanted && !names.has(wanted)),
  );
}

/** Gives the roots in a supergraph, or in an operation against it, their usual names. */
export function nameRoots(document: DocumentNode, roots: Roots): DocumentNode {
  if (roots.size === 0) return document;
  const named = <T extends { readonly name: { readonly value: string } }>(node: T): T | undefined => {
    const value = roots.get(node.name.value);
    return value === undefined ? undefined : { ...node, name: { ...node.name, value } };
  };
  return visit(document, { NamedType: named, ObjectTypeDefinition: { leave: named } });
}
