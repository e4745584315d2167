/**
 * Lays an operation out: which table of which subgraph's answer each field of the client's answer is in, and by what the
 * rows of one table are joined to those of another. Everything here is known before the first request.
 */
import type { CompiledGroup, CompiledPart, EntitiesPart } from '../execute/compile.ts';
import type { ObjectShape } from '../execute/shape.ts';
import type { PathStep, RequiredSelection } from '../plan/plan.ts';
import {
  type Column,
  type LeafColumn,
  type Slot,
  type Table,
  Unspliceable,
  addSlot,
  addTable,
  concreteType,
  fieldsOf,
  objectsIn,
} from './table.ts';

/** Objects of the client's answer that stand at one place. */
export interface Place {
  readonly shape: ObjectShape;
  readonly type: string;
  /** Where their fields are: the table that the objects themselves stand in first. */
  readonly providers: Provider[];
  readonly children: Map<string, Place>;
}

export interface Provider {
  readonly table: Table;
  /** How its row is found: the only one there is, the row at hand, or the one that a lookup gave for it. */
  readonly by: 'root' | 'host' | Join;
}

/** The rows of a table joined to the entities that were looked up for them. */
export interface Join {
  /** Position among the joins of the operation. */
  readonly id: number;
  readonly key: RowKey;
}

/** What rows of a table are told apart by: some of their leaves. Equal rows bear the same number. */
export interface RowKey {
  /** Position among the keys of the operation. */
  readonly id: number;
  readonly table: Table;
  readonly columns: readonly LeafColumn[];
  /** The number in the row. */
  readonly slot: Slot;
}

export interface PartLayout {
  readonly tables: readonly Table[];
  /** For a lookup: the places that entities are looked up for. */
  readonly lookups: readonly LookupLayout[];
}

export interface LookupLayout {
  readonly join: Join;
  /** What a representation is made of, in its order. */
  readonly fields: readonly RepresentedField[];
}

/** A member of a representation: a constant, or a leaf. */
export type RepresentedField =
  | { readonly key: string; readonly constant: string }
  | { readonly key: string; readonly provider: Provider; readonly column: LeafColumn };

export interface Layout {
  readonly root: Place;
  readonly tables: readonly Table[];
  /** By group, then by part. */
  readonly parts: readonly (readonly PartLayout[])[];
  readonly joinCount: number;
}

interface Laying {
  readonly root: Place;
  readonly tables: Table[];
  readonly keys: RowKey[];
  joinCount: number;
  partCount: number;
}

/** The layout of a query's groups, each of which comes after those it depends on. Throws `Unspliceable`. */
export function layOut(groups: readonly CompiledGroup[], shape: ObjectShape): Layout {
  const root: Place = { shape, type: concreteType(shape), providers: [], children: new Map() };
  const laying: Laying = { root, tables: [], keys: [], joinCount: 0, partCount: 0 };
  const parts = groups.map((group) => group.parts.map((part) => layOutPart(part, laying)));
  return { root, tables: laying.tables, parts, joinCount: laying.joinCount };
}

function layOutPart(part: CompiledPart, laying: Laying): PartLayout {
  if (part.isRewritten) throw new Unspliceable('A fetch is rewritten.');
  const from = laying.tables.length;
  const { root } = laying;
  const number = laying.partCount++;
  if (part.kind === 'root') {
    if (part.collect !== null) throw new Unspliceable('The operation is planned in parts.');
    const source = { type: root.type, selections: part.selections, shapes: [root.shape] };
    provide(root, { table: addTable(source, number, laying.tables), by: 'root' });
    return { tables: laying.tables.slice(from), lookups: [] };
  }
  if (part.collectByContext !== null) throw new Unspliceable('Arguments come from a context.');
  return layOutEntities(part, number, laying);
}

function layOutEntities(part: EntitiesPart, number: number, laying: Laying): PartLayout {
  const places = part.places.map(({ path }) => placeAt(path, laying.root));
  const type = places[0]?.type ?? '';
  if (places.some((place) => place.type !== type)) throw new Unspliceable('Entities of several types are looked up.');
  const from = laying.tables.length;
  const shapes = places.map((place) => place.shape);
  // What is represented is there before the lookup's own table.
  const required = places.map((place) => representedFields(place, part.requires));
  const table = addTable({ type, selections: part.selections, shapes }, number, laying.tables);
  const lookups = places.map((place, index): LookupLayout => {
    const fields = required[index] ?? [];
    const join = { id: laying.joinCount++, key: keyOf(place, fields, laying) };
    provide(place, { table, by: join });
    return { join, fields };
  });
  assertAllRows(lookups, laying);
  return { tables: laying.tables.slice(from), lookups };
}

