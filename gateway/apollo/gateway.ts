/**
 * Weft behind Apollo Server's front door: `new ApolloServer({ gateway: createApolloGateway(…) })`. Apollo Server reads
 * requests, runs its plugins, parses and validates; what it then would execute goes through our pipeline. Names Apollo's
 * gateway interface, alone in the house.
 */
import type {
  GatewayExecutionResult,
  GatewayGraphQLRequestContext,
  GatewayInterface,
} from '@apollo/server-gateway-interface';
import { type DocumentNode, GraphQLError, print } from 'graphql';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { type Config, defaultConfig } from '../../mesh/core/config.ts';
import { WeftError, messageOf } from '../../mesh/core/error.ts';
import { isJsonObject } from '../../mesh/core/json.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { type Governance, noGovernance } from '../../mesh/policy/governance.ts';
import { createHttpSubgraph } from '../execute/http.ts';
import type { SubgraphAddress } from '../execute/lease.ts';
import type { GenerationParts } from '../server/generation.ts';
import { type PickHeaders, createHeaderPicker } from '../server/headers.ts';
import { Lifetime } from '../server/lifetime.ts';
import { LiveSupergraph } from '../server/live.ts';
import { textOf, type OperationRequest, type OperationResult } from '../server/operation.ts';
import { type Pipeline, createPipeline } from '../server/pipeline.ts';
import { createFileSource } from '../supergraph/file.ts';
import type { SupergraphSource } from '../supergraph/reading.ts';
import { createTextSource } from '../supergraph/source.ts';
import { createUrlSource } from '../supergraph/url.ts';

/** Where the supergraph comes from: its text, a file that is watched, or a URL that is polled. */
export type ApolloSupergraph =
  | { readonly supergraph: string }
  | { readonly file: string }
  | {
      readonly url: string;
      /** Milliseconds between two looks; default 10,000. */
      readonly pollMs?: number;
      /** Headers for the URL; default none. */
      readonly urlHeaders?: Readonly<Record<string, string>>;
    };

export type ApolloGatewayOptions<Context extends object = Record<string, unknown>> = ApolloSupergraph & {
  /** Who asks, for the rules of the supergraph. Default: nobody in particular, whom all rules deny. */
  readonly subject?: (contextValue: Context) => Subject;
  /** Names of the client's headers that subgraphs get to see. Default none. */
  readonly forward?: readonly string[];
  /** Headers for the subgraphs, made of Apollo Server's `contextValue`. They come before those of `forward`. */
  readonly headers?: (contextValue: Context) => Readonly<Record<string, string>>;
  /** What the names in `@policy` mean. An unknown name holds for nobody. */
  readonly governance?: Governance;
  /** Subgraphs of this process, by name, that are asked without HTTP. */
  readonly subgraphs?: ReadonlyMap<string, Subgraph>;
  /** Labels of progressive overrides that are on beside those by percentage. Default none. */
  readonly labels?: readonly string[];
  /** Draws for labels by percentage. Default the system's. */
  readonly clock?: Pick<Clock, 'randomBytes' | 'now'>;
  /** Milliseconds; default `requestMs` 30,000, `subgraphMs` 10,000. */
  readonly timeouts?: Partial<Config['timeouts']>;
  /** Default: those of `weft gateway`. */
  readonly limits?: Partial<Config['limits']>;
  /** Told of what clients must not see, and of a supergraph that is not taken. Default: a line on stderr. */
  readonly note?: (line: string) => void;
};

type Callback = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0];
type Schema = Parameters<Callback>[0];

/** One line: `new ApolloServer({ gateway: createApolloGateway({ url: 'https://…' }) })`. Nothing is read before `load`. */
export function createApolloGateway<Context extends object = Record<string, unknown>>(
  options: ApolloGatewayOptions<Context>,
): GatewayInterface {
  const callbacks = new Set<Callback>();
  const { note = noteOnStderr } = options;
  let schema: Schema | null = null;
  let live: LiveSupergraph | null = null;
  const tell = (next: Schema): void => {
    schema = next;
    for (const callback of callbacks) callback(next);
  };

  return {
    onSchemaLoadOrUpdate(callback) {
      callbacks.add(callback);
      if (schema !== null) callback(schema);
      return () => callbacks.delete(callback);
    },
    async load() {
      if (live !== null) throw loadedTwice();
      live = new LiveSupergraph({
        source: sourceOf(options),
        connect: connector(options),
        local: options.subgraphs ?? new Map(),
        note,
      });
      const first = await live.first();
      const pipeline = createPipeline({
        ...first,
        governance: options.governance ?? noGovernance,
        limits: { ...defaultConfig.limits, ...options.limits },
        labels: options.labels ?? [],
        clock: options.clock ?? systemClock,
        recorder: null,
        report: (error, id) => note(`${id} ${messageOf(error)}`),
      });
      tell(schemaOf(first));
      live.follow({
        async swap(parts, signal) {
          await pipeline.swap(parts, signal);
          tell(schemaOf(parts));
        },
      });
      return { executor: createExecutor(pipeline, options) };
    },
    async stop() {
      callbacks.clear();
      await live?.close();
    },
  };
}

