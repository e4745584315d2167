/** What a place reveals of others: as `@derivedFrom` declares it, and where it is given them to be worked out. */
import { type GraphQLSchema, isCompositeType } from 'graphql';
import type { Policy } from '../../mesh/policy/rules.ts';
import { rowsOf } from './aggregate.ts';
import { fieldCoordinates, givenTypes, typeCoordinates } from './owner.ts';

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
    const given = required.get(next) ?? [];
    for (const coordinate of [...revealedAt(next, { derivations }, schema), ...given]) {
      if (sources.has(coordinate)) continue;
      const [type = '', field = null] = coordinate.split('.');
      sources.set(coordinate, { type, field });
      pending.push(...(field === null ? typeCoordinates(type, schema) : fieldCoordinates(type, field, schema)));
    }
  }
  return [...sources.values()];
}

/** What a coordinate declares to reveal: a field that gives objects stands for these as well. */
export function revealedAt(
  coordinate: string,
  { derivations }: Pick<Policy, 'derivations'>,
  schema: GraphQLSchema,
): readonly string[] {
  const revealing = (derivations.get(coordinate) ?? []).filter(({ isMasking }) => !isMasking);
  return revealing.flatMap(({ coordinates }) =>
    coordinates.flatMap((source) => {
      const [type = '', field] = source.split('.');
      const given = field === undefined ? [] : givenTypes(type, field, schema).filter(isCompositeType);
      return [source, ...given.flatMap((one) => [one, ...rowsOf(one)]).map(({ name }) => name)];
    }),
  );
}

const nothing: ReadonlyMap<string, readonly string[]> = new Map();
