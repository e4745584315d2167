/**
 * A gateway over test subgraphs, asked without a socket: by its pipeline, or through Apollo Server with the pipeline
 * behind it. Cases that hold for both run on both: see `test/gateway/apollo/federation.test.ts`.
 */
import assert from 'node:assert/strict';
import { ApolloServer } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { type RequestLimits, defaultConfig } from '../../mesh/core/config.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { type Governance, noGovernance } from '../../mesh/policy/governance.ts';
import type { Condition } from '../../mesh/policy/condition.ts';
import type { AccessRecorder } from '../../gateway/policy/access.ts';
import { createApolloGateway } from '../../gateway/apollo/gateway.ts';
import { isStream, textOf } from '../../gateway/server/operation.ts';
import { type Pipeline, type PipelineOptions, createPipeline } from '../../gateway/server/pipeline.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { composeForTest } from './subgraph.ts';

export interface Answer {
  readonly data?: JsonObject | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: JsonObject & { readonly code: string };
  }[];
}

export interface Ask {
  readonly variables?: JsonObject;
  readonly subject?: Subject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly operationName?: string;
}

export interface TestGateway {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly pipeline: Pipeline;
  ask(query: string, options?: Ask): Promise<Answer>;
  /** The answers of a subscription, one for each event. */
  follow(query: string, signal: AbortSignal, options?: Ask): AsyncIterable<Answer>;
}

export interface TestGatewayOptions {
  readonly supergraph?: string;
  readonly policies?: SubjectPolicies;
  /** Beside `policies`. */
  readonly governance?: Governance;
  readonly recorder?: AccessRecorder;
  readonly limits?: RequestLimits;
  readonly shareRequests?: boolean;
  readonly disclosure?: PipelineOptions['disclosure'];
  readonly labels?: readonly string[];
  readonly clock?: Partial<Clock>;
}

/** Named policies as functions of a subject. */
export type SubjectPolicies = ReadonlyMap<string, (subject: Subject) => boolean>;

export function governanceOf(policies: SubjectPolicies, rest: Governance = noGovernance): Governance {
  const named = Array.from(policies, ([name, holds]): [string, Condition] => {
    const condition = (variables: Readonly<Record<string, unknown>>): boolean => holds(variables['subject'] as Subject);
    const reads = { subject: [[]], purpose: true, now: true };
    return [name, Object.assign(condition, { fields: new Map(), reads })];
  });
  return { ...rest, policies: new Map([...rest.policies, ...named]) };
}

function governanceFor({
  policies = new Map(),
  governance,
}: Pick<TestGatewayOptions, 'policies' | 'governance'>): Governance {
  return governanceOf(policies, governance);
}

let door: 'pipeline' | 'apollo' = 'pipeline';

/** Decides how the gateways made from here on are asked. */
export function useDoor(name: typeof door): void {
  door = name;
}

export function createTestGateway(subgraphs: readonly Subgraph[], options: TestGatewayOptions = {}): TestGateway {
  const sdl = options.supergraph ?? composeForTest(subgraphs);
  const supergraph = readSupergraph(sdl);
  const pipeline = createPipeline({
    supergraph,
    subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    governance: governanceFor(options),
    limits: options.limits ?? defaultConfig.limits,
    recorder: options.recorder ?? null,
    shareRequests: options.shareRequests ?? true,
    ...(options.labels ? { labels: options.labels } : {}),
    ...(options.disclosure ? { disclosure: options.disclosure } : {}),
    clock: { ...systemClock, ...options.clock },
    report: (error) => {
      if (!isWeftError(error)) throw error;
    },
  });
  const requestOf = (query: string, { variables = {}, subject = anonymous, headers = {}, operationName }: Ask) => ({
    query,
    operationName: operationName ?? null,
    variables,
    subject,
    headers,
    readOnly: false,
  });
  const apollo = createApolloDoor(sdl, subgraphs, options);
  return {
    schema: supergraph.planner.apiSchema,
    pipeline,
    async ask(query, ask = {}) {
      if (door === 'apollo') return apollo(query, ask);
      const result = await pipeline.execute(requestOf(query, ask), new AbortController().signal);
      return JSON.parse(textOf(result)) as Answer;
    },
    async *follow(query, signal, ask = {}) {
      const outcome = await pipeline.subscribe(requestOf(query, ask), signal);
      if (!isStream(outcome)) yield JSON.parse(textOf(outcome)) as Answer;
      else for await (const body of outcome.stream) yield JSON.parse(body) as Answer;
    },
  };
}

type ContextValue = Required<Pick<Ask, 'subject' | 'headers'>>;

/** Apollo Server as its users start it, on the first question. Subgraphs stay in this process. */
function createApolloDoor(
  supergraph: string,
  subgraphs: readonly Subgraph[],
  { labels = [], clock = systemClock, ...options }: TestGatewayOptions,
): TestGateway['ask'] {
  let starting: Promise<ApolloServer<ContextValue>> | null = null;
  const start = async () => {
    const gateway = createApolloGateway<ContextValue>({
      supergraph,
      governance: governanceFor(options),
      labels,
      clock: { ...systemClock, ...clock },
      subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
      subject: ({ subject }) => subject,
      headers: ({ headers }) => headers,
      note: (line) => assert.fail(line),
    });
    const server = new ApolloServer<ContextValue>({
      gateway,
      introspection: true,
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
    });
    await server.start();
    return server;
  };
  return async (query, { variables = {}, subject = anonymous, headers = {}, operationName } = {}) => {
    starting ??= start();
    const server = await starting;
    const request = { query, variables, ...(operationName === undefined ? {} : { operationName }) };
    const { body } = await server.executeOperation(request, { contextValue: { subject, headers } });
    assert.equal(body.kind, 'single');
    return JSON.parse(JSON.stringify(body.kind === 'single' ? body.singleResult : null)) as Answer;
  };
}
