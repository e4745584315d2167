/**
 * Takes out of a plan what Apollo's planner asks for too early: fields of objects inside a fetch, without what the fields require.
 * Mostly a later fetch of the plan asks for them as it should; then they are not asked for before.
 */
import { type FieldNode, type SelectionNode, Kind } from 'graphql';
import type { Branch, Leaf } from './branches.ts';
import { narrowFetch, typenameField } from './narrow.ts';
import type { FetchNode, PlanNode } from './plan.ts';

/** The plan without those fields; `unprovided` gives those of one of its fetches. */
export function dropUnprovided(
  root: PlanNode,
  leaves: readonly Leaf[],
  unprovided: (leaf: Leaf) => ReadonlySet<FieldNode>,
): PlanNode {
  const dropped = new Map(leaves.map((leaf) => [leaf, unprovided(leaf)]));
  const kept = new Set(leaves.flatMap((leaf) => placesIn(leaf.branches, dropped.get(leaf) ?? none)));
  const changed = new Map<FetchNode, FetchNode>();
  for (const [leaf, fields] of dropped) {
    const lost = lostPlaces(leaf.branches, fields);
    // What nobody else asks for stays: the plan is refused for it.
    if (lost.length === 0 || lost.some((place) => !kept.has(place))) continue;
    changed.set(leaf.fetch, narrowFetch(leaf, selectionsWithout(leaf.branches, fields)));
  }
  return replaceFetches(root, changed);
}

const none: ReadonlySet<FieldNode> = new Set();

function placesIn(branches: readonly Branch[], dropped: ReadonlySet<FieldNode>): readonly string[] {
  return branches.flatMap((branch): readonly string[] => {
    if (branch.kind === 'fragment') return placesIn(branch.branches, dropped);
    return dropped.has(branch.node) ? [] : [branch.place, ...placesIn(branch.branches, dropped)];
  });
}

function lostPlaces(branches: readonly Branch[], dropped: ReadonlySet<FieldNode>): readonly string[] {
  return branches.flatMap((branch): readonly string[] => {
    const isDropped = branch.kind === 'field' && dropped.has(branch.node);
    return isDropped ? placesIn([branch], none) : lostPlaces(branch.branches, dropped);
  });
}

function selectionsWithout(
  branches: readonly Branch[],
  dropped: ReadonlySet<FieldNode>,
): readonly [SelectionNode, ...SelectionNode[]] {
  const [first, ...rest] = branches.flatMap((branch): readonly SelectionNode[] => {
    if (branch.kind === 'field' && dropped.has(branch.node)) return [];
    if (branch.node.selectionSet === undefined) return [branch.node];
    const selectionSet = { kind: Kind.SELECTION_SET, selections: selectionsWithout(branch.branches, dropped) } as const;
    return [{ ...branch.node, selectionSet }];
  });
  return first === undefined ? [typenameField] : [first, ...rest];
}

function replaceFetches(node: PlanNode, changed: ReadonlyMap<FetchNode, FetchNode>): PlanNode {
  if (node.kind === 'fetch') return changed.get(node) ?? node;
  return { ...node, nodes: node.nodes.map((child) => replaceFetches(child, changed)) };
}
