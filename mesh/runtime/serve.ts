/** One domain alone, as a subgraph over HTTP: Apollo Server on a socket of our own. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError } from 'graphql';
import { WeftError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { systemClock } from '../core/clock.ts';
import { type Admit, type Callers, createAdmission, refuse } from './admit.ts';
import { type Host, type HostOptions, openHost } from './host.ts';
import type { Operation } from './resolvers.ts';
import { createOperation, toSubgraphError } from './subgraph.ts';

export interface ServeOptions extends Pick<HostOptions, 'log' | 'clock' | 'writeLine'> {
  readonly folder: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly variables?: Readonly<Record<string, Json>>;
  readonly callers: Callers;
}

export interface Served {
  readonly url: string;
  /** Answers what was asked, then stops. The log stays open: it is the caller's. */
  close(): Promise<void>;
}

/**
 * Serves a domain. Its processes cannot ask other domains: the mesh agent throws `AGENT_FAILED`. Throws `PORT_IN_USE`, and
 * what `openHost` throws.
 */
export async function serveSubgraph({
  folder,
  host: address,
  port,
  variables,
  callers,
  ...shared
}: ServeOptions): Promise<Served> {
  const host = await openHost({
    ...shared,
    folders: [folder],
    partial: true,
    store: null,
    meshQuery: async () => {
      throw new WeftError('AGENT_FAILED', {
        action: 'Cannot ask other domains',
        found: 'a domain that runs alone',
        wanted: 'a mesh',
      });
    },
    variables: () => variables ?? {},
  });
  const apollo = startApollo(host);
  const server = createServer();
  try {
    const [{ name } = { name: '' }] = host.domains;
    const admit = createAdmission({ name, callers, clock: shared.clock ?? systemClock });
    server.on('request', (request, response) => void answer({ apollo, admit }, request, response));
    await listen(server, address, port);
  } catch (thrown) {
    await host.close();
    throw thrown;
  }
  host.start();
  return {
    url: `http://${address}:${portOf(server)}/graphql`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await closed;
      await apollo.stop();
      await host.close();
    },
  };
}

function startApollo({ domains, schemas }: Host): ApolloServer<Operation> {
  const [domain] = domains;
  const schema = domain && schemas.get(domain.name);
  if (schema === undefined) throw new RangeError('A host of one folder has one domain');
  const apollo = new ApolloServer<Operation>({
    schema,
    stopOnTerminationSignals: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    formatError,
    plugins: [ApolloServerPluginInlineTraceDisabled()],
  });
  apollo.startInBackgroundHandlingStartupErrorsByLoggingAndFailingAllRequests();
  return apollo;
}

interface Door {
  readonly apollo: ApolloServer<Operation>;
  readonly admit: Admit;
}

async function answer({ apollo, admit }: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { method = 'GET', url = '/' } = request;
  const { pathname, search } = new URL(url, 'http://localhost');
  if (pathname !== '/graphql') return void response.writeHead(404).end();
  // Before anything of it is read, and whatever it asks: introspection tells of the domain as well.
  const context = await admit(request.headers).catch((error: unknown) => refuse(response, error));
  if (context === undefined) return;
  const body = await readBody(request);
  if (body === null) return void response.writeHead(413).end();
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, [value].flat().join(', '));
  const result = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers, search, body: parseJson(body) },
    context: async () => createOperation(context, gone.signal),
  });
  response.writeHead(result.status ?? 200, Object.fromEntries(result.headers));
  if (result.body.kind === 'complete') response.end(result.body.string);
  else {
    for await (const chunk of result.body.asyncIterator) response.write(chunk);
    response.end();
  }
}

/** `null` when it is larger than a request may be. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limits.requestBodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Apollo refuses, in its own words, what is no object. */
function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Ours as every subgraph of Weft words them; Apollo's own, about the request, as they are. */
function formatError(formatted: { readonly message: string }, thrown: unknown): { readonly message: string } {
  if (!(thrown instanceof GraphQLError) || thrown.path === undefined) return formatted;
  const { locations } = thrown;
  return { ...toSubgraphError(thrown), ...(locations === undefined ? {} : { locations }) };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw new WeftError('PORT_IN_USE', {
      action: `Cannot listen on ${host}:${port}`,
      found: 'another program there',
      wanted: 'a free port',
      fix: 'Stop it, or choose another with --port.',
      cause,
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
