/** Types that one subgraph knows better than another: members of unions, implementations behind interface objects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('below a shared field each subgraph gives the members that it knows', async () => {
  const links = federation('@key', '@shareable');
  const create = (name: string, own: string) => {
    const items = [
      { __typename: 'Text', line: 'shared' },
      { __typename: own, [name]: { deep: `only in ${name}` }, title: name },
    ];
    return createSubgraph(
      name,
      `${links}
      type Query { ${name}Page: Page page: Page @shareable }
      type Page @key(fields: "id") { id: ID! body: Body @shareable ${name}Body: Body }
      type Body @shareable { items: [Item!]! }
      union Item = Text | ${own}
      type Text @shareable { line(length: Int): String }
      type ${own} { ${name}: Inner title: String }
      type Inner @shareable { deep: String }`,
      {
        Query: { [`${name}Page`]: () => ({ id: '1' }), page: () => ({ id: '1', items: items.slice(0, 1) }) },
        Page: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          body: (page: { items?: unknown }) => ({ items: page.items ?? items }),
          [`${name}Body`]: () => ({ items }),
        },
      },
    );
  };
  const gateway = createTestGateway([create('left', 'Leaf'), create('right', 'Root')]);
  const item =
    '{ items { kind: __typename ... on Text { l: line } ... on Leaf { t: title left { deep } } ... on Root { title r: right { deep } } } }';
  const text = { kind: 'Text', l: 'shared' };
  const leaf = { kind: 'Leaf', t: 'left', left: { deep: 'only in left' } };
  const root = { kind: 'Root', title: 'right', r: { deep: 'only in right' } };
  assert.deepEqual(
    await gateway.ask(`{ leftPage { body ${item} } rightPage { body ${item} } page { body ${item} } }`),
    {
      data: {
        leftPage: { body: { items: [text, leaf] } },
        rightPage: { body: { items: [text, root] } },
        page: { body: { items: [text] } },
      },
    },
  );
  assert.deepEqual((await gateway.ask(`{ leftPage { rightBody ${item} } }`)).data, {
    leftPage: { rightBody: { items: [text, root] } },
  });
});

/** Shows of two kinds; their stars are computed elsewhere, where nobody knows one kind from the other. */
function createShows() {
  const shows = [
    { __typename: 'Play', id: '1', title: 'P' },
    { __typename: 'Opera', id: '2', title: 'O' },
  ];
  const find = ({ id }: { id: string }) => shows.find((show) => show.id === id);
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    interface Show @key(fields: "id") { id: ID! title(x: Int): String }
    type Play implements Show @key(fields: "id") { id: ID! title(x: Int): String acts: Int }
    type Opera implements Show @key(fields: "id") { id: ID! title(x: Int): String }`,
    {
      Show: { __resolveReference: find, __resolveType: ({ __typename }: { __typename: string }) => __typename },
      Play: {
        acts: () => {
          throw new Error('No acts.');
        },
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@interfaceObject', '@external', '@requires')}
    type Query { shows: [Show!]! }
    type Show @interfaceObject @key(fields: "id") {
      id: ID! title(x: Int): String @external
      stars: String @requires(fields: "title(x: 1)") seats: Int broken: Int
    }`,
    {
      Query: { shows: () => [{ id: '1' }, { id: '2' }] },
      Show: {
        __resolveReference: (show: { id?: string }) => {
          if (show.id === undefined) throw new Error('A show without its key.');
          return show;
        },
        stars: ({ id, title }: { id: string; title: string }) => `${title}${id}`,
        seats: ({ id }: { id: string }) => Number(id) * 100,
        broken: () => {
          throw new Error('Broken.');
        },
      },
    },
  );
  return createTestGateway([a, b]);
}

test('one key may stand for other fields of other implementations', async () => {
  const { data, errors } = await createShows().ask(
    '{ shows { ... on Play { id: acts more: seats } ... on Opera { id: seats more: broken } } }',
  );
  assert.deepEqual(data, {
    shows: [
      { id: null, more: 100 },
      { id: 200, more: null },
    ],
  });
  assert.deepEqual(errors?.map(({ path }) => path?.join('.')).toSorted(), ['shows.0.id', 'shows.1.more']);
});

test('an interface object is not asked for what is wanted of another implementation, nor does its error count', async () => {
  const { data, errors } = await createShows().ask(
    '{ shows { id ... on Opera { stars broken number: id } ... on Play { seats } } }',
  );
  assert.deepEqual(data, {
    shows: [
      { id: '1', seats: 100 },
      { id: '2', stars: 'O2', broken: null, number: '2' },
    ],
  });
  assert.deepEqual(
    errors?.map(({ path }) => path?.join('.')),
    ['shows.1.broken'],
  );
});
