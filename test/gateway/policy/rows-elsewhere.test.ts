/** Row conditions where it takes another domain to tell what an object is, or what no client sees of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

interface Reference {
  readonly id: string;
}

const media = [
  { __typename: 'Book', id: '1', title: 'one', owner: 'us', tenant: 'us' },
  { __typename: 'Film', id: '2', title: 'canary', owner: 'them', tenant: 'them' },
  { __typename: 'Film', id: '3', title: 'three', owner: 'us', tenant: 'us' },
];
const findMedia = { __resolveReference: ({ id }: Reference) => media.find((one) => one.id === id) };

const catalog = createSubgraph(
  'catalog',
  `${federation('@key', '@inaccessible')}
  type Query { media: [Media] }
  interface Media @key(fields: "id") { id: ID! title: String }
  type Book implements Media @key(fields: "id") { id: ID! title: String owner: String tenant: String @inaccessible }
  type Film implements Media @key(fields: "id") { id: ID! title: String owner: String tenant: String @inaccessible }`,
  {
    Query: { media: () => media },
    Media: { __resolveType: ({ __typename }: { readonly __typename: string }) => __typename, ...findMedia },
    Book: findMedia,
    Film: findMedia,
  },
);
/** It knows nothing of books and films. */
const reviews = createSubgraph(
  'reviews',
  `${federation('@key', '@interfaceObject')}
  type Query { top: [Media] one: Media }
  type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }`,
  {
    Query: { top: () => ['1', '2', '3'].map((id) => ({ id })), one: () => ({ id: '2' }) },
    Media: { __resolveReference: ({ id }: Reference) => ({ id }), stars: ({ id }: Reference) => Number(id) * 10 },
  },
);

const conditions: Readonly<Record<string, RulesByCoordinate>> = {
  'a type behind an interface object': { Film: `@weft__rows(where: "object.owner == 'us'")` },
  'an interface object itself': { Media: '@weft__rows(where: "object.id != \'2\'")' },
  'what no client sees': { Film: `@weft__rows(where: "object.tenant == 'us'")` },
};

for (const [what, rules] of Object.entries(conditions)) {
  test(`rows are filtered by ${what}`, async () => {
    const gateway = createTestGateway([catalog, reviews], { supergraph: composeRuled([catalog, reviews], rules) });
    const { data, errors } = await gateway.ask(
      '{ top { stars } ids: top { id } types: top { __typename } one { stars } media { title stars } films: media { ... on Film { title } } }',
    );
    assert.equal(errors, undefined);
    assert.deepEqual(data, {
      top: [{ stars: 10 }, { stars: 30 }],
      ids: [{ id: '1' }, { id: '3' }],
      types: [{ __typename: 'Book' }, { __typename: 'Film' }],
      one: null,
      media: [
        { title: 'one', stars: 10 },
        { title: 'three', stars: 30 },
      ],
      films: [{}, { title: 'three' }],
    });
  });
}

test('a mask of one type binds its objects also where an interface object gives them', async () => {
  const supergraph = composeRuled([catalog, reviews], { 'Film.title': '@weft__mask(with: FIRST1)' });
  const gateway = createTestGateway([catalog, reviews], { supergraph });
  const { data } = await gateway.ask('{ top { title } }');
  assert.deepEqual(data, { top: [{ title: 'one' }, { title: 'c***' }, { title: 't***' }] });
});

test('the supergraph that clients see does not show what conditions read', async () => {
  const rules = { Film: `@weft__rows(where: "object.tenant == 'us'")` };
  const gateway = createTestGateway([catalog, reviews], { supergraph: composeRuled([catalog, reviews], rules) });
  assert.equal(gateway.schema.getType('Film')?.toString(), 'Film');
  const { errors } = await gateway.ask('{ media { ... on Film { tenant } } }');
  assert.equal(errors?.[0]?.extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});
