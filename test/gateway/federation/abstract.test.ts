/** Interfaces and unions whose types lie in several subgraphs, and interfaces that are entities. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

function createMedia(resolvable = true) {
  const media = [
    { __typename: 'Book', id: '1', title: 'B', pages: 9 },
    { __typename: 'Film', id: '2', title: 'F', minutes: 90 },
  ];
  const library = createSubgraph(
    'library',
    `${federation('@key')}
    type Query { media: [Media!]! }
    interface Media @key(fields: "id") { id: ID! title: String! }
    type Book implements Media @key(fields: "id") { id: ID! title: String! pages: Int }
    type Film implements Media @key(fields: "id") { id: ID! title: String! minutes: Int }`,
    {
      Query: { media: () => media },
      Media: {
        __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id),
        __resolveType: ({ __typename }: { __typename: string }) => __typename,
      },
      Book: { __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id) },
      Film: { __resolveReference: ({ id }: { id: string }) => media.find((one) => one.id === id) },
    },
  );
  const reviews = createSubgraph(
    'reviews',
    `${federation('@key', '@interfaceObject')}
    type Query { reviews: [Review!]! best: Media }
    type Review { stars: Int! media: Media! }
    type Media @interfaceObject @key(fields: "id"${resolvable ? '' : ', resolvable: false'}) { id: ID!${resolvable ? ' reviews: [Review!]! rank(by: Int): Int' : ''} }`,
    {
      Query: {
        reviews: () => [
          { stars: 5, media: { id: '1' } },
          { stars: 1, media: { id: '2' } },
        ],
        best: () => ({ id: '2' }),
      },
      ...(resolvable
        ? {
            Media: {
              __resolveReference: ({ id }: { id: string }) => ({ id }),
              reviews: ({ id }: { id: string }) => [{ stars: Number(id), media: { id } }],
              rank: ({ id }: { id: string }, { by }: { by?: number }) => Number(id) * (by ?? 1),
            },
          }
        : {}),
    },
  );
  return createTestGateway([library, reviews]);
}

test('an @interfaceObject adds fields to every implementation', async () => {
  const { data, errors } = await createMedia().ask(
    '{ media { __typename title rank reviews { stars media { title } } ... on Book { pages r: rank(by: 7) } } }',
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    media: [
      { __typename: 'Book', title: 'B', rank: 1, reviews: [{ stars: 1, media: { title: 'B' } }], pages: 9, r: 7 },
      { __typename: 'Film', title: 'F', rank: 2, reviews: [{ stars: 2, media: { title: 'F' } }] },
    ],
  });
});

test('what an @interfaceObject gives has the type that the interface says', async () => {
  for (const resolvable of [true, false]) {
    const gateway = createMedia(resolvable);
    const { data, errors } = await gateway.ask(
      '{ reviews { stars media { __typename id ... on Film { minutes } ... on Book { pages } } } best { title __typename } }',
    );
    assert.equal(errors, undefined);
    assert.deepEqual(data, {
      reviews: [
        { stars: 5, media: { __typename: 'Book', id: '1', pages: 9 } },
        { stars: 1, media: { __typename: 'Film', id: '2', minutes: 90 } },
      ],
      best: { title: 'F', __typename: 'Film' },
    });
    assert.deepEqual((await gateway.ask('{ best { id } }')).data, { best: { id: '2' } });
    assert.deepEqual((await gateway.ask('{ best { ... on Film { id } ... on Book { pages } } }')).data, {
      best: { id: '2' },
    });
    assert.deepEqual((await gateway.ask('{ best { kind: __typename } }')).data, { best: { kind: 'Film' } });
  }
});

test('an @interfaceObject answers from behind itself', async () => {
  const { data, errors } = await createMedia().ask(
    '{ best { rank title reviews { media { __typename rank } } ... on Film { rank minutes } } }',
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    best: { rank: 2, title: 'F', reviews: [{ media: { __typename: 'Film', rank: 2 } }], minutes: 90 },
  });
});

test('a union has members that only some subgraphs know', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@shareable')}
    type Query { hits: [Hit] }
    union Hit = Page | Image
    type Page @key(fields: "id") { id: ID! text: String }
    type Image @shareable { url: String }`,
    {
      Query: { hits: () => [{ __typename: 'Page', id: '1', text: 'T' }, { __typename: 'Image', url: 'u' }, null] },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@shareable')}
    type Query { more: [Hit] }
    union Hit = Page | Sound
    type Page @key(fields: "id") { id: ID! views: Int related: [Hit] }
    type Sound { seconds: Int }
    type Image @shareable { url: String }`,
    {
      Query: {
        more: () => [
          { __typename: 'Sound', seconds: 3 },
          { __typename: 'Page', id: '2' },
        ],
      },
      Page: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        views: ({ id }: { id: string }) => Number(id) * 100,
        related: () => [{ __typename: 'Sound', seconds: 4 }],
      },
    },
  );
  const fragments =
    '... on Page { id views related { __typename ... on Sound { seconds } } } ... on Image { url } ... on Sound { seconds }';
  const { data, errors } = await createTestGateway([a, b]).ask(
    `{ hits { __typename ${fragments} } more { ${fragments} } }`,
  );
  assert.equal(errors, undefined);
  const related = [{ __typename: 'Sound', seconds: 4 }];
  assert.deepEqual(data, {
    hits: [{ __typename: 'Page', id: '1', views: 100, related }, { __typename: 'Image', url: 'u' }, null],
    more: [{ seconds: 3 }, { id: '2', views: 200, related }],
  });
});

test('fields of one name and different types stand beside each other behind an interface', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    type Query { nodes: [Node!]! }
    interface Node { id: ID! }
    type A implements Node @key(fields: "id") { id: ID! value: Int child: A }
    type B implements Node @key(fields: "id") { id: ID! value: String! child: [B!] }`,
    {
      Query: {
        nodes: () => [
          { __typename: 'A', id: '1', value: 1, child: { id: '3' } },
          { __typename: 'B', id: '2', value: 'two', child: [{ id: '4', value: 'four' }] },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')}
    interface Node { id: ID! extra: Int }
    type A implements Node @key(fields: "id") { id: ID! extra: Int }
    type B implements Node @key(fields: "id") { id: ID! extra: Int }`,
    {
      A: { __resolveReference: ({ id }: { id: string }) => ({ id, extra: Number(id) }) },
      B: { __resolveReference: ({ id }: { id: string }) => ({ id, extra: Number(id) * 10 }) },
    },
  );
  const { data, errors } = await createTestGateway([a, b]).ask(
    '{ nodes { ... on A { a: value kin: child { id extra } } ... on B { b: value kids: child { extra } } extra } }',
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    nodes: [
      { a: 1, kin: { id: '3', extra: 3 }, extra: 1 },
      { b: 'two', kids: [{ extra: 40 }], extra: 20 },
    ],
  });
});
