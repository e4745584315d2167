/** Apollo Server with @apollo/gateway as its documentation sets it up: `node apollo.mjs SUPERGRAPH PORT [HEADER...]`. */
import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

const [supergraph, port, ...forwarded] = process.argv.slice(2);

/** Sends the headers on that the caller is known by. */
class ForwardingDataSource extends RemoteGraphQLDataSource {
  willSendRequest({ request, context }) {
    for (const name of forwarded) request.http.headers.set(name, context[name]);
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraph, 'utf8'),
  ...(forwarded.length > 0 && { buildService: ({ url }) => new ForwardingDataSource({ url }) }),
});
const server = new ApolloServer({ gateway });
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async ({ req }) => Object.fromEntries(forwarded.map((name) => [name, req.headers[name] ?? ''])),
});
