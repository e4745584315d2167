/** Connections to subgraphs that outlive a supergraph: one for each name and URL, kept while anybody holds a lease of it. */
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { HttpSubgraph } from './http.ts';

export interface SubgraphAddress {
  readonly name: string;
  readonly url: string;
}

export interface Leases {
  /** Leases all, or none when one cannot be had. The same name and URL give the same subgraph while it is leased. */
  take(addresses: readonly SubgraphAddress[]): Lease;
  /** Closes whatever is still leased. */
  close(): Promise<void>;
}

export interface Lease {
  /** By name. */
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** To be called once: what nobody else has leased is closed. */
  release(): void;
}

interface Leased {
  readonly subgraph: HttpSubgraph;
  holders: number;
}

/** `connect` makes the connection to a subgraph on its first lease; what it throws, `take` throws. */
export function createLeases(connect: (address: SubgraphAddress) => HttpSubgraph): Leases {
  const leased = new Map<string, Leased>();

  const takeOne = (address: SubgraphAddress): Leased => {
    const key = keyOf(address);
    const one = leased.get(key) ?? { subgraph: connect(address), holders: 0 };
    one.holders += 1;
    leased.set(key, one);
    return one;
  };
  const releaseOne = (address: SubgraphAddress): void => {
    const key = keyOf(address);
    const one = leased.get(key);
    if (one === undefined) return;
    one.holders -= 1;
    if (one.holders > 0) return;
    leased.delete(key);
    void one.subgraph.close();
  };

  return {
    take(addresses) {
      const taken: SubgraphAddress[] = [];
      const release = (): void => {
        for (const address of taken.splice(0)) releaseOne(address);
      };
      try {
        const subgraphs = addresses.map((address) => {
          const { subgraph } = takeOne(address);
          taken.push(address);
          return [address.name, subgraph] as const;
        });
        return { subgraphs: new Map(subgraphs), release };
      } catch (error) {
        release();
        throw error;
      }
    },
    async close() {
      const all = [...leased.values()];
      leased.clear();
      await Promise.all(all.map(({ subgraph }) => subgraph.close()));
    },
  };
}

function keyOf({ name, url }: SubgraphAddress): string {
  return JSON.stringify([name, url]);
}
