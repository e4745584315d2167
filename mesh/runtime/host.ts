/** A host of domains: loads their folders, connects them through one catalogue, and runs their executions. */
import type { GraphQLSchema } from 'graphql';
import { type Clock, systemClock } from '../core/clock.ts';
import { WeftError } from '../core/error.ts';
import { type DataFlow, type ProductDeployed, gatewayDomain } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { type SchemaSight, blind } from '../core/schema-sight.ts';
import type { MeshQuery, Subgraph } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import type { EventLog } from '../events/log.ts';
import type { LineageStore } from '../lineage/store.ts';
import type { Declaration } from './declarations.ts';
import { type Deployment, describeDomain, recordDeployments } from './deploy.ts';
import { type ExecutionsOptions, resultOf, runExecution } from './executions.ts';
import { createFeed } from './feed.ts';
import { type LoadedFolder, loadFolder } from './folder.ts';
import { runInline } from './inline.ts';
import type { LogLine, Manifest } from './message.ts';
import { placesByNode } from './places.ts';
import { Catalogue, readProducts } from './products.ts';
import { Recorder } from './record.ts';
import { type Answer, type Operation, type Resolvers, createResolvers } from './resolvers.ts';
import { type Sieve, createSieve } from './sieve.ts';
import { buildSchema } from './schema.ts';
import { createSubgraph } from './subgraph.ts';
import { runTriggers } from './triggers.ts';

export interface HostOptions {
  /** The domains' folders. */
  readonly folders: readonly string[];
  readonly log: EventLog;
  /** For the platform agent; `null` where nobody may use it. */
  readonly store: LineageStore | null;
  /** How domains read each other. The gateway it leads to may be built later. */
  readonly meshQuery: MeshQuery;
  /** A domain's variables, as the mesh's configuration sets them. Default none. */
  variables?(domain: string): Readonly<Record<string, Json>>;
  /** The scopes that a domain has when it reads through the mesh. Default none. */
  scopes?(domain: string): readonly string[];
  /** The folders are not the whole mesh: products may derive from others that are not here. Default false. */
  readonly partial?: boolean;
  /** Domains that may use the platform agent. Default none. */
  readonly platformDomains?: readonly string[];
  /** What a subject is told of the mesh's schema, for the platform agent. Default: nothing. */
  sightOf?(subject: Subject): SchemaSight;
  readonly clock?: Clock;
  /** Takes a line for whoever runs the mesh. */
  writeLine(line: string): void;
}

export interface Host {
  readonly domains: readonly Manifest[];
  readonly subgraphs: readonly Subgraph[];
  readonly products: readonly { readonly domain: string; readonly product: ProductDeployed }[];
  /** The executable schemas, by domain. */
  readonly schemas: ReadonlyMap<string, GraphQLSchema>;
  /** Begins schedules and event triggers. Call it once the mesh query can be answered. */
  start(): void;
  /** Stops triggers, cancels what runs, writes the last records. The log and the store stay open: they are the caller's. */
  close(): Promise<void>;
}

/**
 * Opens all domains at once and records in the log what is newly deployed. Throws `DOMAIN_INVALID`, `PROCESS_INVALID` or
 * `POLICY_INVALID`, with file and line, for the first domain that is wrong; then nothing is left running.
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const { log, clock = systemClock } = options;
  let catalogue = new Catalogue([]);
  const recorder = new Recorder(options);
  const folders: readonly LoadedFolder[] = await loadFolders(options, clock, {
    productsAt: (coordinate) => catalogue.at(coordinate),
    placesOf: (node) => places.get(node) ?? null,
  });
  const places = placesByNode(folders);
  const stop = new AbortController();
  let triggers: Promise<unknown> = Promise.resolve();
  const close = async (): Promise<void> => {
    stop.abort();
    await triggers;
    await closeFolders(folders);
    await recorder.close();
  };
  try {
    assertNamesDiffer(folders);
    catalogue = new Catalogue(folders.flatMap(({ manifest, declarations }) => readProducts(manifest, declarations)));
    const products = catalogue.resolved(options.partial === true);
    const connected = folders.map((folder) =>
      connect(folder, { ...options, clock, recorder, catalogue, closing: stop.signal }),
    );
    const deployments = folders.map(({ manifest, declarations, revisions }): Deployment => {
      const own = products.filter(({ domain }) => domain === manifest.name).map(({ product }) => product);
      return { ...describeDomain(manifest, declarations, revisions), products: own };
    });
    await recordDeployments(deployments, log, clock);
    return {
      domains: folders.map(({ manifest }) => manifest),
      subgraphs: connected.map(({ subgraph }) => subgraph),
      products,
      schemas: new Map(connected.map(({ subgraph, schema }) => [subgraph.name, schema])),
      start: () => void (triggers = Promise.all(connected.map(({ trigger }) => trigger(stop.signal)))),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface Connections extends HostOptions {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly catalogue: Catalogue;
  /** Aborts when the host closes. */
  readonly closing: AbortSignal;
}

interface Connected {
  readonly schema: GraphQLSchema;
  readonly subgraph: Subgraph;
  trigger(signal: AbortSignal): Promise<void>;
}

