/** Which types each subgraph has: what a supergraph says of types (`@join__type`). */
import { type ConstDirectiveNode, type DocumentNode, Kind } from 'graphql';
import { argumentOf } from '../../mesh/policy/directive.ts';
import { graphNames } from './requirement.ts';

/** Names of types by subgraph. */
export function readJoins(supergraph: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const graphs = graphNames(supergraph);
  const types = new Map(Array.from(graphs.values(), (name) => [name, new Set<string>()]));
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || definition.name === undefined) continue;
    const directives = (definition.directives ?? []) as readonly ConstDirectiveNode[];
    for (const directive of directives.filter(({ name }) => name.value === 'join__type')) {
      const graph = argumentOf(directive, 'graph');
      if (graph?.kind === Kind.ENUM) types.get(graphs.get(graph.value) ?? '')?.add(definition.name.value);
    }
  }
  return types;
}
