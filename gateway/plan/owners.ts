/** Which part of an answer each place of an operation belongs to: the one that is answered first, or a deferred fragment. */
import { type OperationDefinitionNode, type SelectionSetNode, Kind } from 'graphql';
import { deferLabel } from './defer.ts';

/** A deferred fragment by its label, or what is answered first. */
export type Part = string | null;

export interface Owners {
  /** The parts that select what stands at these response keys; none when nothing does. Fragments' types do not count. */
  at(keys: readonly string[]): ReadonlySet<Part>;
  /** All deferred parts with the part around each, which comes first. */
  readonly enclosing: ReadonlyMap<string, Part>;
  /** Whether a part is another one or stands inside it. */
  isWithin(part: Part, outer: Part): boolean;
}

/** Reads a labelled operation. */
export function readOwners(operation: OperationDefinitionNode): Owners {
  const places = new Map<string, Set<Part>>();
  const enclosing = new Map<string, Part>();
  const around = new Map<Part, ReadonlySet<Part>>([[null, new Set([null])]]);
  const walk = (set: SelectionSetNode, place: string, part: Part): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const below = `${place}/${(selection.alias ?? selection.name).value}`;
        places.set(below, (places.get(below) ?? new Set()).add(part));
        if (selection.selectionSet) walk(selection.selectionSet, below, part);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const label = deferLabel(selection);
        if (label !== null) {
          enclosing.set(label, part);
          around.set(label, new Set([label, ...(around.get(part) ?? [])]));
        }
        walk(selection.selectionSet, place, label ?? part);
      }
    }
  };
  walk(operation.selectionSet, '', null);
  return {
    at: (keys) => places.get(keys.map((key) => `/${key}`).join('')) ?? none,
    enclosing,
    isWithin: (part, outer) => around.get(part)?.has(outer) === true,
  };
}

const none: ReadonlySet<Part> = new Set();

/** The parts without those that stand inside another of them. */
export function firstOf(parts: Iterable<Part>, owners: Owners): readonly Part[] {
  const all = [...new Set(parts)];
  return all.filter((part) => !all.some((other) => other !== part && owners.isWithin(part, other)));
}
