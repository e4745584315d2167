/** The mesh's configuration: a value comes from its flag, else the environment, else `weft.yaml`, else the default. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import {
  type Config,
  type EnvironmentName,
  type SubgraphConfig,
  defaultConfig,
  defaultSubscriptions,
} from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { type ConfigFile, type ReadEnvironment, readConfigFile } from './config-file.ts';

export interface ConfigOptions {
  /** `--config`: the file. Default: `WEFT_CONFIG`, else `weft.yaml` in the working folder if there is one. */
  readonly file?: string | undefined;
  readonly flags?: ConfigFlags;
  readonly readEnvironment: ReadEnvironment;
  /** The working folder. Default: the process's. */
  readonly folder?: string;
}

/** What flags said, those that were given. */
export interface ConfigFlags {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly data?: string | undefined;
}

/**
 * Reads the configuration. All paths in the answer are absolute: those in the file are relative to the file, the others
 * to the working folder. Throws `CONFIG_INVALID`.
 */
export function readConfig({ file, flags = {}, readEnvironment, folder = '' }: ConfigOptions): Config {
  const environment = (name: EnvironmentName) => readEnvironment(name);
  const path = configPath(file ?? environment('WEFT_CONFIG'), folder);
  const said = path === null ? {} : readConfigFile(path, readEnvironment);
  const fromFile = (relativePath: string) => resolve(path === null ? folder : dirname(path), relativePath);

  const data = flags.data ?? environment('WEFT_DATA');
  return {
    ...fromContent(said, fromFile),
    host: flags.host ?? environment('WEFT_HOST') ?? said.host ?? defaultConfig.host,
    port: flags.port ?? environmentPort(environment('WEFT_PORT')) ?? said.port ?? defaultConfig.port,
    data:
      data === undefined && said.data !== undefined ? fromFile(said.data) : resolve(folder, data ?? defaultConfig.data),
    neo4jUrl: environment('WEFT_NEO4J_URL') ?? said.stores?.neo4j ?? defaultConfig.neo4jUrl,
  };
}

function configPath(named: string | undefined, folder: string): string | null {
  if (named !== undefined) return resolve(folder, named);
  const usual = resolve(folder, 'weft.yaml');
  return existsSync(usual) ? usual : null;
}

/** The part that only the file can say. */
function fromContent(
  {
    supergraph = {},
    subgraphs = {},
    domains = {},
    auth = {},
    headers = {},
    ws = {},
    override = {},
    policy = {},
    gateway = {},
    documents = {},
    timeouts = {},
    retries = {},
    breaker = {},
    limits = {},
    traffic = {},
  }: ConfigFile,
  fromFile: (path: string) => string,
): Omit<Config, 'host' | 'port' | 'data' | 'neo4jUrl'> {
  return {
    supergraph: {
      pollMs: inUnits(supergraph.poll, milliseconds) ?? defaultConfig.supergraph.pollMs,
      headers: supergraph.headers ?? defaultConfig.supergraph.headers,
    },
    subgraphs: mapValues(subgraphs, (subgraph) => subgraphOf(subgraph, fromFile)),
    domains: mapValues(domains, ({ variables = {} }) => ({ variables })),
    auth: {
      issuers: (auth.jwt?.issuers ?? []).map((issuer) => ({
        ...issuer,
        jwks: keySetFrom(issuer.jwks, fromFile),
      })),
      claims: { ...defaultConfig.auth.claims, ...auth.claims },
    },
    headers: { forward: (headers.forward ?? defaultConfig.headers.forward).map((name) => name.toLowerCase()) },
    ws: { origins: ws.origins ?? defaultConfig.ws.origins },
    override: { labels: override.labels ?? defaultConfig.override.labels },
    policy: policyOf(policy, fromFile),
    gateway: { jwks: gateway.jwks === undefined ? defaultConfig.gateway.jwks : keySetFrom(gateway.jwks, fromFile) },
    documents: {
      ...defaultConfig.documents,
      ...documents,
      manifest:
        documents.manifest === undefined
          ? defaultConfig.documents.manifest
          : fromFile(documents.manifest.replace(/^file:/, '')),
    },
    timeouts: {
      requestMs: inUnits(timeouts.request, milliseconds) ?? defaultConfig.timeouts.requestMs,
      subgraphMs: inUnits(timeouts.subgraph, milliseconds) ?? defaultConfig.timeouts.subgraphMs,
    },
    retries: {
      max: retries.max ?? defaultConfig.retries.max,
      budgetPercent: retries.budget ?? defaultConfig.retries.budgetPercent,
    },
    breaker: breakerOf(breaker),
    limits: limitsOf(limits),
    traffic: { ...defaultConfig.traffic, ...traffic },
  };
}