/** Entities are looked up for whole tables: for one that stands at several places, at all of them or not at all. */
function assertAllRows(lookups: readonly LookupLayout[], { root }: Laying): void {
  for (const { join } of lookups) {
    const standing = placesIn(root).filter(({ providers }) => providers[0]?.table === join.key.table);
    const joined = lookups.filter((other) => other.join.key.table === join.key.table);
    if (standing.length !== joined.length) throw new Unspliceable('A table is looked up at some of its places only.');
  }
}

function placesIn(place: Place): readonly Place[] {
  return [place, ...[...place.children.values()].flatMap(placesIn)];
}

/** The place that a plan's path leads to. */
function placeAt(path: readonly PathStep[], root: Place): Place {
  let place = root;
  for (const step of path) {
    if (step.kind === 'field') place = childAt(place, step.key);
    if (step.types && !step.types.includes(place.type)) throw new Unspliceable('A path leads to other types only.');
  }
  return place;
}

/** Adds what gives some of a place's fields, and the places that stand behind these. */
function provide(place: Place, provider: Provider): void {
  place.providers.push(provider);
  for (const { key, kind } of provider.table.columns) if (kind === 'object' || kind === 'list') openChild(place, key);
}

/** The objects behind a field of a place. */
export function childAt(place: Place, key: string): Place {
  const child = place.children.get(key);
  if (child === undefined) throw new Unspliceable('A path leads where nothing stands.');
  return child;
}

function openChild(place: Place, key: string): void {
  const field = fieldsOf(place.shape, place.type).find(({ inner, from }) => inner === key && from === 'result');
  // It is asked for at another place of the same table.
  if (field === undefined) return;
  const found = providersOf(place, key);
  const [column] = found.map((one) => one.column);
  if (found.length !== 1 || column === undefined || !('table' in column))
    throw new Unspliceable('Objects come from more than one answer.');
  const { object } = objectsIn(field.value);
  const child: Place = { shape: object, type: concreteType(object), providers: [], children: new Map() };
  place.children.set(key, child);
  provide(child, { table: column.table, by: 'host' });
}

export interface Provided {
  readonly provider: Provider;
  readonly column: Column;
}

/** All that give a key of a place's objects. */
export function providersOf(place: Place, key: string): readonly Provided[] {
  return place.providers.flatMap((provider) => {
    const column = provider.table.columns.find((candidate) => candidate.key === key);
    return column === undefined ? [] : [{ provider, column }];
  });
}

function representedFields(place: Place, requires: readonly RequiredSelection[]): readonly RepresentedField[] {
  const fields = new Map<string, RepresentedField>();
  const add = (selections: readonly RequiredSelection[]): void => {
    for (const selection of selections) {
      if (selection.kind === 'field') fields.set(selection.key, representedField(place, selection));
      else if ((selection.type ?? place.type) === place.type) add(selection.selections);
      else throw new Unspliceable('What is required depends on the type of an object.');
    }
  };
  add(requires);
  return [...fields.values()];
}

type RequiredField = Extract<RequiredSelection, { kind: 'field' }>;

function representedField(place: Place, { key, name = key, selections }: RequiredField): RepresentedField {
  if (key === '__typename') return { key, constant: JSON.stringify(place.type) };
  const [provided] = providersOf(place, key);
  if (selections !== undefined || provided?.column.kind !== 'leaf' || provided.provider.by === 'root')
    throw new Unspliceable('What is required is no leaf of the object.');
  return { key: name, provider: provided.provider, column: provided.column };
}

/** What tells apart the rows that these fields are read from: the row's own, and what its joins are made by. */
function keyOf(place: Place, fields: readonly RepresentedField[], { keys }: Laying): RowKey {
  const table = place.providers[0]?.table;
  const columns = new Set<LeafColumn>();
  for (const field of fields) {
    if ('constant' in field) continue;
    if (field.provider.by === 'host') columns.add(field.column);
    else if (field.provider.by !== 'root') for (const column of field.provider.by.key.columns) columns.add(column);
  }
  if (table === undefined || columns.size === 0) throw new Unspliceable('Nothing tells entities apart.');
  const sorted = [...columns].toSorted((a, b) => a.index - b.index);
  const known = keys.find(
    (key) => key.table === table && String(key.columns.map(indexOf)) === String(sorted.map(indexOf)),
  );
  if (known) return known;
  const key: RowKey = { id: keys.length, table, columns: sorted, slot: addSlot(table) };
  keys.push(key);
  return key;
}

function indexOf({ index }: LeafColumn): number {
  return index;
}
