/**
 * Directives of the subgraphs' own that clients may write in operations. The planner's schema has only those that every subgraph
 * knows; those that came by `@composeDirective` are for the gateway, so it takes them and sends them to nobody.
 */
import {
  type DirectiveDefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  extendSchema,
  visit,
} from 'graphql';

const executableLocations = new Set(
  'QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION'.split(
    ' ',
  ),
);

/** The schema that clients see, with the executable directives that the supergraph defines. */
export function addExecutableDirectives(schema: GraphQLSchema, supergraph: DocumentNode): GraphQLSchema {
  const definitions = supergraph.definitions.flatMap((definition): DirectiveDefinitionNode[] => {
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION || schema.getDirective(definition.name.value)) return [];
    const locations = definition.locations.filter(({ value }) => executableLocations.has(value));
    return locations.length === 0 ? [] : [{ ...definition, locations }];
  });
  return definitions.length === 0 ? schema : extendSchema(schema, { kind: Kind.DOCUMENT, definitions });
}

/** The operation without directives that a planner does not know. */
export function dropUnknownDirectives(document: DocumentNode, isKnown: (name: string) => boolean): DocumentNode {
  return visit(document, { Directive: ({ name }) => (isKnown(name.value) ? undefined : null) });
}
