/**
 * Turns a plan's tree into groups of fetches that can travel together. A group is sent as soon as the groups that it
 * depends on have answered, so no request waits for a sibling that it does not need.
 */
import type { FetchNode, PlanNode } from '../plan/plan.ts';

export interface FetchGroup {
  /** Fetches of one subgraph that are sent as one operation. */
  readonly fetches: readonly FetchNode[];
  /** Positions of the groups whose results these fetches read. */
  readonly dependencies: readonly number[];
}

interface Leaf {
  readonly fetch: FetchNode;
  readonly needs: ReadonlySet<Leaf>;
  /** The longest way from a leaf that needs nothing. */
  readonly depth: number;
}

/** Groups in an order in which each comes after those it depends on. */
export function scheduleFetches(root: PlanNode | null): readonly FetchGroup[] {
  const leaves: Leaf[] = [];
  if (root !== null) gatherLeaves(root, new Set(), leaves);
  leaves.sort((a, b) => a.depth - b.depth);

  // Only leaves of one depth share a group: neither can need the other, and no circle can arise.
  const groups = Map.groupBy(leaves, (leaf) =>
    isEntityQuery(leaf.fetch) ? `${leaf.depth} ${leaf.fetch.subgraph}` : leaf,
  );
  const positions = new Map<Leaf, number>();
  [...groups.values()].forEach((members, position) => members.forEach((leaf) => positions.set(leaf, position)));

  return [...groups.values()].map((members) => {
    const needed = members.flatMap((leaf) => [...leaf.needs].map((need) => positions.get(need) ?? 0));
    return { fetches: members.map((leaf) => leaf.fetch), dependencies: [...new Set(needed)] };
  });
}

/** Adds the leaves below a node; gives those that whatever comes next has to wait for. */
function gatherLeaves(node: PlanNode, needs: ReadonlySet<Leaf>, leaves: Leaf[]): ReadonlySet<Leaf> {
  if (node.kind === 'sequence') {
    return node.nodes.reduce((before, child) => gatherLeaves(child, before, leaves), needs);
  }
  if (node.kind === 'parallel') {
    return new Set(node.nodes.flatMap((child) => [...gatherLeaves(child, needs, leaves)]));
  }
  const depth = 1 + Math.max(-1, ...[...needs].map((leaf) => leaf.depth));
  const leaf: Leaf = { fetch: node, needs, depth };
  leaves.push(leaf);
  return new Set([leaf]);
}

function isEntityQuery(fetch: FetchNode): boolean {
  return fetch.requires !== undefined && fetch.operationKind === 'query' && fetch.contexts === undefined;
}
