/** A domain as a subgraph that is asked in-process: graphql-js on its schema, errors as they may leave the house. */
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  createSourceEventStream,
  execute,
  parse,
  validate,
} from 'graphql';
import { isWeftError } from '../core/error.ts';
import { type JsonObject, isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { type CancelSignal, abortSignalOf } from '../core/cancel.ts';
import {
  type Subgraph,
  type SubgraphError,
  type SubgraphRequest,
  type SubgraphResponse,
  wholeView,
} from '../core/subgraph.ts';
import type { Operation } from './resolvers.ts';

export interface SubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  readonly origin: string;
  readonly schema: GraphQLSchema;
}

/** Creates the subgraph. `subscribe` is absent when the schema has no subscriptions. */
export function createSubgraph({ name, sdl, origin, schema }: SubgraphOptions): Subgraph {
  const read = createReader(schema);
  const subscribe = (request: SubgraphRequest, signal: CancelSignal) =>
    follow(schema, read(request.query), { request, signal: abortSignalOf(signal) });
  return {
    name,
    sdl,
    origin,
    appliesFilters: true,
    health: async () => null,
    ...(schema.getSubscriptionType() ? { subscribe } : {}),
    async fetch(request, signal) {
      const asked = read(request.query);
      if ('errors' in asked) return asked;
      return responseOf(
        await execute({
          schema,
          document: asked.document,
          variableValues: variablesOf(request),
          contextValue: createOperation(request, abortSignalOf(signal)),
        }),
      );
    },
  };
}

/** What the resolvers of one operation share. */
export function createOperation(
  { subject, view = wholeView }: Pick<SubgraphRequest, 'subject' | 'view'>,
  signal: AbortSignal,
): Operation {
  return { subject, filters: view.filters, signal, batches: new Map() };
}

/** A GraphQL error as it may leave the house: with a code, and no text that is not public. */
export function toSubgraphError(error: GraphQLError): SubgraphError & GraphQLFormattedError {
  const { message, path, originalError } = error;
  const at = path === undefined ? {} : { path };
  // Without a path it is about the request; with one, a process answered what does not fit the schema.
  if (!isWeftError(originalError)) {
    return { message, ...at, extensions: { code: path === undefined ? 'BAD_REQUEST' : 'EXECUTION_FAILED' } };
  }
  const { code, kind, details } = originalError;
  if (!kind.public) return { message: 'Internal error.', ...at, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  return { message: originalError.message, ...at, extensions: { ...(details as JsonObject), code } };
}

type Read = { readonly document: DocumentNode } | { readonly errors: readonly SubgraphError[] };

/** Parses and validates each text once; the texts are the gateway's plans and few. */
function createReader(schema: GraphQLSchema): (query: string) => Read {
  const known = new Map<string, Read>();
  return (query) => {
    const read = known.get(query) ?? readDocument(schema, query);
    if (known.size >= limits.subgraphDocumentsMax) known.clear();
    known.set(query, read);
    return read;
  };
}

function readDocument(schema: GraphQLSchema, query: string): Read {
  try {
    const document = parse(query);
    const errors = validate(schema, document);
    if (errors.length === 0) return { document };
    return { errors: errors.map(({ message }) => ({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { errors: [{ message, extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] };
  }
}

interface Asked {
  readonly request: SubgraphRequest;
  readonly signal: AbortSignal;
}

/** Each event is executed as an operation of its own, so that nothing is remembered from one to the next. */
async function* follow(
  schema: GraphQLSchema,
  read: Read,
  { request, signal }: Asked,
): AsyncGenerator<SubgraphResponse> {
  if ('errors' in read) return yield read;
  const { document } = read;
  const variableValues = variablesOf(request);
  const operation = (): Operation => createOperation(request, signal);
  const source = await createSourceEventStream({ schema, document, variableValues, contextValue: operation() });
  if (!(Symbol.asyncIterator in source)) return yield responseOf(source);
  for await (const rootValue of source) {
    yield responseOf(await execute({ schema, document, rootValue, variableValues, contextValue: operation() }));
  }
}

function responseOf({
  data,
  errors,
}: {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[];
}): SubgraphResponse {
  return {
    ...(data === undefined ? {} : { data: data as SubgraphResponse['data'] }),
    ...(errors === undefined ? {} : { errors: errors.map(toSubgraphError) }),
  };
}

function variablesOf({ variablesJson }: SubgraphRequest): JsonObject {
  const variables: unknown = JSON.parse(variablesJson);
  return isJsonObject(variables) ? variables : {};
}
