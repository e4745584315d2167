/** `@skip` and `@include` on everything that takes them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

function createPosts() {
  const a = createSubgraph(
    'a',
    `${federation('@key')} type Query { posts: [Post!]! other: Int } type Post @key(fields: "id") { id: ID! title: String author: User } type User @key(fields: "id") { id: ID! }`,
    { Query: { posts: () => [{ id: '1', title: 'T', author: { id: 'u' } }], other: () => 1 } },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')} type Post @key(fields: "id") { id: ID! likes: Int } type User @key(fields: "id") { id: ID! name: String }`,
    {
      Post: { __resolveReference: ({ id }: { id: string }) => ({ id, likes: 3 }) },
      User: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'U' }) },
    },
  );
  return { gateway: createTestGateway([a, b]), a, b };
}

test('@skip and @include decide fields, fragments and spreads by their variables, call for call', async () => {
  const { gateway } = createPosts();
  const query = `query($yes: Boolean!, $no: Boolean = false) {
    posts @include(if: $yes) {
      likes @skip(if: $no) @include(if: $yes)
      ... on Post @skip(if: $yes) { title }
      ...F @include(if: $no)
      author @include(if: true) { ... @skip(if: $no) { name } }
    }
    other @skip(if: $yes)
  }
  fragment F on Post { id author { id @skip(if: $no) } }`;
  const name = { name: 'U' };
  assert.deepEqual((await gateway.ask(query, { variables: { yes: true } })).data, {
    posts: [{ likes: 3, author: name }],
  });
  assert.deepEqual((await gateway.ask(query, { variables: { yes: false } })).data, { other: 1 });
  assert.deepEqual((await gateway.ask(query, { variables: { yes: true, no: true } })).data, {
    posts: [{ id: '1', author: {} }],
  });
});

test('an operation of which nothing is left asks nobody', async () => {
  const { gateway, a, b } = createPosts();
  const answer = await gateway.ask('query($no: Boolean!) { posts @include(if: $no) { title } }', {
    variables: { no: false },
  });
  assert.deepEqual(answer, { data: {} });
  assert.deepEqual((await gateway.ask('{ posts { likes @skip(if: true) } }')).data, { posts: [{}] });
  assert.equal(b.requests.length, 0);
  assert.equal(a.requests.length, 1);
});
