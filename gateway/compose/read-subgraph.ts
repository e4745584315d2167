/** A subgraph's SDL as composition takes it: what it says of policy, and the rest of it for the composer of Federation. */
import { type DocumentNode, type GraphQLError, Kind, parse } from 'graphql';
import { WeftError, frameOf, isWeftError, messageOf } from '../../mesh/core/error.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { linkMesh } from '../../mesh/policy/link.ts';
import { type Statement, readStatements } from '../../mesh/policy/read-rules.ts';
import { type PolicyDefinitions, usageMistakes } from '../../mesh/policy/usage.ts';
import { compositionFailed } from './failed.ts';
import { typeNameOf } from './coordinates.ts';
import { withoutPolicy } from './strip.ts';

/** What composition needs of a subgraph. */
export type ComposedSubgraph = Pick<Subgraph, 'name' | 'sdl' | 'origin'> & {
  /** The routing URL that the supergraph names; in-process subgraphs have none. */
  readonly url?: string;
};

export interface ReadSubgraph extends ComposedSubgraph {
  /** With places; what was supplied stands behind the subgraph's own text. */
  readonly document: DocumentNode;
  /** The same without policy. */
  readonly bare: DocumentNode;
  /** What it says of policy, at coordinates of the supergraph. */
  readonly statements: readonly Statement[];
  /** What a type of the subgraph is called in the supergraph: composition gives root types their usual names. */
  typeName(local: string): string;
}

export interface Definitions {
  /** The text of `schema/mesh.graphql`. */
  readonly text: string;
  readonly directives: PolicyDefinitions;
}

/** Reads a subgraph's SDL. Throws `COMPOSITION_FAILED`, with an `AggregateError` of all mistakes as its cause if there are several. */
export function readSubgraph(subgraph: ComposedSubgraph, definitions: Definitions): ReadSubgraph {
  const { origin } = subgraph;
  const document = parseSdl(subgraph, definitions.text);
  const mistakes = usageMistakes(document, { origin, definitions: definitions.directives });
  if (mistakes.length > 0) throw compositionFailed(mistakes);
  const roots = rootNames(document);
  const typeName = (local: string): string => roots.get(local) ?? local;
  const statements = readPlaced(document, origin).map((statement) => {
    const local = typeNameOf(statement.coordinate);
    const coordinate = typeName(local) + statement.coordinate.slice(local.length);
    return { ...statement, coordinate, rule: statement.rule && { ...statement.rule, coordinate } };
  });
  return { ...subgraph, document, bare: withoutPolicy(document), statements, typeName };
}

function readPlaced(document: DocumentNode, origin: string): readonly Statement[] {
  try {
    return readStatements(document, origin);
  } catch (error) {
    if (!isWeftError(error, 'POLICY_INVALID')) throw error;
    const { message: action, at } = error;
    throw new WeftError('COMPOSITION_FAILED', { action, ...(at ? { at } : {}), cause: error });
  }
}

function parseSdl({ name, sdl, origin }: ComposedSubgraph, definitions: string): DocumentNode {
  try {
    return parse(linkMesh(sdl, definitions, { compose: true }).sdl);
  } catch (error) {
    const place = (error as GraphQLError).locations?.[0];
    throw new WeftError('COMPOSITION_FAILED', {
      action: `Cannot read the schema of subgraph "${name}"`,
      found: messageOf(error),
      wanted: 'a GraphQL schema document',
      at: place ? { file: origin, ...place, frame: frameOf(sdl, place.line, place.column) } : { file: origin },
      cause: error,
    });
  }
}

function rootNames(document: DocumentNode): ReadonlyMap<string, string> {
  const usual = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? (definition.operationTypes ?? []).map(({ operation, type }) => [type.name.value, usual[operation]] as const)
        : [],
    ),
  );
}
