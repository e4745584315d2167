/** A pipeline over test subgraphs, asked without a socket. */
import { type RequestLimits, defaultConfig } from '../../mesh/core/config.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import type { NamedPolicies } from '../../mesh/policy/view.ts';
import type { AccessRecorder } from '../../gateway/policy/access.ts';
import { isStream } from '../../gateway/server/operation.ts';
import { type Pipeline, createPipeline } from '../../gateway/server/pipeline.ts';
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
  readonly pipeline: Pipeline;
  ask(query: string, options?: Ask): Promise<Answer>;
  /** The answers of a subscription, one for each event. */
  follow(query: string, signal: AbortSignal, options?: Ask): AsyncIterable<Answer>;
}

export interface TestGatewayOptions {
  readonly supergraph?: string;
  readonly policies?: NamedPolicies;
  readonly recorder?: AccessRecorder;
  readonly limits?: RequestLimits;
}

export function createTestGateway(subgraphs: readonly Subgraph[], options: TestGatewayOptions = {}): TestGateway {
  const pipeline = createPipeline({
    supergraph: readSupergraph(options.supergraph ?? composeForTest(subgraphs)),
    subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    policies: options.policies ?? new Map(),
    limits: options.limits ?? defaultConfig.limits,
    recorder: options.recorder ?? null,
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
  return {
    pipeline,
    async ask(query, ask = {}) {
      const { body } = await pipeline.execute(requestOf(query, ask), new AbortController().signal);
      return JSON.parse(body) as Answer;
    },
    async *follow(query, signal, ask = {}) {
      const outcome = await pipeline.subscribe(requestOf(query, ask), signal);
      if (!isStream(outcome)) yield JSON.parse(outcome.body) as Answer;
      else for await (const body of outcome.stream) yield JSON.parse(body) as Answer;
    },
  };
}
