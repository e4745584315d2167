/** A test subgraph behind a real socket. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Life } from './life.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { anonymous } from '../../mesh/core/subject.ts';

/** Serves it on a free port until the test ends; its routing URL. */
export async function serveSubgraph(context: Life, subgraph: Subgraph): Promise<string> {
  return serveHttp(context, async (incoming, response) => {
    const chunks = await Array.fromAsync(incoming as AsyncIterable<Buffer>);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables: object };
    const request = { operationKind: 'query', query, queryJson: '', headers: {}, subject: anonymous } as const;
    const variablesJson = JSON.stringify(variables);
    const { bytes, data, errors } = await subgraph.fetch({ ...request, variablesJson }, new AbortController().signal);
    response.writeHead(200, { 'content-type': 'application/json' }).end(bytes ?? JSON.stringify({ data, errors }));
  });
}

/** Serves anything on a free port until the test ends; the URL of its `/graphql`. */
export async function serveHttp(
  context: Life,
  listener: (incoming: IncomingMessage, response: ServerResponse) => unknown,
): Promise<string> {
  const server = createServer((incoming, response) => void listener(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
