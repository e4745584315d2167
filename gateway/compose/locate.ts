/** Where a coordinate of the supergraph is written: in which subgraph's file, and at which line. */
import type { ASTNode, DefinitionNode } from 'graphql';
import type { SourceLocation } from '../../mesh/core/error.ts';
import { placeOf } from '../../mesh/policy/directive.ts';
import type { ReadSubgraph } from './read-subgraph.ts';

/** The first place where it is written; `undefined` when it is nowhere. */
export interface Locate {
  (coordinate: string): SourceLocation | undefined;
}

/** Looks through the subgraphs in their order, once. */
export function createLocate(subgraphs: readonly ReadSubgraph[]): Locate {
  let known: Map<string, { readonly node: ASTNode; readonly file: string }> | null = null;
  return (coordinate) => {
    known ??= new Map(
      subgraphs
        .flatMap(({ document, origin: file, typeName }) =>
          document.definitions.flatMap((definition) =>
            namedNodes(definition, typeName).map(([name, node]) => [name, { node, file }] as const),
          ),
        )
        .toReversed(),
    );
    const found = known.get(coordinate);
    return found && placeOf(found.node, found.file);
  };
}

function namedNodes(definition: DefinitionNode, typeName: (local: string) => string): readonly [string, ASTNode][] {
  if (!('name' in definition) || definition.name === undefined || definition.kind === 'DirectiveDefinition') return [];
  const type = typeName(definition.name.value);
  const members = [
    ...('fields' in definition ? (definition.fields ?? []) : []),
    ...('values' in definition ? (definition.values ?? []) : []),
  ];
  return [
    [type, definition.name],
    ...members.flatMap((member): [string, ASTNode][] => {
      const coordinate = `${type}.${member.name.value}`;
      const args = 'arguments' in member ? (member.arguments ?? []) : [];
      return [
        [coordinate, member.name],
        ...args.map((argument): [string, ASTNode] => [`${coordinate}(${argument.name.value}:)`, argument.name]),
      ];
    }),
  ];
}
