/** Two subgraphs to defer between: `goods` has products and who makes them, `talk` what people say of them. */
import { type TestSubgraph, createSubgraph, federation } from '../../support/subgraph.ts';
import { type Ask, type TestGateway, type TestGatewayOptions, createTestGateway } from '../../support/gateway.ts';
import type { Payload } from './merge.ts';

export interface Shop {
  readonly gateway: TestGateway;
  readonly goods: TestSubgraph;
  readonly talk: TestSubgraph;
  /** All payloads of an operation. */
  defer(query: string, ask?: Ask): Promise<readonly Payload[]>;
}

const products = [
  { id: '1', name: 'Axe', size: { width: 1, height: 2 }, maker: { id: 'm' } },
  { id: '2', name: 'Bow', size: { width: 3, height: 4 }, maker: { id: 'm' } },
];

export function createShop(options?: TestGatewayOptions): Shop {
  const goods = createSubgraph(
    'goods',
    `${federation('@key', '@requiresScopes')}
    type Query { products: [Product!]! product(id: ID!): Product }
    type Mutation { rename(id: ID!, name: String!): Product }
    type Product @key(fields: "id") {
      id: ID! name: String! size: Size maker: Maker price: Int @requiresScopes(scopes: [["prices"]]) secret: Int
    }
    type Size { width: Int height: Int }
    type Maker @key(fields: "id") { id: ID! name: String }`,
    {
      Query: { products: () => products, product: (_: unknown, { id }: { id: string }) => productOf(id) },
      Mutation: {
        rename: (_: unknown, { id, name }: { id: string; name: string }) => ({ ...productOf(id), name }),
      },
      Product: {
        __resolveReference: ({ id }: { id: string }) => productOf(id),
        price: () => 7,
        secret: () => {
          throw new Error('No secret.');
        },
      },
      Maker: { __resolveReference: ({ id }: { id: string }) => ({ id }), name: () => 'Smith' },
    },
  );
  const talk = createSubgraph(
    'talk',
    `${federation('@key', '@external', '@requires')}
    type Query { topic: String }
    type Subscription { said: Review }
    type Product @key(fields: "id") {
      id: ID! reviews: [Review!]! rating: Int! title: String @requires(fields: "name") name: String! @external
    }
    type Review { text: String by: Maker }
    type Maker @key(fields: "id") { id: ID! age: Int }`,
    {
      Query: { topic: () => 'Tools' },
      Subscription: {
        said: {
          async *subscribe() {
            yield { said: { text: 'Hm', by: { id: 'x' } } };
          },
        },
      },
      Product: {
        __resolveReference: (reference: unknown) => reference,
        reviews: ({ id }: { id: string }) => [{ text: `On ${id}`, by: { id: 'x' } }],
        rating: ({ id }: { id: string }) => {
          if (id === '1') throw new Error('Not rated.');
          return 5;
        },
        title: ({ name }: { name: string }) => `The ${name}`,
      },
      Maker: { __resolveReference: ({ id }: { id: string }) => ({ id }), age: () => 40 },
    },
  );
  const gateway = createTestGateway([goods, talk], options);
  return {
    gateway,
    goods,
    talk,
    async defer(query, ask) {
      return (await Array.fromAsync(gateway.follow(query, new AbortController().signal, ask))) as Payload[];
    },
  };
}

function productOf(id: string) {
  return products.find((product) => product.id === id);
}
