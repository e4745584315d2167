/**
 * Composes subgraphs into a supergraph. Names Apollo's composition, alone in the house (Elastic-2.0). What does not
 * compose is shown where it stands in the subgraph's own file.
 */
import { composeServices } from '@apollo/composition';
import { type GraphQLError, parse } from 'graphql';
import { type SourceLocation, WeftError, frameOf, messageOf } from '../../mesh/core/error.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { linkMesh } from '../../mesh/policy/link.ts';

/** What composition needs of a subgraph. */
export type ComposedSubgraph = Pick<Subgraph, 'name' | 'sdl' | 'origin'> & {
  /** The routing URL that the supergraph names; in-process subgraphs have none. */
  readonly url?: string;
};

/**
 * The supergraph SDL. `definitions` is the text of `schema/mesh.graphql`. Throws `COMPOSITION_FAILED`, whose cause is an
 * `AggregateError` with one `WeftError` for each mistake.
 */
export function composeSubgraphs(subgraphs: readonly ComposedSubgraph[], definitions: string): string {
  const services = subgraphs.map((subgraph) => {
    const typeDefs = parse(linkSubgraph(subgraph, definitions));
    return { name: subgraph.name, url: subgraph.url ?? `weft:${subgraph.name}`, typeDefs };
  });
  const result = composeServices(services);
  if (result.errors === undefined) return result.supergraphSdl;
  const mistakes = result.errors.map((error) => mistakeOf(error, subgraphs));
  const [first] = mistakes;
  throw new WeftError('COMPOSITION_FAILED', {
    action:
      mistakes.length === 1 && first ? first.message : `The subgraphs do not compose: ${mistakes.length} mistakes`,
    ...(first?.at ? { at: first.at } : {}),
    cause: new AggregateError(mistakes),
  });
}

function linkSubgraph({ name, sdl, origin }: ComposedSubgraph, definitions: string): string {
  try {
    return linkMesh(sdl, definitions, { compose: true }).sdl;
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

/** Composition names the subgraph of each place beside its syntax node. */
interface PlacedNode {
  readonly subgraph?: string;
  readonly loc?: { readonly start: number };
}

function mistakeOf(error: GraphQLError, subgraphs: readonly ComposedSubgraph[]): WeftError {
  const code = error.extensions['code'];
  const at = placeOf(error.nodes as readonly PlacedNode[] | undefined, subgraphs);
  return new WeftError('COMPOSITION_FAILED', {
    action: error.message.trim(),
    ...(typeof code === 'string' ? { fix: `(Federation calls this ${code}.)` } : {}),
    ...(at ? { at } : {}),
  });
}

function placeOf(
  nodes: readonly PlacedNode[] | undefined,
  subgraphs: readonly ComposedSubgraph[],
): SourceLocation | null {
  for (const { subgraph: name, loc } of nodes ?? []) {
    const subgraph = subgraphs.find((candidate) => candidate.name === name);
    // What was supplied stands behind the subgraph's own text: it has no place in the file.
    if (subgraph === undefined || loc === undefined || loc.start >= subgraph.sdl.length) continue;
    const before = subgraph.sdl.slice(0, loc.start).split(/\r?\n/);
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    return { file: subgraph.origin, line, column, frame: frameOf(subgraph.sdl, line, column) };
  }
  return null;
}
