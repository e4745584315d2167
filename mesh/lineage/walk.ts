/**
 * A traversal, hop by hop, without the store: it yields what it wants to know next and is told. An adapter drives it with
 * its own reads, waiting or not, so that every adapter walks alike.
 */
import { limits } from '../core/limits.ts';
import type { Lineage, LineageEdge, LineageNode, Traversal } from './store.ts';

/** What a walk wants: these nodes, or the valid edges out of them (`down`) or into them (`up`). Ids are distinct. */
export type Question =
  | { readonly want: 'nodes'; readonly ids: readonly string[] }
  | { readonly want: 'edges'; readonly ids: readonly string[]; readonly direction: Traversal['direction'] };

/** What it is told: the nodes or edges asked for, in any order. */
export interface Answer {
  readonly nodes?: readonly LineageNode[];
  readonly edges?: readonly LineageEdge[];
}

/** Walks breadth-first; returns `null` when the node asked for is not there. */
export function* walk(traversal: Traversal): Generator<Question, Lineage | null, Answer> {
  const { from, direction } = traversal;
  const depthMax = bounded(traversal.depth, { least: 0, most: limits.lineageDepthMax });
  const nodesMax = bounded(traversal.nodes, { least: 1, most: limits.lineageNodesMax });
  const nodes: (LineageNode & { depth: number })[] = [];
  const depths = new Map<string, number>();
  const edges: LineageEdge[] = [];
  let truncated = false;

  for (let depth = 0, frontier = [from]; frontier.length > 0; depth++) {
    const reached = (yield { want: 'nodes', ids: frontier }).nodes ?? [];
    for (const node of reached.toSorted((a, b) => compareTexts(a.id, b.id))) {
      nodes.push({ ...node, depth });
      depths.set(node.id, depth);
    }
    if (nodes.length === 0) return null;
    const led = (yield { want: 'edges', ids: frontier, direction }).edges ?? [];
    edges.push(...led);
    const ends = led.map((edge) => (direction === 'down' ? edge.to : edge.from));
    const fresh = [...new Set(ends)].filter((id) => !depths.has(id)).toSorted(compareTexts);
    const room = depth < depthMax ? nodesMax - nodes.length : 0;
    truncated ||= fresh.length > room;
    frontier = fresh.slice(0, room);
  }
  const among = edges.filter((edge) => depths.has(edge.from) && depths.has(edge.to));
  return { nodes, edges: among.toSorted(compareEdges), truncated };
}

/** A number within bounds; the upper one when none is given. */
export function bounded(value: number | undefined, { least, most }: { least: number; most: number }): number {
  return Math.max(least, Math.min(value ?? most, most));
}

/** The order of ids in every answer: by UTF-16 code units, as JavaScript sorts, whatever a store's own collation. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The order of edges in every answer: by from, to, kind. */
export function compareEdges(a: LineageEdge, b: LineageEdge): number {
  return compareTexts(a.from, b.from) || compareTexts(a.to, b.to) || compareTexts(a.kind, b.kind);
}
