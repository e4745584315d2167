/** The lineage store as an obvious program: a list of nodes and a list of edges, one fact at a time, no index, no batch. */
import type { Fact, Lineage, LineageEdge, LineageNode, Traversal } from '../../mesh/lineage/store.ts';

export interface Oracle {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** The graph after these facts, sorted as `dump` sorts. */
export function graphOf(facts: readonly Fact[]): Oracle {
  let nodes: LineageNode[] = [];
  let edges: LineageEdge[] = [];
  for (const fact of facts) {
    if (fact.fact === 'node') {
      const known = nodes.find((node) => node.id === fact.node.id);
      const keeps = known !== undefined && Object.keys(fact.node.properties).length === 0;
      nodes = [...nodes.filter((node) => node !== known), keeps ? known : fact.node];
    } else if (fact.fact === 'redeclared') {
      edges = edges.map((edge) =>
        edge.kind === 'DECLARED' && edge.to === fact.node && edge.validTo === null
          ? { ...edge, validTo: fact.at }
          : edge,
      );
    } else if (fact.fact === 'edge') {
      const known = edges.find((edge) => keyOf(edge) === keyOf(fact.edge));
      edges = [
        ...edges.filter((edge) => edge !== known),
        { ...fact.edge, ...(known && { validFrom: known.validFrom }) },
      ];
    }
  }
  return {
    nodes: nodes.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    edges: edges.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

/** Distances by relaxing every edge until none gets shorter; then what the port promises, said as filters. */
export function traverse(
  { nodes, edges }: Oracle,
  { from, direction, depth, nodes: cap }: Required<Traversal>,
): Lineage | null {
  if (!nodes.some((node) => node.id === from)) return null;
  const steps = edges
    .filter((edge) => edge.validTo === null)
    .map((edge) => ({
      edge,
      near: direction === 'down' ? edge.from : edge.to,
      far: direction === 'down' ? edge.to : edge.from,
    }));
  const distance = new Map([[from, 0]]);
  for (let round = 0; round < nodes.length; round++) {
    for (const { near, far } of steps) {
      const reach = (distance.get(near) ?? Infinity) + 1;
      if (reach < (distance.get(far) ?? Infinity)) distance.set(far, reach);
    }
  }
  const kept = nodes
    .map((node) => ({ ...node, depth: distance.get(node.id) ?? Infinity }))
    .filter((node) => node.depth <= depth)
    .toSorted((a, b) => a.depth - b.depth || (a.id < b.id ? -1 : 1))
    .slice(0, cap);
  const isKept = (id: string): boolean => kept.some((node) => node.id === id);
  return {
    nodes: kept,
    edges: steps.filter(({ near, far }) => isKept(near) && isKept(far)).map(({ edge }) => edge),
    truncated: steps.some(({ near, far }) => isKept(near) && !isKept(far)),
  };
}

function keyOf({ from, to, kind }: LineageEdge): string {
  return `${from}\u0000${to}\u0000${kind}`;
}
