/** A small mesh whose answers can be spliced: lists, nested lists, nulls, every kind of leaf, entities of three subgraphs. */
import { BytesResponse } from '../../../gateway/execute/answer.ts';
import type { Subgraph, SubgraphRequest, SubgraphResponse } from '../../../mesh/core/subgraph.ts';
import { type TestSubgraph, createSubgraph, federation } from '../../support/subgraph.ts';

const keys = federation('@key', '@external', '@requires', '@shareable');

const shops = ['s1', 's2', 's3'].map((id, index) => ({
  id,
  name: ['Bäcker "Ost"', 'plain', 'line\nbreak'][index],
  open: index !== 1,
  rank: index === 2 ? null : index - 1,
  share: index / 4,
  kind: index === 0 ? 'BAKERY' : 'CAFE',
  tags: index === 1 ? null : ['a', null, 'b'],
  extra: index === 0 ? { deep: [1, { x: '}' }] } : null,
  goods: index === 1 ? [] : ['g1', 'g2', index === 2 ? 'g1' : 'g3'].map((sku) => ({ sku })),
  best: index === 1 ? null : { sku: 'g2' },
}));

const shop = createSubgraph(
  'shop',
  `${keys}
  scalar Json
  enum Kind { BAKERY CAFE }
  type Query { shops: [Shop!]! shop(id: ID!): Shop first: Shop! }
  type Shop @key(fields: "id") {
    id: ID! name: String! open: Boolean! rank: Int share: Float! kind: Kind! tags: [String] extra: Json
    goods: [Good!]! best: Good
  }
  type Good @key(fields: "sku") { sku: ID! }`,
  {
    Query: {
      shops: () => shops,
      shop: (_: unknown, { id }: { id: string }) => shops.find((one) => one.id === id) ?? null,
      first: () => shops[0],
    },
    Shop: { __resolveReference: ({ id }: { id: string }) => shops.find((one) => one.id === id) },
    Good: { __resolveReference: ({ sku }: { sku: string }) => ({ sku }) },
  },
);

const good = createSubgraph(
  'good',
  `${keys}
  type Query { goods: [Good!]! }
  type Good @key(fields: "sku") { sku: ID! title: String! price: Int! maker: Shop similar: [Good!]! }
  type Shop @key(fields: "id", resolvable: false) { id: ID! }`,
  {
    Query: { goods: () => ['g1', 'g2', 'g3'].map((sku) => ({ sku })) },
    Good: {
      __resolveReference: ({ sku }: { sku: string }) => ({ sku }),
      title: ({ sku }: { sku: string }) => `Gut ${sku} für`,
      price: ({ sku }: { sku: string }) => Number(sku.slice(1)) * 100,
      maker: ({ sku }: { sku: string }) => (sku === 'g2' ? null : { id: sku === 'g1' ? 's1' : 's3' }),
      similar: ({ sku }: { sku: string }) => (sku === 'g3' ? [] : [{ sku: 'g3' }, { sku: 'g2' }]),
    },
  },
);

const stock = createSubgraph(
  'stock',
  `${keys}
  type Good @key(fields: "sku") { sku: ID! price: Int! @external inStock: Boolean! fee: Int! @requires(fields: "price") }`,
  {
    Good: {
      __resolveReference: (reference: { sku: string; price?: number }) => reference,
      inStock: ({ sku }: { sku: string }) => sku !== 'g2',
      fee: ({ price }: { price?: number }) => (price ?? 0) / 10,
    },
  },
);

export const meshSubgraphs: readonly TestSubgraph[] = [shop, good, stock];

export const meshQueries: readonly string[] = [
  '{ shops { id name open rank share kind tags extra } }',
  '{ shops { label: name goods { sku title inStock } best { title fee price } } first { name } }',
  '{ shops { goods { inStock title fee sku maker { name goods { title } } similar { fee title } } } goods { sku fee } }',
  'query ($id: ID! = "s3") { shop(id: $id) { __typename kind best { t: title __typename } goods { similar { sku price maker { id rank } } } } }',
  '{ none: shop(id: "none") { name best { title } } first { best { sku } } goods { title: sku sku: title } }',
  '{ goods { maker { name open } sku similar { similar { fee inStock } } } }',
];

export interface Watch {
  /** How many answers were read as objects. */
  readonly reads: number;
}

/** The subgraphs with answers changed on their way; `asBytes` says whether the gateway may see their bytes. */
export function changed(
  asBytes: boolean,
  change: (bytes: Buffer, request: SubgraphRequest, subgraph: string) => Buffer,
): { readonly subgraphs: readonly Subgraph[]; readonly watch: Watch } {
  const watch = { reads: 0 };
  const subgraphs = meshSubgraphs.map((subgraph) => ({
    ...subgraph,
    async fetch(request: SubgraphRequest): Promise<SubgraphResponse> {
      const { bytes } = await subgraph.fetch(request, new AbortController().signal);
      return watched(new BytesResponse(change(Buffer.from(bytes ?? []), request, subgraph.name), subgraph.name));
    },
  }));
  const watched = (response: BytesResponse): SubgraphResponse => ({
    ...(asBytes ? { bytes: response.bytes } : {}),
    get data() {
      watch.reads += 1;
      return response.data;
    },
    get errors() {
      return response.errors;
    },
    get plain() {
      return response.plain;
    },
    fresh: () => watched(response.fresh()),
  });
  return { subgraphs, watch };
}
