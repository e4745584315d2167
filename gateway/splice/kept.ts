/**
 * Which objects exist for a subject, by what the texts say of what row conditions read. It is worked out once for each
 * combination of texts, by the same test as the general way's.
 */
import { limits } from '../../mesh/core/limits.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { CoverOptions } from '../execute/cover.ts';
import { type IsHidden, createRowTest } from '../policy/row-test.ts';
import { isRowKey } from '../policy/rows.ts';
import { type Place, providersOf } from './layout.ts';
import { readText } from './masked.ts';
import { ownText } from './recall.ts';
import { type LeafColumn, Unspliceable } from './table.ts';

/** The objects of one place: their type, and the columns that conditions read of them. */
export interface Filtered {
  readonly type: string;
  readonly columns: readonly { readonly from: number; readonly column: LeafColumn }[];
}

/** The filter of a place; `null` when all its objects exist for everybody who shares the operation. */
export function filteredAt(place: Place, filtersOf: CoverOptions['filtersOf'] | null): Filtered | null {
  if (filtersOf === null) return null;
  const keys = new Set(place.providers.flatMap(({ table }) => table.columns.map(({ key }) => key)).filter(isRowKey));
  // Of edges only the nodes are asked for.
  if (keys.size === 0 && filtersOf(place.type).length === 0) return null;
  const columns = Array.from(keys, (key) => {
    const [found, ...others] = providersOf(place, key);
    if (found === undefined || found.column.kind !== 'leaf' || others.length > 0)
      throw new Unspliceable('What a condition reads comes from more than one answer.');
    return { from: place.providers.indexOf(found.provider), column: found.column };
  });
  return { type: place.type, columns };
}

/** Whether the object exists of which a place's texts say this, a line for each column. */
export type Keeps = (texts: string) => boolean;

/** For what the rules say of a subject: whether objects exist, by filtered place. */
export type KeptFor = (verdicts: Verdicts) => readonly Keeps[];

/** Compiles the tests of an operation's filtered places. */
export function compileKept(places: readonly Filtered[], options: Omit<CoverOptions, 'shape'> | null): KeptFor {
  if (options === null || places.length === 0) return () => [];
  const test = createRowTest(options);
  const known = new WeakMap<Verdicts, readonly Keeps[]>();
  return (verdicts) => {
    let kept = known.get(verdicts);
    if (kept === undefined) {
      kept = places.map((place) => keepsFor(place, () => test({ verdicts, trustsNulls: true })));
      known.set(verdicts, kept);
    }
    return kept;
  };
}

/** No JSON text holds a line break. */
function keepsFor({ type, columns }: Filtered, test: () => IsHidden): Keeps {
  const known = new Map<string, boolean>();
  return (texts) => {
    let isKept = known.get(texts);
    if (isKept !== undefined) return isKept;
    const values = columns.length === 0 ? [] : texts.split('\n').map(readText);
    const object = Object.fromEntries(columns.map(({ column }, index) => [column.key, values[index]]));
    // Each test remembers the objects that it is asked about: this one is asked about no other.
    isKept = !test()(type, object);
    if (known.size >= limits.spliceRowTextsMax) known.clear();
    known.set(ownText(texts), isKept);
    return isKept;
  };
}
