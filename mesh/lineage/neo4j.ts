/**
 * The lineage store in Neo4j 5 over Bolt; `cypher.ts` has the model. Opening reaches for no server: what fails is the
 * call that needs it, and the next one tries again.
 */
import neo4j, { type Driver, type ManagedTransaction, Neo4jError } from 'neo4j-driver';
import { WeftError } from '../core/error.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type Change, changeOf, isDescribed, searchTextOf, wordsOf } from './change.ts';
import * as cypher from './cypher.ts';
import type { EventOccurrence, ExecutionOccurrence, LineageEdge, LineageNode, LineageStore } from './store.ts';
import { type Answer, bounded, compareEdges, compareTexts, type Question, walk } from './walk.ts';

type Values = Readonly<Record<string, unknown>>;
type Run = <Row>(text: string, values?: Values) => Promise<Row[]>;
type NodeRow = Omit<LineageNode, 'properties'> & { readonly properties: string };
interface RecordRow {
  readonly record: string;
}

/**
 * A store at `bolt://user:password@host:port`; without a user it asks unauthenticated. `?space=NAME` keeps several meshes
 * apart on one server; default `weft`. Throws `CONFIG_INVALID` for any other URL.
 */
export function openNeo4jStore({ url }: { readonly url: string }): LineageStore {
  const { server, space, auth } = parseUrl(url);
  const connection = new Connection(neo4j.driver(server, auth, driverOptions), { server, space });
  return {
    location: `neo4j ${server}`,
    cursor: async () => await connection.read(cursorOf),
    apply: async (facts, cursor) => await connection.write(async (run) => await apply(run, changeOf(facts), cursor)),
    traverse: async (traversal) =>
      await connection.read(async (run) => {
        const steps = walk(traversal);
        let step = steps.next();
        while (!step.done) step = steps.next(await answer(run, step.value));
        return step.value;
      }),
    nodes: async ({ kinds = null, domain = null, text, limit }) => {
      const values = { kinds, domain, words: wordsOf(text), limit: limitOf(limit, limits.lineageNodesMax) };
      return await connection.read(async (run) => (await run<NodeRow>(cypher.searchNodes, values)).map(nodeOf));
    },
    executions: async ({ before, limit, ...exact }) => {
      const asked = (['id', 'domain', 'process', 'status'] as const).filter((name) => exact[name] !== undefined);
      const values = { ...exact, ...pageOf(before, limit) };
      return await connection.read(async (run) =>
        recordsOf<ExecutionOccurrence>(await run(cypher.findExecutions(asked), values)),
      );
    },
    eventsOf: async ({ identity, before, limit }) => {
      const values = { identity, ...pageOf(before, limit) };
      return await connection.read(async (run) => recordsOf<EventOccurrence>(await run(cypher.findEvents, values)));
    },
    dump: async () => await connection.read(dump),
    clear: async () => await connection.clear(),
    close: async () => await connection.close(),
  };
}

// A call that cannot reach its server fails within seconds: who calls, the projector above all, tries again by itself.
const driverOptions = {
  disableLosslessIntegers: true,
  maxTransactionRetryTime: 2_000,
  connectionTimeout: 5_000,
  connectionAcquisitionTimeout: 10_000,
};

function parseUrl(text: string) {
  const url = URL.parse(text);
  if (url === null || !/^(bolt|neo4j)(\+s|\+ssc)?:$/.test(url.protocol) || url.hostname === '') {
    // The text itself stays out of the message: it may hold a password.
    throw new WeftError('CONFIG_INVALID', {
      action: 'Cannot open the lineage store in Neo4j',
      found: url === null ? 'no URL' : `a URL of scheme "${url.protocol}" and host "${url.hostname}"`,
      wanted: 'bolt://user:password@host:port',
    });
  }
  const { protocol, host, username, password, searchParams } = url;
  const auth =
    username === '' ? undefined : neo4j.auth.basic(decodeURIComponent(username), decodeURIComponent(password));
  return { server: `${protocol}//${host}`, space: searchParams.get('space') ?? 'weft', auth };
}

/** The driver, one unit of work at a time in a session of its own, with Neo4j's errors put into ours. */
class Connection {
  readonly #driver: Driver;
  readonly #server: string;
  readonly #space: string;
  #prepared: Promise<void> | null = null;
  #closed = false;

  constructor(driver: Driver, { server, space }: { readonly server: string; readonly space: string }) {
    this.#driver = driver;
    this.#server = server;
    this.#space = space;
  }

  async read<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    return await this.#session((session) =>
      session.executeRead(async (transaction) => await work(this.#run(transaction))),
    );
  }

  /** All of the work in one transaction, after the constraints are there. */
  async write(work: (run: Run) => Promise<void>): Promise<void> {
    await this.#prepare();
    await this.#session((session) => session.executeWrite(async (transaction) => await work(this.#run(transaction))));
  }

  /** The cursor goes back first, so that a clearing that was cut short is followed by a fold of the whole log. */
  async clear(): Promise<void> {
    await this.write(async (run) => {
      await run(cypher.lockCursor);
      await run(cypher.moveCursor, { offset: neo4j.int(0) });
    });
    await this.#session(async (session) => await session.run(cypher.deleteAll, { space: this.#space }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#driver.close();
  }

