/**
 * Directives of the subgraphs' own that clients may write in operations. The planner's schema has only those that every subgraph
 * knows; those that came by `@composeDirective` are for the gateway, so it takes them and sends them to nobody.
 */
import {
  type DirectiveDefinitionNode,
  type DocumentNode,
  GraphQLSchema,
  Kind,
  extendSchema,
  isSpecifiedDirective,
  visit,
} from 'graphql';

const executableLocations: ReadonlySet<string> = new Set(
  'QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION'.split(
    ' ',
  ),
);

/** The schema that clients see, with the executable directives that the supergraph defines, and without those of its authors' own. */
export function addExecutableDirectives(schema: GraphQLSchema, supergraph: DocumentNode): GraphQLSchema {
  const definitions = supergraph.definitions.flatMap((definition): DirectiveDefinitionNode[] => {
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION || schema.getDirective(definition.name.value)) return [];
    const locations = definition.locations.filter(({ value }) => executableLocations.has(value));
    return locations.length === 0 ? [] : [{ ...definition, locations }];
  });
  const shown = withoutAuthors(schema);
  return definitions.length === 0 ? shown : extendSchema(shown, { kind: Kind.DOCUMENT, definitions });
}

/** A supergraph that links nothing passes on directives which stand in schemas only, those of policy too. */
function withoutAuthors(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  const directives = config.directives.filter(
    (one) => isSpecifiedDirective(one) || one.locations.some((location) => executableLocations.has(location)),
  );
  return directives.length === config.directives.length ? schema : new GraphQLSchema({ ...config, directives });
}

/** The operation without directives that a planner does not know. */
export function dropUnknownDirectives(document: DocumentNode, isKnown: (name: string) => boolean): DocumentNode {
  return visit(document, { Directive: ({ name }) => (isKnown(name.value) ? undefined : null) });
}
