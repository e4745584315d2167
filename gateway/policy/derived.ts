/** What a place reveals of others: as `@derivedFrom` declares it, and where it is given them to be worked out. */
import type { GraphQLSchema } from 'graphql';
import type { Policy } from '../../mesh/policy/rules.ts';
import { fieldCoordinates, typeCoordinates } from './owner.ts';

/** A source: a field, or with `field: null` the objects of a type. */
export interface Source {
  readonly type: string;
  readonly field: string | null;
}

/** All that coordinates are derived from, also by way of others, but for what masks its sources. */
export function sourcesOf(
  coordinates: readonly string[],
  { derivations, required = nothing }: Pick<Policy, 'derivations' | 'required'>,
  schema: GraphQLSchema,
): readonly Source[] {
  if (derivations.size === 0 && required.size === 0) return [];
  const sources = new Map<string, Source>();
  const pending = [...coordinates];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const revealing = (derivations.get(next) ?? []).filter(({ isMasking }) => !isMasking);
    const given = required.get(next) ?? [];
    for (const coordinate of [...revealing.flatMap((derivation) => derivation.coordinates), ...given]) {
      if (sources.has(coordinate)) continue;
      const [type = '', field = null] = coordinate.split('.');
      sources.set(coordinate, { type, field });
      pending.push(...(field === null ? typeCoordinates(type, schema) : fieldCoordinates(type, field, schema)));
    }
  }
  return [...sources.values()];
}

const nothing: ReadonlyMap<string, readonly string[]> = new Map();
