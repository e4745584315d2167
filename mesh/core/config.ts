/**
 * What the mesh can be told: the shape of `weft.yaml` after reading, and the one place where `process.env` is read.
 * A value comes from the flag, else the environment, else the file, else the default here. `weft.schema.json` describes
 * the same file; `cli/config.ts` reads and checks it.
 */
import type { Json } from './json.ts';
import { limits } from './limits.ts';

export interface Config {
  /** Where the gateway listens. Default 127.0.0.1:4000. */
  readonly host: string;
  readonly port: number;
  /** Folder of the embedded stores. Default `.weft`. */
  readonly data: string;
  /** Where `weft gateway` takes its supergraph from a URL: milliseconds between two looks, and headers for it. */
  readonly supergraph: { readonly pollMs: number; readonly headers: Readonly<Record<string, string>> };
  /** Subgraphs behind HTTP, by name, beside the domains in `subgraphs/`. */
  readonly subgraphs: Readonly<Record<string, SubgraphConfig>>;
  /** Settings of the domains that this mesh hosts, by name. */
  readonly domains: Readonly<Record<string, DomainConfig>>;
  readonly auth: AuthConfig;
  readonly headers: { readonly forward: readonly string[] };
  /** Origins whose pages may open WebSockets, beside the gateway's own. */
  readonly ws: { readonly origins: readonly string[] };
  /** Labels of progressive overrides (`@override(label:)`) that are on, beside those by percentage. */
  readonly override: { readonly labels: readonly string[] };
  readonly policy: PolicyConfig;
  /** The gateway before a domain that is served alone. */
  readonly gateway: {
    /** Its key set, for contexts: `file:PATH` or an address; `null`: none is trusted. */
    readonly jwks: string | null;
  };
  readonly documents: DocumentsConfig;
  readonly timeouts: { readonly requestMs: number; readonly subgraphMs: number };
  readonly retries: RetryConfig;
  readonly breaker: BreakerConfig;
  readonly limits: RequestLimits;
  readonly traffic: TrafficConfig;
  /** `bolt://user:password@host:port`; `null`: lineage is kept in SQLite. */
  readonly neo4jUrl: string | null;
}

export interface SubgraphConfig {
  readonly routingUrl: string;
  /** File of its SDL; `null`: asked of the subgraph (`_service { sdl }`). */
  readonly schemaFile: string | null;
  /** Milliseconds for one call to it; `null`: as for every subgraph. */
  readonly timeoutMs: number | null;
  readonly subscriptions: SubscriptionsConfig;
  /** Whether it is told on whose behalf it is asked, in the header `weft-context`. */
  readonly context: boolean;
  /** Whether it makes its totals of the rows that the context lets through. */
  readonly appliesFilters: boolean;
}

/** How a subgraph behind HTTP serves subscriptions. */
export interface SubscriptionsConfig {
  /**
   * `ws`: WebSocket, subprotocol `graphql-transport-ws`. `sse`: server-sent events, distinct connections mode. `multipart`:
   * Apollo's `multipart/mixed` with `subscriptionSpec=1.0`.
   */
  readonly protocol: 'ws' | 'sse' | 'multipart';
  /** `null`: where it answers queries. */
  readonly url: string | null;
}

export interface RetryConfig {
  /** How often a query that met no subgraph is asked again; 0: never. */
  readonly max: number;
  /** Retries in percent of a subgraph's calls. */
  readonly budgetPercent: number;
}

export interface BreakerConfig {
  readonly enabled: boolean;
  /** Failed calls, in percent of those within the window, from which a subgraph is left alone. */
  readonly errorPercent: number;
  /** With fewer calls within the window it is asked on. */
  readonly callsMin: number;
  readonly windowMs: number;
  /** How long it is left alone before one call is let through. */
  readonly waitMs: number;
}

export interface DomainConfig {
  readonly variables: Readonly<Record<string, Json>>;
}

export interface AuthConfig {
  readonly issuers: readonly IssuerConfig[];
  /** The names of the claims that say these. */
  readonly claims: {
    readonly subject: string;
    readonly roles: string;
    readonly scopes: string;
    readonly purposes: string;
    readonly domain: string;
  };
}

export interface IssuerConfig {
  readonly issuer: string;
  /** `file:keys.json` or an `https:` address of a JSON Web Key Set (RFC 7517). */
  readonly jwks: string;
  readonly audiences: readonly string[];
}

