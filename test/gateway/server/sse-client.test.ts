/** The protocol "GraphQL over SSE" in its mode of distinct connections, spoken by the client of `graphql-sse`. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Client, createClient } from 'graphql-sse';
import { startTiny } from './tiny.ts';

async function open(context: TestContext): Promise<Client> {
  const { url } = await startTiny(context);
  const client = createClient({ url: `${url}/graphql`, singleConnection: false, retryAttempts: 0 });
  context.after(() => client.dispose());
  return client;
}

test('a subscription brings its results and ends', async (context) => {
  const client = await open(context);
  const results = await Array.fromAsync(client.iterate({ query: 'subscription { count(to: 3) }' }));
  assert.deepEqual(
    results.map(({ data }) => data),
    [{ count: 1 }, { count: 2 }, { count: 3 }],
  );
});

test('a query brings one result, a refused operation its errors', async (context) => {
  const client = await open(context);
  const [result, ...more] = await Array.fromAsync(client.iterate({ query: '{ hello }' }));
  assert.deepEqual([result?.data, more], [{ hello: 'hello you' }, []]);
  const [refused] = await Array.fromAsync(client.iterate({ query: '{ nothing }' }));
  assert.match(refused?.errors?.[0]?.message ?? '', /Cannot query field "nothing"/);
});

test('several operations at a time each have a connection of their own; one that is left ends alone', async (context) => {
  const client = await open(context);
  const left = client.iterate({ query: 'subscription { count(to: 1000000) }' });
  assert.deepEqual((await left.next()).value?.data, { count: 1 });
  const other = Array.fromAsync(client.iterate({ query: 'subscription { count(to: 2) }' }));
  await left.return?.();
  assert.equal((await other).length, 2);
});
