/** Weft behind Apollo Server: over real sockets, with plugins, identities, headers and a supergraph that changes. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type DocumentNode, visit } from 'graphql';
import { type ApolloGatewayOptions, createApolloGateway } from 'weft/apollo';
import { anonymous } from '../../../mesh/core/subject.ts';
import type { Answer } from '../../support/gateway.ts';
import { serveHttp, serveSubgraph } from '../../support/http-subgraph.ts';
import { temporaryFolder } from '../../support/mesh.ts';
import { composeForTest, createSubgraph, federation } from '../../support/subgraph.ts';

interface ContextValue {
  readonly user: string | undefined;
}

const people = createSubgraph(
  'people',
  `${federation('@key', '@authenticated')}
  type Query { person(id: ID!): Person broken: Int }
  type Mutation { rename(id: ID!, name: String!): Person }
  type Person @key(fields: "id") { id: ID! name: String email: String @authenticated }`,
  {
    Query: {
      person: (_: unknown, { id }: { id: string }) => ({ id, name: `N${id}`, email: `${id}@example.org` }),
      broken: () => {
        throw new Error('No.');
      },
    },
    Mutation: { rename: (_: unknown, person: object) => person },
  },
);
const orders = createSubgraph(
  'orders',
  `${federation('@key')} type Person @key(fields: "id") { id: ID! orders: [Int!] }`,
  { Person: { __resolveReference: ({ id }: { id: string }) => ({ id, orders: [Number(id), 2] }) } },
);

/** The supergraph of both, each behind a socket. */
async function serveBoth(context: TestContext): Promise<string> {
  const sdl = composeForTest([people, orders]);
  const urls = [await serveSubgraph(context, people), await serveSubgraph(context, orders)];
  return sdl.replace('http://people.test', urls[0] ?? '').replace('http://orders.test', urls[1] ?? '');
}

async function start(
  context: TestContext,
  options: ApolloGatewayOptions<ContextValue>,
  plugins: ApolloServerPlugin<ContextValue>[] = [],
) {
  const server = new ApolloServer<ContextValue>({
    gateway: createApolloGateway({ note: () => undefined, ...options }),
    plugins,
    includeStacktraceInErrorResponses: false,
  });
  const { url } = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async ({ req }) => ({ user: req.headers['x-user']?.toString() }),
  });
  context.after(() => server.stop());
  return async (
    query: string,
    { variables = {}, headers = {} } = {},
  ): Promise<Answer & { readonly status: number }> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as Answer) };
  };
}

test('new ApolloServer({ gateway: createApolloGateway({ supergraph }) }) serves a supergraph', async (context) => {
  const ask = await start(context, { supergraph: await serveBoth(context) });
  assert.deepEqual(
    await ask('query ($id: ID!) { person(id: $id) { name ...P } } fragment P on Person { orders }', {
      variables: { id: '7' },
    }),
    { status: 200, data: { person: { name: 'N7', orders: [7, 2] } } },
  );
  assert.deepEqual((await ask('mutation { rename(id: "1", name: "X") { name orders } }')).data, {
    rename: { name: 'X', orders: [1, 2] },
  });
});

test('errors keep their code and path, and a refusal its status', async (context) => {
  const ask = await start(context, { supergraph: await serveBoth(context), limits: { depth: 1 } });
  const failed = await ask('{ broken }');
  assert.deepEqual(failed, {
    status: 200,
    data: { broken: null },
    errors: [{ message: 'No.', path: ['broken'], extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'people' } }],
  });
  const refused = await ask('{ person(id: "1") { name } }');
  assert.deepEqual(
    [refused.status, refused.data, refused.errors?.[0]?.extensions],
    [400, undefined, { code: 'LIMIT_EXCEEDED' }],
  );
  const variable = await ask('query ($no: Boolean!) { broken @skip(if: $no) }');
  assert.deepEqual([variable.status, variable.errors?.[0]?.extensions.code], [400, 'BAD_REQUEST']);
});

