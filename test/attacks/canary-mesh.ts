/**
 * A gateway over real sockets, before domains over real sockets, in whose protected fields canaries stand. Whoever probes it has the
 * answer's bytes, what the domains were asked, what was recorded and what the operator was told looked through for them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpSubgraph } from '../../gateway/execute/http.ts';
import { createAuthenticator } from '../../gateway/auth/subject.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { type Config, defaultConfig } from '../../mesh/core/config.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import type { HttpSubgraph } from '../../gateway/execute/http.ts';
import { startTiny } from '../gateway/server/tiny.ts';
import { type Answer, type TestGatewayOptions, createTestGateway } from '../support/gateway.ts';
import { serveHttp } from '../support/http-subgraph.ts';
import type { Life } from '../support/life.ts';
import { createSigner, tokenOf, trustKeys } from '../support/issuer.ts';
import { composeRuled } from '../support/ruled.ts';
import { type Resolvers, type TestSubgraph, createSubgraph } from '../support/subgraph.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import {
  paySdl,
  payResolvers,
  peopleResolvers,
  peopleSdl,
  placesResolvers,
  placesSdl,
  rules,
  secrets,
} from './canary-domains.ts';

export interface MeshOptions {
  /** Rules in place of those of the same coordinates; an empty text takes one away. */
  readonly rules?: Readonly<Record<string, string>>;
  readonly config?: Partial<Config>;
  readonly gateway?: Partial<TestGatewayOptions>;
}

export interface Probing {
  readonly variables?: JsonObject;
  readonly operationName?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the token. Default: somebody of the west without scopes; `null`: no token. */
  readonly claims?: Readonly<Record<string, unknown>> | null;
  /** In place of a body of query and variables. */
  readonly body?: unknown;
  /** Names of fields that no domain may be asked for. */
  readonly unasked?: readonly string[];
  /** Looks for no canaries: the subject may see them. */
  readonly isEntitled?: boolean;
}

export interface Probed {
  readonly status: number;
  /** The very bytes of the answer. */
  readonly text: string;
  readonly answer: Answer;
  /** What the domains were asked meanwhile: one line a request. */
  readonly asked: readonly string[];
}

const west = { regions: ['west'] };

/** Opens a mesh that lives as long as what it is opened for. */
export async function openCanaryMesh(life: Life, { rules: other = {}, config = {}, gateway = {} }: MeshOptions = {}) {
  const asked: string[] = [];
  const told: string[] = [];
  const pace = { ms: 0 };
  const watch = { asked, pace };
  const domains = await Promise.all([
    serveDomain(life, watch, ['people', peopleSdl, peopleResolvers]),
    serveDomain(life, watch, ['pay', paySdl, payResolvers]),
    serveDomain(life, watch, ['places', placesSdl, placesResolvers]),
  ]);
  const all = Object.entries({ ...rules, ...other }).filter(([, rule]) => rule !== '');
  const supergraph = composeRuled(domains, Object.fromEntries(all));
  const recorder = { ...silent, record: (...all: unknown[]) => void told.push(JSON.stringify(all, recorded)) };
  const { pipeline } = createTestGateway(domains, { supergraph, recorder, ...gateway });
  const signer = createSigner('first');
  const authenticate = createAuthenticator({ auth: await trustKeys(life, [signer.jwk]), clock: systemClock });
  const { url, reports } = await startTiny(life, { gateway: pipeline, authenticate, config });

  const headersOf = ({ claims, headers }: Probing) => ({
    'content-type': 'application/json',
    ...(claims === null ? {} : { authorization: `Bearer ${tokenOf(signer, { claims: { ...west, ...claims } })}` }),
    ...headers,
  });
  const send = async (path: string, init: RequestInit): Promise<Probed> => {
    const before = asked.length;
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, answer: parsed(text), asked: asked.slice(before) };
  };
  /** Asks, looks for canaries in all that came of it, and for names that may not be asked for. */
  const probe = async (query: string, probing: Probing = {}): Promise<Probed> => {
    const { variables, operationName, body = { query, variables, operationName } } = probing;
    const probed = await send('/graphql', {
      method: 'POST',
      headers: headersOf(probing),
      body: JSON.stringify(body),
    });
    if (probing.isEntitled !== true) assertHidden(probed.text, told, reports);
    assertUnasked(probed.asked, probing.unasked ?? []);
    return probed;
  };
  const get = (query: string, probing: Probing = {}) =>
    send(`/graphql?${new URLSearchParams({ query })}`, { headers: headersOf(probing) });
  return { url, pipeline, domains, supergraph, asked, pace, probe, get, send, headersOf };
}