export interface PolicyConfig {
  /** File of named policies and classes; `null`: there are none. */
  readonly file: string | null;
  /** File of agreements; `null`: the mesh keeps none. */
  readonly agreements: string | null;
  /** File of what holds of subjects whatever their tokens say; `null`: nothing does. */
  readonly subjects: string | null;
  /** Under which values are hashed that are masked so; `null`: one that is made once and kept in the data folder. */
  readonly secret: string | null;
  /** Under which records of access are sealed; `null`: one that is made once and kept in the data folder. */
  readonly auditSecret: string | null;
  /** What introspection tells: what the subject may see of the schema, or all of it. */
  readonly introspection: 'filtered' | 'full';
  /** Whoever names what it is denied is answered as if there were no such name. */
  readonly hideExistence: boolean;
  /** A policy that lets somebody see more than the one in service may take its place. */
  readonly acknowledgeWeakening: boolean;
  /** File that operations are recorded to, for `weft policy replay`; `null`: none are. */
  readonly record: string | null;
  /** File of the private key that contexts are signed with; `null`: the gateway makes one. */
  readonly contextKey: string | null;
  /** Names of the claims that contexts carry. */
  readonly contextClaims: readonly string[];
}

export interface DocumentsConfig {
  /** File of persisted documents: Apollo's persisted-query manifest, or a map of ids to texts. */
  readonly manifest: string | null;
  /** Clients may run the manifest's documents and no others. */
  readonly safelist: boolean;
  /** Automatic persisted queries: a text that came with its hash may be named by it afterwards. */
  readonly apq: boolean;
}

export interface TrafficConfig {
  /** Queries of one caller's view that are the same in everything are run once while the first is under way. */
  readonly shareRequests: boolean;
}

export interface RequestLimits {
  readonly bodyBytes: number;
  /** Operations of one request, sent as a list. 1: no list is taken. */
  readonly batch: number;
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly directives: number;
  /** What an operation may be estimated to cost; `null`: nothing is estimated. */
  readonly cost: number | null;
  /** Items that the estimate takes a list to have where nothing says how many. */
  readonly listSize: number;
  /** Items of one list in the variables. */
  readonly listItems: number;
  /** Lists and objects in one another, in the variables. */
  readonly inputDepth: number;
  /** Bytes of one subgraph response. */
  readonly responseBytes: number;
}

/** Of a subgraph that says nothing of subscriptions. */
export const defaultSubscriptions: SubscriptionsConfig = { protocol: 'ws', url: null };

/** What holds where nothing is said. */
export const defaultConfig: Config = {
  host: '127.0.0.1',
  port: 4000,
  data: '.weft',
  supergraph: { pollMs: limits.supergraphPollMs, headers: {} },
  subgraphs: {},
  domains: {},
  auth: {
    issuers: [],
    claims: { subject: 'sub', roles: 'roles', scopes: 'scope', purposes: 'purposes', domain: 'domain' },
  },
  headers: { forward: [] },
  ws: { origins: [] },
  override: { labels: [] },
  policy: {
    file: null,
    agreements: null,
    subjects: null,
    secret: null,
    auditSecret: null,
    introspection: 'filtered',
    hideExistence: false,
    acknowledgeWeakening: false,
    record: null,
    contextKey: null,
    contextClaims: [],
  },
  gateway: { jwks: null },
  documents: { manifest: null, safelist: false, apq: true },
  timeouts: { requestMs: limits.requestTimeoutMs, subgraphMs: limits.subgraphTimeoutMs },
  retries: { max: 2, budgetPercent: 20 },
  breaker: { enabled: true, errorPercent: 50, callsMin: 100, windowMs: 10_000, waitMs: 1_000 },
  limits: {
    bodyBytes: limits.requestBodyBytesMax,
    batch: limits.requestOperationsMax,
    tokens: limits.documentTokensMax,
    depth: limits.documentDepthMax,
    aliases: limits.documentAliasesMax,
    rootFields: limits.documentRootFieldsMax,
    directives: limits.documentDirectivesMax,
    cost: null,
    listSize: limits.costListSize,
    listItems: limits.inputListItemsMax,
    inputDepth: limits.inputDepthMax,
    responseBytes: limits.subgraphResponseBytesMax,
  },
  traffic: { shareRequests: true },
  neo4jUrl: null,
};

/** The environment variables that Weft itself reads. */
export type EnvironmentName = 'WEFT_DATA' | 'WEFT_PORT' | 'WEFT_HOST' | 'WEFT_CONFIG' | 'WEFT_NEO4J_URL';

/** An environment variable's value; unset and empty are both `undefined`. Any name may be asked for `${env.NAME}` in a config file. */
export function readEnvironment(name: EnvironmentName | (string & {})): string | undefined {
  return process.env[name] || undefined;
}
