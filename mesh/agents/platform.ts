/** The `platform` agent: lineage and log for the platform's own domains, and for no other, as whoever asks is told of them. */
import { WeftError } from '../core/error.ts';
import type { StoredEvent } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import { type SchemaSightOf, blind } from '../core/schema-sight.ts';
import type { EventLog, LogQuery } from '../events/log.ts';
import { searchTextOf, wordsOf } from '../lineage/change.ts';
import type {
  ExecutionQuery,
  IdentityQuery,
  Lineage,
  LineageNode,
  LineageStore,
  NodeQuery,
  Traversal,
} from '../lineage/store.ts';
import { bounded, walk } from '../lineage/walk.ts';
import { PlatformSight } from './platform-sight.ts';
import type { Scope } from './scope.ts';

export interface PlatformOptions {
  readonly log: EventLog;
  /** `null`: nobody may use the agent. */
  readonly store: LineageStore | null;
  /** Names of the domains that may use it. */
  readonly domains: readonly string[];
  /** What a subject is told of the mesh's schema. Default: nothing. */
  readonly sightOf?: SchemaSightOf;
  /** The coordinates that a node of the lineage stands for, by its id; `null` where it is not known. Default: none is. */
  readonly placesOf?: (node: string) => readonly string[] | null;
}

/** Every method throws `AGENT_DENIED` for a domain that is not the platform's. */
export function createPlatform({ log, store, domains, sightOf = () => blind, placesOf = () => null }: PlatformOptions) {
  const storeFor = ({ execution: { domain } }: Scope): LineageStore => {
    if (store !== null && domains.includes(domain)) return store;
    throw new WeftError('AGENT_DENIED', {
      action: `Cannot use the platform agent in domain "${domain}"`,
      found: 'a domain that is not the platform’s',
      wanted: domains.length === 0 ? 'none' : domains.join(', '),
    });
  };
  const sightFor = ({ subject }: Scope): PlatformSight =>
    new PlatformSight({ sight: sightOf(subject), subject, placesOf });
  return {
    async nodes(scope: Scope, query: NodeQuery) {
      return findNodes(storeFor(scope), query, sightFor(scope));
    },
    async traverse(scope: Scope, traversal: Traversal) {
      return walkSeen(storeFor(scope), traversal, sightFor(scope));
    },
    async executions(scope: Scope, query: ExecutionQuery) {
      const [from, sight] = [storeFor(scope), sightFor(scope)];
      const read = (page: Page) => from.executions({ ...query, ...page });
      return gather(read, (one) => sight.execution(one), { ...query, descending: true });
    },
    async eventsOf(scope: Scope, query: IdentityQuery) {
      const [from, sight] = [storeFor(scope), sightFor(scope)];
      const read = (page: Page) => from.eventsOf({ ...query, ...page });
      return gather(read, (one) => sight.occurrence(one), { ...query, descending: true });
    },
    async events(scope: Scope, query: LogQuery): Promise<readonly StoredEvent[]> {
      storeFor(scope);
      const sight = sightFor(scope);
      const read = (page: Page) => log.read({ ...query, ...page });
      return gather(read, (one) => sight.event(one), query);
    },
  };
}

/** A search looks into what is seen of a node, so that nothing is found by what is not. */
async function findNodes(
  store: LineageStore,
  { limit, ...query }: NodeQuery,
  sight: PlatformSight,
): Promise<readonly LineageNode[]> {
  const words = wordsOf(query.text);
  const found = (await store.nodes(query)).filter((node) => sight.sees(node)).map((node) => sight.node(node));
  const matching = found.filter((node) => {
    const text = searchTextOf(node);
    return words.every((word) => text.includes(word));
  });
  const most = bounded(limit, { least: 0, most: limits.lineageNodesMax });
  const seen: LineageNode[] = [];
  for (const node of matching) {
    if (seen.length === most) break;
    if (await isRootSeen(store, node, sight)) seen.push(node);
  }
  return seen;
}

/** The graph is walked as if what is not seen were not in it. One hop more is read, to know whether it goes on. */
async function walkSeen(store: LineageStore, traversal: Traversal, sight: PlatformSight): Promise<Lineage | null> {
  const { from, direction, depth = limits.lineageDepthMax } = traversal;
  const whole = await store.traverse({ from, direction, depth: depth + 1 });
  const root = whole?.nodes[0];
  if (whole === null || root === undefined || !(await isRootSeen(store, root, sight))) return null;
  const { nodes, edges } = sight.graph(whole);
  const near = direction === 'down' ? 'from' : 'to';
  const steps = walk(traversal);
  let step = steps.next();
  while (!step.done) {
    const { want, ids } = step.value;
    const asked = new Set(ids);
    step = steps.next(
      want === 'nodes'
        ? { nodes: ids.flatMap((id) => nodes.get(id) ?? []) }
        : { edges: edges.filter((edge) => asked.has(edge[near])) },
    );
  }
  const isCut = whole.truncated && whole.nodes.length >= limits.lineageNodesMax;
  return step.value && { ...step.value, truncated: step.value.truncated || isCut };
}

/** What stands for no coordinate is not there for whoever sees nothing of all that it hangs on. */
async function isRootSeen(store: LineageStore, root: LineageNode, sight: PlatformSight): Promise<boolean> {
  if (!sight.sees(root) || sight.isBound(root)) return sight.sees(root);
  const sides = await Promise.all(
    (['up', 'down'] as const).map((direction) => store.traverse({ from: root.id, direction, depth: 1 })),
  );
  const bound = sides.flatMap((side) => side?.nodes ?? []).filter((node) => sight.isBound(node));
  return bound.length === 0 || bound.some((node) => sight.sees(node));
}

interface Page {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
}

/** Where to begin, which way to go, and how many are wanted. */
interface Wanted extends Partial<Page> {
  /** Newest first. Default: oldest first. */
  readonly descending?: boolean;
}

/** As many as are wanted of those that are seen, in their order, from so many pages at most. */
async function gather<Row extends { readonly offset: number }>(
  read: (page: Page) => Promise<readonly Row[]>,
  see: (row: Row) => Row | null,
  { limit, descending = false }: Wanted,
): Promise<readonly Row[]> {
  const wanted = bounded(limit, { least: 0, most: limits.lineageReadMax });
  const found: Row[] = [];
  let cursor: number | undefined;
  for (let pages = 0; pages < limits.platformPagesMax && found.length < wanted; pages++) {
    const size = pages === 0 ? Math.max(wanted, 1) : limits.lineageReadMax;
    const from = cursor === undefined ? {} : { [descending ? 'before' : 'after']: cursor };
    const rows = await read({ limit: size, ...from });
    found.push(...rows.flatMap((row) => see(row) ?? []));
    cursor = rows.at(-1)?.offset;
    if (rows.length < size) break;
  }
  return found.slice(0, wanted);
}