/** Puts a domain's schema before its executions. */
function connect(
  folder: LoadedFolder,
  { log, recorder, catalogue, clock, writeLine, variables, closing }: Connections,
): Connected {
  const { manifest, pool, declarations, sdl, file } = folder;
  const { name } = manifest;
  const executions: ExecutionsOptions = {
    ...folder,
    variables: variables?.(name) ?? {},
    recorder,
    clock,
    runJob: (process, job) =>
      process.inline && folder.inline !== null
        ? runInline(folder.inline, { ...job, signal: AbortSignal.any([job.signal, closing]) }, clock)
        : pool.run(job),
    write: (id, line) => writeLine(lineOf(name, id, line)),
  };
  const processes = new Map(manifest.processes.map((process) => [process.name, process]));
  const sieve = createSieve(() => schema, declarations.all);
  const ask = async (answer: Answer, input: JsonObject, operation: Operation): Promise<Json> => {
    const { subject, filters, signal } = operation;
    const process = processes.get(answer.process.name);
    if (process === undefined) throw new RangeError(`No process "${answer.process.name}"`);
    const answers = catalogue.answeredBy(name, answer);
    const start = { process, trigger: 'query', from: answer.coordinate, input, subject, filters, answers } as const;
    const ended = await runExecution(executions, start, signal);
    return sieve.sift(answer, resultOf(ended, process.name), { ...operation, sifted: ended.sifted ?? [] });
  };
  const resolvers = { ...createResolvers(declarations.all, ask), ...feedsOf({ name, log, sieve }, declarations.all) };
  const schema: GraphQLSchema = buildSchema({ manifest, declarations, file, resolvers });
  return {
    schema,
    subgraph: createSubgraph({ name, sdl, origin: file, schema }),
    trigger: (signal) =>
      runTriggers(
        { manifest, log, clock, writeLine, run: (start, stop) => runExecution(executions, start, stop) },
        signal,
      ),
  };
}

interface Feeding {
  readonly name: string;
  readonly log: EventLog;
  readonly sieve: Sieve;
}

function feedsOf({ name, log, sieve }: Feeding, declarations: readonly Declaration[]): Resolvers {
  const resolvers: Record<string, Record<string, unknown>> = {};
  for (const declaration of declarations) {
    const { root, event, field, type } = declaration;
    if (root !== 'subscription' || event === null || field === null) continue;
    const feed = createFeed(name, declaration, log);
    (resolvers[type] ??= {})[field] = {
      ...feed,
      subscribe(parent: unknown, args: unknown, operation: Operation) {
        // An event was made for everybody: what it tells of rows together, it tells of all.
        sieve.assertNoTotals(declaration, { ...operation, sifted: [] });
        return feed.subscribe(parent, args, operation);
      },
    };
  }
  return resolvers as Resolvers;
}

/** What is known once all folders are loaded. */
interface Known {
  productsAt(coordinate: string): readonly DataFlow[];
  placesOf(node: string): readonly string[] | null;
}

async function loadFolders(
  { folders, log, store, meshQuery, scopes, platformDomains = [], sightOf = () => blind }: HostOptions,
  clock: Clock,
  { productsAt, placesOf }: Known,
): Promise<readonly LoadedFolder[]> {
  const agents = {
    mesh: { ask: meshQuery, productsAt, scopesOf: (domain: string) => scopes?.(domain) ?? [] },
    events: { log, clock },
    platform: { log, store, domains: platformDomains, sightOf, placesOf },
  };
  const loads = await Promise.allSettled(folders.map((folder) => loadFolder(folder, agents)));
  const loaded = loads.flatMap((load) => (load.status === 'fulfilled' ? load.value : []));
  const failed = loads.find((load) => load.status === 'rejected');
  if (failed === undefined) return loaded;
  await closeFolders(loaded);
  throw failed.reason;
}

async function closeFolders(folders: readonly LoadedFolder[]): Promise<void> {
  await Promise.all(folders.map(({ pool }) => pool.close()));
  for (const { agents } of folders) agents.close();
}

function assertNamesDiffer(folders: readonly LoadedFolder[]): void {
  const seen = new Map<string, LoadedFolder>();
  for (const folder of folders) {
    const { name, at } = folder.manifest;
    if (name === gatewayDomain) {
      // What its events feed would be fed by the gateway's records as well.
      throw new WeftError('DOMAIN_INVALID', {
        action: `Cannot open domain "${name}"`,
        found: 'the name under which gateways record what they decide',
        wanted: 'another one',
        at,
      });
    }
    const first = seen.get(name);
    if (first !== undefined) {
      throw new WeftError('DOMAIN_INVALID', {
        action: `Cannot open domain "${name}"`,
        found: `that name in "${first.manifest.at.file}" too`,
        wanted: 'names that differ',
        at,
      });
    }
    seen.set(name, folder);
  }
}

function lineOf(domain: string, id: string, { logic, level, message, details }: LogLine): string {
  const rest = Object.keys(details).length === 0 ? '' : ` ${JSON.stringify(details)}`;
  return `${level} ${domain} ${id} ${logic}: ${message}${rest}`;
}
