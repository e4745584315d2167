/** A small gateway of graphql-js and one schema: the far side of the transports, so that they are tested without the engine. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Life } from '../../support/life.ts';
import { buildSchema, execute, getOperationAST, GraphQLError, parse, subscribe, validate } from 'graphql';
import { defaultConfig, type Config } from '../../../mesh/core/config.ts';
import { abortSignalOf } from '../../../mesh/core/cancel.ts';
import { systemClock, type Clock } from '../../../mesh/core/clock.ts';
import { WeftError, type ErrorCode } from '../../../mesh/core/error.ts';
import { createAuthenticator, type Authenticate } from '../../../gateway/auth/subject.ts';
import { createClientGateway, createDocuments } from '../../../gateway/server/documents.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../../gateway/server/http.ts';
import type { Gateway, OperationRequest, OperationResult } from '../../../gateway/server/operation.ts';
import type { Report } from '../../../gateway/server/failure.ts';
import type { Route } from '../../../gateway/server/reply.ts';

const schema = buildSchema(`
  type Query {
    hello(name: String = "you"): String!
    whoami: String
    purpose: String
    header(name: String!): String
    "Answers when the operation is aborted, with the code of the reason."
    forever: String
    airport(iata: String!): Airport
    lineage(of: String!): String
  }
  type Mutation { rename(name: String!): String! }
  type Airport { name: String! city: String! }
  type Subscription {
    "Counts up to a number, then completes."
    count(to: Int!): Int!
    "One value, then nothing until it is ended."
    wait: Int!
    "Counts without end; the values carry as much padding as asked for."
    flood(bytes: Int!): String!
    "One value, then an error that nobody expected."
    broken: Int!
  }
`);

interface Context {
  readonly request: OperationRequest;
  readonly signal: AbortSignal;
}

/** What a test may look at afterwards. */
export interface Trace {
  /** How many values of \`flood\` were asked for. */
  flooded: number;
  /** The codes that running operations were aborted with. */
  readonly aborted: string[];
}

export interface Tiny {
  readonly url: string;
  readonly trace: Trace;
  readonly server: HttpServer;
  /** What the operator was told. */
  readonly reports: { readonly error: unknown; readonly id: string }[];
}

export interface TinyOptions {
  readonly config?: Partial<Config>;
  readonly authenticate?: Authenticate;
  readonly clock?: Clock;
  readonly routes?: readonly Route[];
  readonly gateway?: Gateway;
  readonly patience?: HttpServerOptions['patience'];
  /** Persisted documents: texts by id. */
  readonly manifest?: ReadonlyMap<string, string>;
}

const mockUsers = [{ id: 'ada', purposes: ['audit'] }, { id: 'bob' }];

/** Serves the tiny gateway on a free port until the test ends. */
export async function startTiny(context: Life, options: TinyOptions = {}): Promise<Tiny> {
  const trace: Trace = { flooded: 0, aborted: [] };
  const reports: { error: unknown; id: string }[] = [];
  const server = createHttpServer(tinyOptions(options, { trace, reports }));
  const { port } = await server.listen(0, '127.0.0.1');
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${port}`, trace, server, reports };
}

/** What the tiny gateway's server is made of. */
export function tinyOptions(options: TinyOptions, { trace, reports }: Pick<Tiny, 'trace' | 'reports'>) {
  const { clock = systemClock, routes = [] } = options;
  const config = { ...defaultConfig, ...options.config };
  const report: Report = (error, id) => reports.push({ error, id });
  const documents = createDocuments({ ...config.documents, manifest: options.manifest ?? new Map() });
  return {
    gateway: createClientGateway(options.gateway ?? createTinyGateway(trace), { documents, report }),
    authenticate: options.authenticate ?? createAuthenticator({ auth: config.auth, mockUsers, clock }),
    routes,
    config,
    clock,
    report,
    ...(options.patience ? { patience: options.patience } : {}),
  };
}

export function createTinyGateway(trace: Trace): Gateway {
  const run = async (request: OperationRequest, signal: AbortSignal, mayStream: boolean) => {
    let document;
    try {
      document = parse(request.query);
    } catch (error) {
      return refusal('GRAPHQL_PARSE_FAILED', [error as GraphQLError]);
    }
    const errors = validate(schema, document);
    if (errors.length > 0) return refusal('GRAPHQL_VALIDATION_FAILED', errors);
    const operation = getOperationAST(document, request.operationName);
    if (!operation) return refusal('OPERATION_NOT_FOUND', [new GraphQLError('no such operation')]);
    if (operation.operation === 'mutation' && request.readOnly) {
      return refusal('METHOD_NOT_ALLOWED', [new GraphQLError('no mutation by GET')]);
    }
    if (operation.operation === 'subscription' && !mayStream) {
      return refusal('BAD_REQUEST', [new GraphQLError('a subscription needs a stream')]);
    }
    const args = {
      schema,
      document,
      rootValue: createRoot(trace),
      contextValue: { request, signal },
      operationName: request.operationName,
      variableValues: request.variables,
    };
    if (operation.operation === 'subscription') {
      const results = await subscribe(args);
      if (Symbol.asyncIterator in results) return { kind: 'events' as const, stream: texts(results) };
      return refusal('BAD_REQUEST', results.errors ?? []);
    }
    const result = await execute(args);
    if (result.data === undefined) return refusal('BAD_REQUEST', result.errors ?? []);
    return { body: JSON.stringify(result), executed: true, status: 200 };
  };
  return {
    execute: (request, signal) => run(request, abortSignalOf(signal), false) as Promise<OperationResult>,
    subscribe: (request, signal) => run(request, abortSignalOf(signal), true),
  };
}

function refusal(code: ErrorCode, errors: readonly GraphQLError[]): OperationResult {
  const { kind } = new WeftError(code, { action: 'refused' });
  const formatted = errors.map(({ message }) => ({ message, extensions: { code } }));
  return { body: JSON.stringify({ errors: formatted }), executed: false, status: kind.status };
}

async function* texts(results: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const result of results) yield JSON.stringify(result);
}

function createRoot(trace: Trace) {
  const aborted = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => {
      const end = (): void => {
        const { code } = signal.reason as WeftError;
        trace.aborted.push(code);
        resolve(code);
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });
  return {
    hello: ({ name }: { name: string }) => `hello ${name}`,
    whoami: (_: unknown, { request }: Context) => request.subject.id,
    purpose: (_: unknown, { request }: Context) => request.subject.purpose,
    header: ({ name }: { name: string }, { request }: Context) => request.headers[name],
    forever: (_: unknown, { signal }: Context) => aborted(signal),
    rename: ({ name }: { name: string }) => name,
    airport: () => ({ name: 'John F Kennedy Intl', city: 'New York' }),
    lineage: ({ of }: { of: string }) => `upstream of ${of}`,
    count: async function* ({ to }: { to: number }) {
      for (let count = 1; count <= to; count++) yield { count };
    },
    wait: async function* (_: unknown, { signal }: Context) {
      yield { wait: 1 };
      await aborted(signal);
    },
    flood: async function* ({ bytes }: { bytes: number }, { signal }: Context) {
      while (!signal.aborted) {
        trace.flooded++;
        yield { flood: `${trace.flooded}${'.'.repeat(bytes)}` };
        await sleep(0);
      }
      trace.aborted.push((signal.reason as WeftError).code);
    },
    broken: async function* () {
      yield { broken: 1 };
      throw new Error('the secret is 42');
    },
  };
}
