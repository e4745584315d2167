/**
 * What is asked of every gateway. Each shape comes twice: (a) the caller has no identity, so a gateway may share
 * upstream calls between requests; (b) every request brings an `authorization` of its own that the subgraphs must
 * see, so nothing can be shared. The wide shape comes twice more: with leave to answer identical requests under way
 * at the same time once, and over one connection alone, for the time that an answer takes when nobody else asks.
 */
import { products } from './subgraphs/data.ts';

/** What the callers of a workload let a gateway share between requests under way at the same time. */
export type Sharing =
  /** Upstream calls, but each request is answered by itself: (a). */
  | 'calls'
  /** Nothing, for each caller has an identity that goes to the subgraphs: (b). */
  | 'nothing'
  /** Whole answers to identical requests. */
  | 'answers';

/** How much of the answer the rules leave to whoever asks. */
export type Seen = 'all' | 'parts';

export interface Workload {
  /** As `--workload` names it: `wide-a`. */
  readonly id: string;
  /** As the table names it: `wide (a)`. */
  readonly title: string;
  /** Request bodies, sent in turn. */
  readonly bodies: readonly string[];
  readonly sharing: Sharing;
  /** Headers of every request that are for the gateway alone. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Keep-alive connections. Default: as `--connections` says. */
  readonly connections?: number;
  /** How many times less CPU per request Weft has to use than each of these targets. */
  readonly bars: Readonly<Record<string, number>>;
  /** What Weft's median latency may come to. */
  readonly p50MsMax?: number;
  /** Weft is compared with itself: with rules on the operation, for a subject who sees this much, against without. */
  readonly rules?: RulesMeasured;
  /** Targets that have nothing to say here. */
  readonly without?: readonly string[];
}

export interface RulesMeasured {
  readonly seen: Seen;
  /** What share of its CPU per request they may add; `null`: it is told, not judged. */
  readonly costMax: number | null;
}

const smallBodyCount = 256;
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

const wideBodies = [JSON.stringify({ query: wide })];
const tinyBodies = [JSON.stringify({ query: tiny })];
const smallBodies = createSmallBodies();

export const workloads: readonly Workload[] = [
  { id: 'wide-a', title: 'wide (a)', bodies: wideBodies, sharing: 'calls', bars: { apollo: 36, hive: 8 } },
  { id: 'wide-b', title: 'wide (b)', bodies: wideBodies, sharing: 'nothing', bars: { apollo: 18 } },
  { id: 'small-a', title: 'small (a)', bodies: smallBodies, sharing: 'calls', bars: { apollo: 20 } },
  { id: 'small-b', title: 'small (b)', bodies: smallBodies, sharing: 'nothing', bars: { apollo: 16 } },
  { id: 'tiny-a', title: 'tiny (a)', bodies: tinyBodies, sharing: 'calls', bars: { apollo: 32 } },
  { id: 'tiny-b', title: 'tiny (b)', bodies: tinyBodies, sharing: 'nothing', bars: { apollo: 18 } },
  {
    id: 'wide-same',
    title: 'wide (same)',
    bodies: wideBodies,
    sharing: 'answers',
    bars: { apollo: 300 },
    without: ['floor'],
  },
  {
    id: 'wide-alone',
    title: 'wide (alone)',
    bodies: wideBodies,
    sharing: 'calls',
    connections: 1,
    bars: {},
    p50MsMax: 1.5,
  },
  {
    id: 'rules',
    title: 'wide (rules)',
    bodies: wideBodies,
    sharing: 'calls',
    bars: {},
    rules: { seen: 'all', costMax: 0.05 },
  },
  {
    id: 'parts',
    title: 'wide (parts)',
    bodies: wideBodies,
    sharing: 'calls',
    bars: {},
    rules: { seen: 'parts', costMax: null },
  },
];

/** The same random ids in every run: a linear congruential generator with the constants of Numerical Recipes. */
function createSmallBodies(): string[] {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * products.length);
  };
  return Array.from({ length: smallBodyCount }, () => {
    const upcs = new Set<string>();
    while (upcs.size < smallProducts) upcs.add(`p${next() + 1}`);
    return JSON.stringify({ query: small, variables: { upcs: [...upcs] } });
  });
}