export type CanaryMesh = Awaited<ReturnType<typeof openCanaryMesh>>;

/** Registers attacks on one mesh: each is asked once, and must give no canary. */
export function attacks(mesh: CanaryMesh) {
  return (name: string, asked: string | readonly [string, Probing], check: (probed: Probed) => unknown): void => {
    const [query, probing] = typeof asked === 'string' ? [asked, {}] : asked;
    test(name, async () => {
      await check(await mesh.probe(query, probing));
    });
  };
}

/** What stands at a place of an answer's data; `undefined` where there is nothing. */
export function valueAt({ data }: Answer, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name === String(key))?.[1]
        : undefined,
    data,
  );
}

export { defaultConfig };

const silent = { room: () => null, recordChange: () => {}, close: async () => {} };
/** What of the records is looked through: a compiled operation holds more. */
const recorded = ['operation', 'name', 'coordinates', 'denied', 'decided', 'coordinate', 'path', 'reason', 'rule'];

interface Watch {
  readonly asked: string[];
  /** How long domains take to answer. */
  readonly pace: { ms: number };
}

async function serveDomain(
  life: Life,
  { asked, pace }: Watch,
  [name, sdl, resolvers]: readonly [string, string, Resolvers],
): Promise<HttpSubgraph> {
  const local: TestSubgraph = createSubgraph(name, sdl, resolvers);
  const url = await serveHttp(life, async (incoming, response) => {
    const chunks = await Array.fromAsync(incoming as AsyncIterable<Buffer>);
    const body = Buffer.concat(chunks).toString();
    asked.push(`${name} ${JSON.stringify(incoming.headers)} ${body}`);
    const { query, variables } = JSON.parse(body) as { query: string; variables: object };
    if (pace.ms > 0) await sleep(pace.ms);
    const subject = { ...anonymous, id: String(incoming.headers['x-tenant']) };
    const request = { operationKind: 'query', query, queryJson: '', headers: {}, subject } as const;
    const answer = await local.fetch(
      { ...request, variablesJson: JSON.stringify(variables ?? {}) },
      new AbortController().signal,
    );
    local.requests.length = 0;
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer.bytes);
  });
  const subgraph = createHttpSubgraph({ name, sdl, url });
  life.after(() => subgraph.close());
  return subgraph;
}

function parsed(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}

/** No text holds a canary, however it is written. */
export function assertHidden(...texts: readonly unknown[]): void {
  for (const part of texts) {
    const text = typeof part === 'string' ? part : JSON.stringify(part, errorsToo);
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`);
  }
}

function errorsToo(_key: string, value: unknown): unknown {
  return value instanceof Error ? { message: value.message, cause: value.cause } : value;
}

function assertUnasked(asked: readonly string[], names: readonly string[]): void {
  for (const line of asked)
    for (const name of names) assert.doesNotMatch(queryOf(line), new RegExp(`\\b${name}\\b`), line);
}

/** The operation that a line of what was asked holds. */
export function queryOf(line: string): string {
  const [, body = '{}'] = /\} (\{.*)$/s.exec(line) ?? [];
  return (JSON.parse(body) as { query?: string }).query ?? '';
}

/** Codes of the errors of an answer. */
export function codesOf({ errors = [] }: Answer): readonly string[] {
  return errors.map(({ extensions }) => extensions.code);
}

/** Where they are. */
export function pathsOf({ errors = [] }: Answer): readonly string[] {
  return errors.map(({ path = [] }) => path.join('.'));
}