test('who asks and which headers go on come from contextValue and the request', async (context) => {
  const seen: unknown[] = [];
  const url = await serveHttp(context, async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
    const { 'x-tenant': tenant, 'x-made': made, 'x-user': user } = request.headers;
    seen.push({ tenant, made, user, isEmailAsked: body.includes('email') });
    response.end('{"data":{"person":{"email":"e"}}}');
  });
  const ask = await start(context, {
    supergraph: (await serveBoth(context)).replace(/(?<=name: "people", url: ")[^"]*/, url),
    subject: ({ user }) => ({ ...anonymous, id: user ?? null }),
    forward: ['X-Tenant'],
    headers: ({ user }) => ({ 'X-Made': `for ${user}` }),
  });
  const denied = await ask('{ person(id: "1") { email } }');
  assert.equal(denied.errors?.[0]?.extensions.code, 'UNAUTHORIZED_FIELD_OR_TYPE');
  assert.deepEqual(seen.splice(0), [
    { tenant: undefined, made: 'for undefined', user: undefined, isEmailAsked: false },
  ]);
  const headers = { 'x-user': 'ada', 'x-tenant': 'acme' };
  assert.deepEqual((await ask('{ person(id: "1") { email } }', { headers })).data, { person: { email: 'e' } });
  assert.deepEqual(seen, [{ tenant: 'acme', made: 'for ada', user: undefined, isEmailAsked: true }]);
});

test('a plugin sees the operation, and what it puts in its place is what runs', async (context) => {
  const events: string[] = [];
  const plugin: ApolloServerPlugin<ContextValue> = {
    async serverWillStart() {
      return { schemaDidLoadOrUpdate: ({ coreSupergraphSdl }) => void events.push(typeof coreSupergraphSdl) };
    },
    async requestDidStart() {
      return {
        async didResolveOperation(request) {
          events.push(`operation ${request.operationName}`);
          const document: DocumentNode = visit(request.document, {
            Field: (field) => (field.name.value === 'id' ? null : undefined),
          });
          Object.assign(request, { document });
        },
        async willSendResponse() {
          events.push('response');
        },
      };
    },
  };
  const ask = await start(context, { supergraph: await serveBoth(context) }, [plugin]);
  assert.deepEqual((await ask('query A { person(id: "1") { id name } }')).data, { person: { name: 'N1' } });
  assert.deepEqual(events, ['string', 'operation A', 'response']);
});

test('a file that changes gives Apollo Server its new schema; a broken one does not', async (context) => {
  const file = join(await temporaryFolder(context), 'supergraph.graphql');
  const sdl = await serveBoth(context);
  await writeFile(file, sdl);
  const notes: string[] = [];
  const ask = await start(context, { file, note: (line) => notes.push(line) });
  const query = '{ person(id: "1") { label: __typename name } __type(name: "Person") { description } }';
  assert.equal((await ask(query)).errors, undefined);
  await writeFile(file, 'type Query {');
  while (notes.length === 0) await sleep(10);
  assert.match(notes[0] ?? '', /the last good one is served: COMPOSITION_FAILED/);
  assert.equal((await ask(query)).errors, undefined);
  const field = 'name: String @join__field(graph: PEOPLE)';
  assert.ok(sdl.includes(field));
  await writeFile(file, sdl.replace(field, `${field} ${field.replace('name', 'nick')}`));
  const isRefused = async () =>
    JSON.stringify(await ask('{ person(id: "1") { nick } }')).includes('GRAPHQL_VALIDATION_FAILED');
  for (let count = 0; await isRefused(); count++) {
    assert.ok(count < 500, 'the new schema is served within five seconds');
    await sleep(10);
  }
});

test('a supergraph that is none stops Apollo Server from starting, with its code', async () => {
  for (const [options, code] of [
    [{ supergraph: 'type Query { a: Int }' }, 'COMPOSITION_FAILED'],
    [{ file: 'nowhere.graphql' }, 'SUPERGRAPH_UNAVAILABLE'],
    [{ url: 'http://127.0.0.1:1/' }, 'SUPERGRAPH_UNAVAILABLE'],
  ] as const) {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const server = new ApolloServer({ gateway: createApolloGateway(options), logger });
    await assert.rejects(server.start(), { code });
  }
});

test('a document of several operations runs the one that is named', async (context) => {
  const server = new ApolloServer<ContextValue>({
    gateway: createApolloGateway({
      supergraph: composeForTest([people, orders]),
      subgraphs: new Map([people, orders].map((one) => [one.name, one])),
    }),
  });
  context.after(() => server.stop());
  const query = 'query A { person(id: "1") { name } } query B { person(id: "2") { name } }';
  const run = async (operationName?: string) => {
    const request = operationName === undefined ? { query } : { query, operationName };
    const { body } = await server.executeOperation(request, { contextValue: { user: undefined } });
    return JSON.stringify(body.kind === 'single' && body.singleResult);
  };
  assert.equal(await run('B'), '{"data":{"person":{"name":"N2"}}}');
  assert.match(await run(), /"code":"OPERATION_(NOT_FOUND|RESOLUTION_FAILURE)"/);
});
