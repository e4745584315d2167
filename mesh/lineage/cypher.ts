/**
 * What `neo4j.ts` says to Neo4j. A summary graph, (:Node)-[:FLOWS]->(:Node) with a second label per kind, and apart from
 * it the occurrences, (:Execution) and (:Event). An identity reaches its events through buckets of the log, so that it
 * never becomes a node with a million relationships. All carry `space`: one server may hold several meshes.
 */
import type { NodeKind } from './store.ts';

/** How many positions of the log one bucket of an identity spans. */
export const bucketSize = 1_000;

/** Run before the first write; each may be run again. The constraints are also the indexes that MERGE and reads go by. */
export const schema: readonly string[] = [
  unique('Cursor', ['space']),
  unique('Node', ['space', 'id']),
  unique('Execution', ['space', 'id']),
  unique('Event', ['space', 'id']),
  unique('Identity', ['space', 'name']),
  unique('Bucket', ['space', 'identity', 'first']),
  `create index weft_execution_offset if not exists for (n:Execution) on (n.space, n.offset)`,
  `create index weft_execution_process if not exists for (n:Execution) on (n.space, n.domain, n.process, n.offset)`,
];

/** Takes the cursor's write lock for the rest of the transaction, then says where it stands: of two projectors one waits. */
export const lockCursor = `
  merge (c:Cursor {space: $space}) on create set c.offset = 0
  set c.locked = true
  return c.offset as offset`;

/** Where the store stands. */
export const readCursor = 'match (c:Cursor {space: $space}) return c.offset as offset';
/** Moves it; the lock is held. */
export const moveCursor = 'match (c:Cursor {space: $space}) set c.offset = $offset';

const kindLabels: Readonly<Record<NodeKind, string>> = {
  domain: 'Domain',
  product: 'Product',
  process: 'Process',
  dataset: 'Dataset',
  label: 'Label',
};

/** Every kind, in the order to write them. */
export const kinds = Object.keys(kindLabels) as readonly NodeKind[];

/** Rows: `id kind name domain properties search described`. */
export function putNodes(kind: NodeKind): string {
  return `
    unwind $rows as row
    merge (n:Node {space: $space, id: row.id})
    on create set n:${kindLabels[kind]}, n.kind = row.kind, n.name = row.name, n.domain = row.domain,
                  n.properties = row.properties, n.search = row.search
    with n, row where row.described
    set n.properties = row.properties, n.search = row.search`;
}

/** Rows: `node at`. */
export const endEdges = `
  unwind $rows as row
  match (:Node {space: $space, id: row.node})<-[r:FLOWS {kind: 'DECLARED'}]-() where r.validTo is null
  set r.validTo = row.at`;

/** Rows: `from to kind validFrom validTo recordedAt`. */
export const putEdges = `
  unwind $rows as row
  match (a:Node {space: $space, id: row.from})
  match (b:Node {space: $space, id: row.to})
  merge (a)-[r:FLOWS {kind: row.kind}]->(b)
  on create set r.validFrom = row.validFrom
  set r.validTo = row.validTo, r.recordedAt = row.recordedAt`;

/** Rows: `id offset domain process status record`. */
export const putExecutions = `
  unwind $rows as row
  merge (x:Execution {space: $space, id: row.id})
  set x += row`;

/** Rows: `id offset label time record`. */
export const putEvents = `
  unwind $rows as row
  merge (e:Event {space: $space, id: row.id})
  set e += row`;

/** What an identity did in an event. Rows: `identity first event`. */
export function putPart(part: 'SENT' | 'RECEIVED'): string {
  return `
    unwind $rows as row
    match (e:Event {space: $space, id: row.event})
    merge (i:Identity {space: $space, name: row.identity})
    merge (b:Bucket {space: $space, identity: row.identity, first: row.first})
    merge (i)-[:DURING]->(b)
    merge (b)-[:${part}]->(e)`;
}

const nodeFields = 'n.id as id, n.kind as kind, n.name as name, n.domain as domain, n.properties as properties';
const edgeFields = `a.id as from, b.id as to, r.kind as kind,
  r.validFrom as validFrom, r.validTo as validTo, r.recordedAt as recordedAt`;

/** Nodes by id. */
export const nodesById = `match (n:Node {space: $space}) where n.id in $ids return ${nodeFields}`;

/** Valid edges out of nodes. */
export const edgesDown = `
  match (a:Node {space: $space})-[r:FLOWS]->(b) where a.id in $ids and r.validTo is null return ${edgeFields}`;
/** Valid edges into nodes. */
export const edgesUp = `
  match (b:Node {space: $space})<-[r:FLOWS]-(a) where b.id in $ids and r.validTo is null return ${edgeFields}`;

/** The summary graph, whole. */
export const allNodes = `match (n:Node {space: $space}) return ${nodeFields}`;
/** Its edges, ended ones too. */
export const allEdges = `match (a:Node {space: $space})-[r:FLOWS]->(b) return ${edgeFields}`;

/** Nodes by kind, domain and words. */
export const searchNodes = `
  match (n:Node {space: $space})
  where ($kinds is null or n.kind in $kinds)
    and ($domain is null or n.domain = $domain)
    and all(word in $words where n.search contains word)
  return ${nodeFields} order by n.id limit $limit`;

/**
 * The newest executions that have the values asked for. These are named in the order too, where they change nothing, so
 * that an index gives the order and a page costs no more than its length.
 */
export function findExecutions(asked: readonly ('id' | 'domain' | 'process' | 'status')[]): string {
  const conditions = asked.map((name) => `x.${name} = $${name} and `).join('');
  const order = asked.map((name) => `x.${name} desc, `).join('');
  return `
    match (x:Execution {space: $space}) where ${conditions}x.offset < $before
    return x.record as record order by x.space desc, ${order}x.offset desc limit $limit`;
}

/** The newest `$limit` buckets hold the newest `$limit` events, as none is empty, but the first may lie after `$before`. */
export const findEvents = `
  match (:Identity {space: $space, name: $identity})-[:DURING]->(b:Bucket) where b.first < $before
  with b order by b.first desc limit $limit + 1
  match (b)-[:SENT|RECEIVED]->(e:Event) where e.offset < $before
  with distinct e order by e.offset desc limit $limit
  return e.record as record`;

/** In transactions of its own, for a graph larger than memory. */
export const deleteAll = `
  match (n:Cursor|Node|Execution|Event|Identity|Bucket {space: $space})
  call (n) { detach delete n } in transactions of 10000 rows`;

function unique(label: string, properties: readonly string[]): string {
  const key = properties.map((name) => `n.${name}`).join(', ');
  return `create constraint weft_${label.toLowerCase()} if not exists for (n:${label}) require (${key}) is unique`;
}
