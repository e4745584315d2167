/** The four subgraphs as executable schemas: their SDL beside this file and resolvers over `data.ts`. */
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type GraphQLSchema } from 'graphql';
import { products, reviews, users, type Product, type Review, type User } from './data.ts';

/** Each subgraph's name and port; the supergraph's routing URLs are made of both. */
export const subgraphPorts = { accounts: 4611, inventory: 4612, products: 4613, reviews: 4614 } as const;

export type SubgraphName = keyof typeof subgraphPorts;

export const subgraphNames = Object.keys(subgraphPorts) as readonly SubgraphName[];

/** How many of a user's reviews `User.reviews` gives: what keeps the wide answer at its size. */
const reviewsPerUser = 4;

const usersById = new Map(users.map((user) => [user.id, user]));
const productsByUpc = new Map(products.map((product) => [product.upc, product]));
const reviewsById = new Map(reviews.map((review) => [review.id, review]));
const reviewsByProduct = Map.groupBy(reviews, (review) => review.product);
const reviewsByAuthor = Map.groupBy(reviews, (review) => review.author);

interface First {
  readonly first: number;
}
interface Id {
  readonly id: string;
}
interface Upc {
  readonly upc: string;
}
interface Representation extends Id, Upc {
  readonly __typename: string;
}

const resolvers = {
  accounts: {
    Query: {
      me: () => users[0],
      user: (_: unknown, { id }: Id) => usersById.get(id),
      users: () => users,
    },
  },
  inventory: {
    Query: { warehouses: () => ['north', 'south'] },
    Product: {
      inStock: ({ upc }: Upc) => productsByUpc.get(upc)?.inStock,
      shippingEstimate: ({ price, weight }: Product) => (price > 1_500 ? 0 : Math.round(weight / 2)),
    },
  },
  products: {
    Query: {
      product: (_: unknown, { upc }: Upc) => productsByUpc.get(upc),
      products: (_: unknown, { upcs }: { upcs: readonly string[] }) => upcs.map((upc) => productsByUpc.get(upc)),
      topProducts: (_: unknown, { first }: First) => products.slice(0, first),
    },
  },
  reviews: {
    Query: {
      review: (_: unknown, { id }: Id) => reviewsById.get(id),
      latestReviews: (_: unknown, { first }: First) => reviews.slice(-first),
    },
    Review: {
      author: ({ author }: Review) => ({ id: author }),
      product: ({ product }: Review) => ({ upc: product }),
    },
    User: { reviews: ({ id }: User) => (reviewsByAuthor.get(id) ?? []).slice(0, reviewsPerUser) },
    Product: { reviews: ({ upc }: Product) => reviewsByProduct.get(upc) ?? [] },
  },
};

/** What a representation says of an entity, with what its subgraph knows of it. */
const references: Record<SubgraphName, (representation: Representation) => object> = {
  accounts: ({ id }) => ({ ...usersById.get(id) }),
  inventory: (representation) => representation,
  products: ({ upc }) => ({ ...productsByUpc.get(upc) }),
  reviews: (representation) => ({ ...reviewsById.get(representation.id), ...representation }),
};

/** A subgraph's SDL as its owner would publish it. */
export function readSdl(name: SubgraphName): string {
  return readFileSync(new URL(`${name}.graphql`, import.meta.url), 'utf8');
}

/** A subgraph's executable schema, `_entities` and `_service` included; every resolver answers at once. */
export function createSchema(name: SubgraphName): GraphQLSchema {
  const schema = buildSubgraphSchema({ typeDefs: parse(readSdl(name)), resolvers: resolvers[name] });
  const entities = schema.getQueryType()?.getFields()['_entities'];
  if (entities === undefined) throw new Error(`Cannot serve subgraph "${name}": its SDL has no entity.`);
  // The library's own resolver answers in a promise, which would cost more than the lookup.
  entities.resolve = (_, { representations }: { representations: readonly Representation[] }) =>
    representations.map((one) => ({ ...references[name](one), __typename: one.__typename }));
  return schema;
}