function subgraphOf(
  { routing_url: routingUrl, schema, timeout, ...rest }: NonNullable<ConfigFile['subgraphs']>[string],
  fromFile: (path: string) => string,
): SubgraphConfig {
  return {
    routingUrl,
    schemaFile: schema === undefined ? null : fromFile(schema.file),
    subscriptions: { ...defaultSubscriptions, ...rest.subscriptions },
    timeoutMs: inUnits(timeout, milliseconds) ?? null,
    context: rest.context ?? false,
    appliesFilters: rest.appliesFilters ?? false,
  };
}

function policyOf(policy: NonNullable<ConfigFile['policy']>, fromFile: (path: string) => string): Config['policy'] {
  const { policy: otherwise } = defaultConfig;
  const { file, agreements, subjects, record, contextKey } = policy;
  return {
    ...otherwise,
    ...policy,
    file: file === undefined ? otherwise.file : fromFile(file),
    agreements: agreements === undefined ? otherwise.agreements : fromFile(agreements),
    subjects: subjects === undefined ? otherwise.subjects : fromFile(subjects),
    record: record === undefined ? otherwise.record : fromFile(record),
    contextKey: contextKey === undefined ? otherwise.contextKey : fromFile(contextKey.replace(/^file:/, '')),
  };
}

/** Where a key set is: a file's path is made absolute. */
function keySetFrom(jwks: string, fromFile: (path: string) => string): string {
  return jwks.replace(/^file:(.+)$/, (_, file: string) => `file:${fromFile(file)}`);
}

function breakerOf(breaker: NonNullable<ConfigFile['breaker']>): Config['breaker'] {
  return {
    enabled: breaker.enabled ?? defaultConfig.breaker.enabled,
    errorPercent: breaker.errors ?? defaultConfig.breaker.errorPercent,
    callsMin: breaker.calls ?? defaultConfig.breaker.callsMin,
    windowMs: inUnits(breaker.window, milliseconds) ?? defaultConfig.breaker.windowMs,
    waitMs: inUnits(breaker.wait, milliseconds) ?? defaultConfig.breaker.waitMs,
  };
}

function limitsOf(limits: NonNullable<ConfigFile['limits']>): Config['limits'] {
  return {
    bodyBytes: inUnits(limits.body, bytes) ?? defaultConfig.limits.bodyBytes,
    batch: limits.batch ?? defaultConfig.limits.batch,
    tokens: limits.tokens ?? defaultConfig.limits.tokens,
    depth: limits.depth ?? defaultConfig.limits.depth,
    aliases: limits.aliases ?? defaultConfig.limits.aliases,
    rootFields: limits.rootFields ?? defaultConfig.limits.rootFields,
    directives: limits.directives ?? defaultConfig.limits.directives,
    cost: limits.cost ?? defaultConfig.limits.cost,
    listSize: limits.listSize ?? defaultConfig.limits.listSize,
    listItems: limits.listItems ?? defaultConfig.limits.listItems,
    inputDepth: limits.inputDepth ?? defaultConfig.limits.inputDepth,
    responseBytes: inUnits(limits.response, bytes) ?? defaultConfig.limits.responseBytes,
  };
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const bytes: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** A number with its unit, in the smallest unit; the schema has seen to its form. */
function inUnits(text: string | undefined, units: Readonly<Record<string, number>>): number | undefined {
  if (text === undefined) return undefined;
  const unit = text.replace(/^\d+/, '');
  return Number.parseInt(text, 10) * (units[unit] ?? 1);
}

function environmentPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new WeftError('CONFIG_INVALID', {
    action: 'Cannot use environment variable "WEFT_PORT"',
    found: `"${text}"`,
    wanted: 'a port from 0 to 65535',
  });
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