  async #prepare(): Promise<void> {
    this.#prepared ??= this.#session(async (session) => {
      for (const text of cypher.schema) await session.executeWrite(async (transaction) => await transaction.run(text));
    });
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = null;
      throw error;
    }
  }

  #run(transaction: ManagedTransaction): Run {
    return async <Row>(text: string, values: Values = {}) => {
      const { records } = await transaction.run(text, { space: this.#space, ...values });
      return records.map((record) => record.toObject() as Row);
    };
  }

  async #session<Result>(work: (session: ReturnType<Driver['session']>) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw this.#errorOf('a store that was closed');
    const session = this.#driver.session();
    try {
      return await work(session);
    } catch (error) {
      if (!(error instanceof Neo4jError) || error.code.startsWith('Neo.ClientError.Statement.')) throw error;
      throw this.#errorOf(error.message, error);
    } finally {
      await session.close();
    }
  }

  #errorOf(found: string, cause?: Neo4jError): WeftError {
    const refused = cause?.code.startsWith('Neo.ClientError.Security.') ?? false;
    return new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot use the lineage store "${this.#server}"`,
      found,
      wanted: refused ? 'a user whom Neo4j lets in' : 'a Neo4j server that answers',
      fix: refused ? 'Check user and password in WEFT_NEO4J_URL.' : 'Is it running, and reachable from here?',
      cause,
    });
  }
}

async function cursorOf(run: Run): Promise<number> {
  const [cursor] = await run<{ offset: number }>(cypher.readCursor);
  return cursor?.offset ?? 0;
}

async function apply(run: Run, change: Change, cursor: number): Promise<void> {
  const [stored] = await run<{ offset: number }>(cypher.lockCursor);
  if (stored === undefined || cursor <= stored.offset) return;
  const put = async (text: string, rows: readonly Values[]): Promise<void> => {
    if (rows.length > 0) await run(text, { rows });
  };
  for (const kind of cypher.kinds) {
    const nodes = change.nodes.filter((node) => node.kind === kind);
    await put(cypher.putNodes(kind), nodes.map(nodeRow));
  }
  await put(cypher.endEdges, change.ended);
  await put(cypher.putEdges, change.edges as readonly (LineageEdge & Values)[]);
  await put(cypher.putExecutions, change.executions.map(executionRow));
  await put(cypher.putEvents, change.events.map(eventRow));
  await put(
    cypher.putPart('SENT'),
    change.events.map((event) => partRow(event, event.source)),
  );
  const received = change.events.filter((event) => event.target !== '');
  await put(
    cypher.putPart('RECEIVED'),
    received.map((event) => partRow(event, event.target)),
  );
  await run(cypher.moveCursor, { offset: neo4j.int(cursor) });
}

async function answer(run: Run, question: Question): Promise<Answer> {
  const { ids } = question;
  if (question.want === 'nodes') return { nodes: (await run<NodeRow>(cypher.nodesById, { ids })).map(nodeOf) };
  return { edges: await run<LineageEdge>(question.direction === 'down' ? cypher.edgesDown : cypher.edgesUp, { ids }) };
}

async function dump(run: Run) {
  const nodes = (await run<NodeRow>(cypher.allNodes)).map(nodeOf);
  const edges = await run<LineageEdge>(cypher.allEdges);
  return { nodes: nodes.toSorted((a, b) => compareTexts(a.id, b.id)), edges: edges.toSorted(compareEdges) };
}

function nodeRow(node: LineageNode): Values {
  const { id, kind, name, domain } = node;
  const properties = JSON.stringify(node.properties);
  return { id, kind, name, domain, properties, search: searchTextOf(node), described: isDescribed(node) };
}

function nodeOf({ properties, ...node }: NodeRow): LineageNode {
  return { ...node, properties: JSON.parse(properties) as JsonObject };
}

function executionRow(execution: ExecutionOccurrence): Values {
  const { id, domain, process, status, offset } = execution;
  return { id, domain, process, status, offset: neo4j.int(offset), record: JSON.stringify(execution) };
}

function eventRow(event: EventOccurrence): Values {
  const { id, label, time, offset } = event;
  return { id, label, time, offset: neo4j.int(offset), record: JSON.stringify(event) };
}

function partRow({ id, offset }: EventOccurrence, identity: string): Values {
  return { identity, event: id, first: neo4j.int(offset - (offset % cypher.bucketSize)) };
}

function recordsOf<Occurrence>(rows: readonly RecordRow[]): Occurrence[] {
  return rows.map(({ record }) => JSON.parse(record) as Occurrence);
}

function pageOf(before: number | undefined, limit: number | undefined): Values {
  return { before: neo4j.int(before ?? Number.MAX_SAFE_INTEGER), limit: limitOf(limit, limits.lineageReadMax) };
}

/** Cypher's LIMIT takes an integer; JavaScript's numbers arrive as floats. */
function limitOf(limit: number | undefined, most: number) {
  return neo4j.int(bounded(limit, { least: 0, most }));
}
