/**
 * The lineage store: a summary graph of what flows where (its edges stored once, in the direction the data flows), and
 * beside it the occurrences (executions, events) that never lie on a traversal's path. Adapters: `sqlite.ts`, `neo4j.ts`.
 */
import type { ExecutionFinished, ExecutionStatus, MeshEvent } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';

/** What a node of the summary graph is. `label` is a stream of data events; `dataset` is OpenLineage's. */
export type NodeKind = 'domain' | 'product' | 'process' | 'dataset' | 'label';

/** Declared in a schema, or observed in an execution. */
export type EdgeKind = 'DECLARED' | 'OBSERVED';

export interface LineageNode {
  /** `KIND:DOMAIN/NAME` (`product:flights/delays`), `domain:NAME`, `dataset:NAMESPACE/NAME`. */
  readonly id: string;
  readonly kind: NodeKind;
  readonly name: string;
  /** The owning domain; `null` for a dataset. */
  readonly domain: string | null;
  /** What its deployment record said; empty for a node that is known by mention alone. */
  readonly properties: JsonObject;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** RFC 3339: since when it was so at first, and until when. `validTo` null: still so. */
  readonly validFrom: string;
  readonly validTo: string | null;
  /** RFC 3339: the latest event that told us. */
  readonly recordedAt: string;
}

/** An execution as the log tells it. */
export interface ExecutionOccurrence extends ExecutionFinished {
  readonly id: string;
  readonly domain: string;
  readonly process: string;
  readonly revision: string | null;
  readonly subject: string | null;
  /** Offset of the record. */
  readonly offset: number;
}

/** A data event as lineage keeps it: its ends and its place in the log, not its payload. */
export type EventOccurrence = Pick<
  MeshEvent,
  'id' | 'time' | 'type' | 'label' | 'source' | 'target' | 'domain' | 'executionId'
> & { readonly offset: number };

/** What one event of the log changes. `fold` makes them; an adapter applies them, in order. Applying a fact twice changes nothing. */
export type Fact =
  /** Makes the node, or gives it these properties; empty ones replace none. */
  | { readonly fact: 'node'; readonly node: LineageNode }
  | { readonly fact: 'edge'; readonly edge: LineageEdge }
  /** The declared edges into this node end, but for those that a later fact declares anew. Whoever receives declares. */
  | { readonly fact: 'redeclared'; readonly node: string; readonly at: string }
  | { readonly fact: 'execution'; readonly execution: ExecutionOccurrence }
  | { readonly fact: 'event'; readonly event: EventOccurrence };

export interface Traversal {
  readonly from: string;
  /** `up`: where it comes from. `down`: what depends on it. */
  readonly direction: 'up' | 'down';
  /** Hops, from 0; default and bound `limits.lineageDepthMax`. */
  readonly depth?: number;
  /** Nodes, from 1; default and bound `limits.lineageNodesMax`. Of a hop that does not fit, the first by id. */
  readonly nodes?: number;
}

export interface Lineage {
  /** The node asked for first, then hop by hop; within a hop by id. */
  readonly nodes: readonly (LineageNode & { readonly depth: number })[];
  /** The valid edges among those nodes; by from, to, kind. */
  readonly edges: readonly LineageEdge[];
  /** A cap was reached: a valid edge leads on to a node that is not among these. */
  readonly truncated: boolean;
}

export interface NodeQuery {
  readonly kinds?: readonly NodeKind[];
  readonly domain?: string;
  /** Case-insensitive; every word must occur in the name, the domain or a property's value. */
  readonly text?: string;
  /** Default and bound `limits.lineageNodesMax`. */
  readonly limit?: number;
}

export interface ExecutionQuery {
  readonly id?: string;
  readonly domain?: string;
  readonly process?: string;
  readonly status?: ExecutionStatus;
  /** Newest first; only records before this offset. */
  readonly before?: number;
  /** Default and bound `limits.lineageReadMax`. */
  readonly limit?: number;
}

export interface IdentityQuery {
  /** Source or target of the events. */
  readonly identity: string;
  /** Only records before this offset. */
  readonly before?: number;
  /** Default and bound `limits.lineageReadMax`. */
  readonly limit?: number;
}

/**
 * A lineage store. Every method throws `STORE_UNAVAILABLE` when the store cannot be reached or is closed, and
 * `STORE_CORRUPT` when it cannot be read.
 */
export interface LineageStore {
  /** What the banner and `/health` call it: `sqlite .weft/lineage.db`. */
  readonly location: string;

  /** The offset of the last event whose facts are in the store; 0 at first. */
  cursor(): Promise<number>;

  /** Applies facts and moves the cursor in one transaction. A cursor not larger than the stored one changes nothing. */
  apply(facts: readonly Fact[], cursor: number): Promise<void>;

  /** Breadth-first from a node over the edges that are valid now; `null` when there is no such node. */
  traverse(traversal: Traversal): Promise<Lineage | null>;

  /** Nodes by id. */
  nodes(query: NodeQuery): Promise<readonly LineageNode[]>;

  /** Newest first. */
  executions(query: ExecutionQuery): Promise<readonly ExecutionOccurrence[]>;

  /** Data events an identity took part in, newest first. */
  eventsOf(query: IdentityQuery): Promise<readonly EventOccurrence[]>;

  /** The whole summary graph, sorted; for tests and backups of small meshes. */
  dump(): Promise<{ readonly nodes: readonly LineageNode[]; readonly edges: readonly LineageEdge[] }>;

  /** Forgets everything, the cursor too, so that the log can be folded anew. */
  clear(): Promise<void>;

  close(): Promise<void>;
}
