/**
 * What is asked of every gateway. Each shape comes twice: (a) the caller has no identity, so a gateway may share
 * upstream work between requests; (b) every request brings an `authorization` of its own that the subgraphs must
 * see, so nothing can be shared.
 */
import { products } from './subgraphs/data.ts';

export interface Workload {
  /** As `--workload` names it: `wide-a`. */
  readonly id: string;
  /** As the table names it: `wide (a)`. */
  readonly title: string;
  /** Request bodies, sent in turn. */
  readonly bodies: readonly string[];
  /** Every request carries an `authorization` of its own, which goes to the subgraphs. */
  readonly forwarded: boolean;
  /** How many times less CPU per request Weft has to use than Apollo; `undefined`: measured, not judged. */
  readonly bar: number | undefined;
}

interface Shape {
  readonly name: string;
  readonly bodies: readonly string[];
  readonly bars?: { readonly a?: number; readonly b?: number };
}

const smallBodies = 256;
const smallProducts = 10;

/** Nested over all four subgraphs: 16 subgraph requests when every fetch of the plan is sent; the answer has 88 kB. */
const wide = `query Wide {
  users {
    ...Person
    reviews { ...Opinion product { ...Article reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Article } } } } } }
  }
  topProducts(first: 10) { ...Article reviews { ...Opinion author { ...Person reviews { ...Opinion product { ...Article } } } } }
}
fragment Person on User { id username name }
fragment Opinion on Review { id body }
fragment Article on Product { inStock name price shippingEstimate upc weight }`;

/** Ten products of the catalogue with what the other three subgraphs know of them: 4 subgraph requests, 6 kB. */
const small = `query Small($upcs: [ID!]!) {
  products(upcs: $upcs) {
    upc name price weight inStock shippingEstimate
    reviews { id body author { id name username } }
  }
}`;

/** One field of one subgraph: 74 bytes. */
const tiny = '{ review(id: "r1") { body } }';

const shapes: readonly Shape[] = [
  { name: 'wide', bodies: [JSON.stringify({ query: wide })], bars: { a: 10 } },
  { name: 'small', bodies: createSmallBodies() },
  { name: 'tiny', bodies: [JSON.stringify({ query: tiny })] },
];

export const workloads: readonly Workload[] = shapes.flatMap(({ name, bodies, bars }) => [
  { id: `${name}-a`, title: `${name} (a)`, bodies, forwarded: false, bar: bars?.a },
  { id: `${name}-b`, title: `${name} (b)`, bodies, forwarded: true, bar: bars?.b },
]);

/** The same random ids in every run: a linear congruential generator with the constants of Numerical Recipes. */
function createSmallBodies(): string[] {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * products.length);
  };
  return Array.from({ length: smallBodies }, () => {
    const upcs = new Set<string>();
    while (upcs.size < smallProducts) upcs.add(`p${next() + 1}`);
    return JSON.stringify({ query: small, variables: { upcs: [...upcs] } });
  });
}