function connector({ timeouts, limits }: Pick<ApolloGatewayOptions, 'timeouts' | 'limits'>) {
  const { subgraphMs: timeoutMs } = { ...defaultConfig.timeouts, ...timeouts };
  const { responseBytes: responseBytesMax } = { ...defaultConfig.limits, ...limits };
  return (address: SubgraphAddress) => createHttpSubgraph({ ...address, sdl: '', timeoutMs, responseBytesMax });
}

type Executor = (context: GatewayGraphQLRequestContext) => Promise<GatewayExecutionResult>;

/** Runs what Apollo Server has parsed. Never rejects but with what `subject` or `headers` throw. */
function createExecutor<Context extends object>(pipeline: Pipeline, options: ApolloGatewayOptions<Context>): Executor {
  const textOf = createPrinter();
  const pickForwarded = createHeaderPicker(options.forward ?? []);
  const { requestMs } = { ...defaultConfig.timeouts, ...options.timeouts };
  return async ({ document, request, context }) => {
    const contextValue = context as Context;
    const operation: OperationRequest = {
      query: textOf(document),
      operationName: request.operationName ?? null,
      variables: isJsonObject(request.variables) ? request.variables : {},
      subject: options.subject?.(contextValue) ?? anonymous,
      headers: { ...forwarded(pickForwarded, request.http), ...checkHeaders(options.headers?.(contextValue) ?? {}) },
      readOnly: request.http?.method === 'GET',
    };
    const life = new Lifetime(requestMs);
    try {
      return resultOf(await pipeline.execute(operation, life.signal));
    } finally {
      life.settle();
    }
  };
}

/** Plugins may exchange the document, so its own text is what counts; Apollo Server keeps documents, and we their texts. */
function createPrinter(): (document: DocumentNode) => string {
  const texts = new WeakMap<DocumentNode, string>();
  return (document) => {
    const text = texts.get(document) ?? print(document);
    texts.set(document, text);
    return text;
  };
}

type HttpRequest = GatewayGraphQLRequestContext['request']['http'];

function forwarded(pick: PickHeaders, http: HttpRequest): Readonly<Record<string, string>> {
  return http === undefined ? {} : pick(Object.fromEntries(http.headers));
}

/** Throws `CONFIG_INVALID` for a header that must not be forwarded. */
function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return createHeaderPicker(Object.keys(lower))(lower);
}

/** Apollo Server sets the HTTP status that an error's `extensions.http` says, and takes that away. */
function resultOf(result: OperationResult): GatewayExecutionResult {
  const { executed, status } = result;
  const { data, errors } = JSON.parse(textOf(result)) as AnswerBody;
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined
      ? {}
      : {
          errors: errors.map(({ message, path, extensions }) => {
            const http = executed ? {} : { http: { status } };
            return new GraphQLError(message, { path: path ?? null, extensions: { ...extensions, ...http } });
          }),
        }),
  };
}

/** What the pipeline writes (GraphQL specification, section 7.1). */
interface AnswerBody {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

function sourceOf(options: ApolloSupergraph): SupergraphSource {
  if ('supergraph' in options) return createTextSource(options.supergraph);
  if ('file' in options) return createFileSource(options.file);
  const { url, pollMs = defaultConfig.supergraph.pollMs, urlHeaders: headers = {} } = options;
  return createUrlSource(url, { pollMs, headers });
}

function schemaOf({ supergraph }: GenerationParts): Schema {
  return { apiSchema: supergraph.planner.apiSchema, coreSupergraphSdl: supergraph.sdl };
}

function noteOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}

function loadedTwice(): WeftError {
  return new WeftError('CONFIG_INVALID', {
    action: 'Cannot load the gateway',
    found: 'one that is loaded already',
    wanted: 'a gateway of its own for each Apollo Server',
  });
}
