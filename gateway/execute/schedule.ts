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

/** A group while it may still join another. */
interface OpenGroup {
  /** The subgraph whose other lookups may travel along; `null` when this fetch travels alone. */
  readonly companions: string | null;
  readonly fetches: FetchNode[];
  readonly needs: Set<OpenGroup>;
}

/** Groups in an order in which each comes after those it depends on. */
export function scheduleFetches(root: PlanNode | null): readonly FetchGroup[] {
  const leaves: Leaf[] = [];
  if (root !== null) gatherLeaves(root, new Set(), leaves);
  leaves.sort((a, b) => a.depth - b.depth);
  const groups = joinLaterRequests(groupLeaves(leaves));
  const positions = new Map(groups.map((group, position) => [group, position]));
  return groups.map(({ fetches, needs }) => ({
    fetches,
    dependencies: [...needs].flatMap((need) => positions.get(need) ?? []),
  }));
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

/** Only leaves of one depth share a group: neither can need the other, and no circle can arise. Leaves come by depth. */
function groupLeaves(leaves: readonly Leaf[]): readonly OpenGroup[] {
  const known = new Map<Leaf, OpenGroup>();
  const siblings = Map.groupBy(leaves, (leaf) =>
    isEntityQuery(leaf.fetch) ? `${leaf.depth} ${leaf.fetch.subgraph}` : leaf,
  );
  return [...siblings].map(([key, members]) => {
    const group: OpenGroup = {
      companions: typeof key === 'string' ? (members[0]?.fetch.subgraph ?? null) : null,
      fetches: members.map((leaf) => leaf.fetch),
      needs: new Set(members.flatMap((leaf) => [...leaf.needs].flatMap((need) => known.get(need) ?? []))),
    };
    for (const leaf of members) known.set(leaf, group);
    return group;
  });
}

function isEntityQuery(fetch: FetchNode): boolean {
  return fetch.requires !== undefined && fetch.operationKind === 'query' && fetch.contexts === undefined;
}

/**
 * Lets a group travel with a later one to the same subgraph when all who wait for its answer wait for the later one's too, as
 * the client does for both, and nobody waits longer for the later one: no way from the first request to the last grows.
 */
function joinLaterRequests(groups: readonly OpenGroup[]): readonly OpenGroup[] {
  const awaited = awaitedBy(groups);
  const guests = new Set<OpenGroup>();
  const waitingFor = (group: OpenGroup) => groups.filter((other) => other.needs.has(group) && !guests.has(other));
  for (const [position, group] of groups.entries()) {
    if (group.companions === null) continue;
    const waiting = waitingFor(group);
    // Whoever waits for the host comes after it: no circle arises, and the order by depth stays right.
    const isHost = (other: OpenGroup): boolean =>
      other.companions === group.companions &&
      waiting.every((one) => awaited.get(one)?.has(other)) &&
      (waitingFor(other).length === 0 || group.needs.isSubsetOf(awaited.get(other) ?? new Set()));
    const host = groups.slice(position + 1).find(isHost);
    if (host === undefined) continue;
    guests.add(group);
    host.fetches.push(...group.fetches);
    for (const need of group.needs) host.needs.add(need);
    for (const one of waiting) one.needs.delete(group);
    for (const one of waiting) one.needs.add(host);
  }
  return groups.filter((group) => !guests.has(group));
}

/** For each group all that have to answer before it. */
function awaitedBy(groups: readonly OpenGroup[]): ReadonlyMap<OpenGroup, ReadonlySet<OpenGroup>> {
  const awaited = new Map<OpenGroup, ReadonlySet<OpenGroup>>();
  for (const group of groups) {
    awaited.set(group, new Set([...group.needs].flatMap((need) => [need, ...(awaited.get(need) ?? [])])));
  }
  return awaited;
}
