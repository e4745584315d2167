/**
 * How the text of a subgraph's answer is laid out: a tree of tables, one for each place where objects stand, their
 * columns in the order in which the operation asks for them. An operation that leaves anything open (a type that the
 * data decides, two selections of one key) has no such layout and is executed the general way.
 */
import { type SelectionNode, Kind } from 'graphql';
import type { FieldShape, NullableShape, ObjectShape, ShapeValue } from '../execute/shape.ts';
import { isRowKey } from '../policy/rows.ts';
import {
  type Step,
  stepAny,
  stepBoolean,
  stepEnum,
  stepFloat,
  stepInt,
  stepItems,
  stepNull,
  stepString,
} from './value.ts';

/** Objects at one place of an answer; a row of numbers for each, in the order of the text. */
export interface Table {
  /** Position among the tables of the operation. */
  readonly id: number;
  /** Position of the part whose answer it is in, and its own among the tables of that part. */
  readonly part: number;
  readonly position: number;
  readonly type: string;
  readonly columns: readonly Column[];
  /** Numbers of a row: those of the columns, then one for each key that rows are told apart by. */
  readonly slots: Slot[];
  /** How many numbers a row has. */
  stride: number;
}

/** A number of a row: where it stands there, and whether anybody reads it. */
export interface Slot {
  at: number;
  isRead: boolean;
}

/** A further number for the rows of a table. */
export function addSlot(table: Table): Slot {
  const slot: Slot = { at: table.stride++, isRead: false };
  table.slots.push(slot);
  return slot;
}

/** Where a number stands in its row. Notes that it is read. */
export function placeOf(slot: Slot): number {
  slot.isRead = true;
  return slot.at;
}

/** Leaves out of a table's rows what nobody has asked the place of. */
export function packTable(table: Table): void {
  table.stride = 0;
  for (const slot of table.slots) slot.at = slot.isRead ? table.stride++ : -1;
  // Rows are counted by their numbers.
  if (table.stride === 0) table.stride = 1;
}

export type Column = LeafColumn | ObjectColumn | ListColumn | TypenameColumn;

interface ColumnBase {
  readonly key: string;
  /** Position in the table. */
  readonly index: number;
}

/** Two numbers a row: where the value begins and ends. */
export interface LeafColumn extends ColumnBase {
  readonly kind: 'leaf';
  readonly step: Step;
  readonly start: Slot;
  readonly end: Slot;
}

/** One number: the row in `table`, or -1. */
export interface ObjectColumn extends ColumnBase {
  readonly kind: 'object';
  readonly isNullable: boolean;
  readonly table: Table;
  readonly row: Slot;
}

/** Two numbers: the first row in `table` and how many there are, or -1 for null. */
export interface ListColumn extends ColumnBase {
  readonly kind: 'list';
  readonly isNullable: boolean;
  readonly table: Table;
  readonly row: Slot;
  readonly count: Slot;
}

/** Always the same text. */
export interface TypenameColumn extends ColumnBase {
  readonly kind: 'typename';
}

/** What a table is made from: what the subgraph is asked of an object, and what clients are answered of it. */
export interface TableSource {
  readonly type: string;
  readonly selections: readonly SelectionNode[];
  /** One for each place of the answer that these objects stand at. */
  readonly shapes: readonly ObjectShape[];
}

/** Thrown while an operation is laid out that cannot be. */
export class Unspliceable extends Error {
  override readonly name = 'Unspliceable';
}

/** Adds the table of some objects, and those of the objects below them, to `tables`. Throws `Unspliceable`. */
export function addTable(source: TableSource, part: number, tables: Table[]): Table {
  const columns: Column[] = [];
  const position = tables.filter((other) => other.part === part).length;
  const table: Table = { id: tables.length, part, position, type: source.type, columns, slots: [], stride: 0 };
  tables.push(table);
  for (const selection of flatten(source.selections, source.type)) {
    const key = (selection.alias ?? selection.name).value;
    if (columns.some((column) => column.key === key)) throw new Unspliceable(`Key "${key}" is asked for twice.`);
    columns.push(makeColumn(key, { selection, source, table, tables }));
  }
  return table;
}

type Field = Extract<SelectionNode, { kind: 'Field' }>;

/** The fields that are asked of an object whose type is known. */
function flatten(selections: readonly SelectionNode[], type: string): readonly Field[] {
  return selections.flatMap((selection): readonly Field[] => {
    if (selection.kind === Kind.FIELD) return [selection];
    const isAbout = selection.kind === Kind.INLINE_FRAGMENT && (selection.typeCondition?.name.value ?? type) === type;
    if (!isAbout) throw new Unspliceable('What is asked depends on the type of an object.');
    return flatten(selection.selectionSet.selections, type);
  });
}

interface ColumnSource {
  readonly selection: Field;
  readonly source: TableSource;
  readonly table: Table;
  readonly tables: Table[];
}

function makeColumn(key: string, { selection, source, table, tables }: ColumnSource): Column {
  const base = { key, index: table.columns.length };
  if (selection.name.value === '__typename') return { ...base, kind: 'typename' };
  const fields = source.shapes.flatMap((shape) => visibleField(shape, source.type, key) ?? []);
  const below = selection.selectionSet?.selections;
  // What a condition reads is read as JSON, objects as a whole.
  if (below === undefined || isRowKey(key)) {
    return { ...base, kind: 'leaf', step: stepOf(fields[0]), start: addSlot(table), end: addSlot(table) };
  }
  const [first] = fields;
  if (first === undefined) throw new Unspliceable('A subgraph is asked for objects that the client is not.');
  const { isNullable, isList, object } = objectsIn(first.value);
  const shapes = fields.map((field) => objectsIn(field.value).object);
  const child = addTable({ type: concreteType(object), selections: below, shapes }, table.part, tables);
  const nested = { ...base, isNullable, table: child, row: addSlot(table) };
  return isList ? { ...nested, kind: 'list', count: addSlot(table) } : { ...nested, kind: 'object' };
}

/** The field of a shape that a key of the result answers; `null` when the client did not ask for it. */
export function visibleField(shape: ObjectShape, type: string, key: string): FieldShape | null {
  return fieldsOf(shape, type).find((field) => field.inner === key && field.from === 'result') ?? null;
}

/** What the client asks of objects of a type. */
export function fieldsOf(shape: ObjectShape, type: string): readonly FieldShape[] {
  const fields = shape.fieldsOf(type);
  if (fields === null) throw new Unspliceable('Objects of the type may not be answered.');
  return fields;
}

/** The one type of an object. */
export function concreteType({ concrete }: ObjectShape): string {
  if (concrete === null) throw new Unspliceable('The data decides what type an object is of.');
  return concrete;
}

/** What stands behind a field: an object or a list of objects. Items that may be null are looked for, and not taken. */
export function objectsIn(value: ShapeValue): { isNullable: boolean; isList: boolean; object: ObjectShape } {
  const isNullable = value.kind !== 'nonNull';
  const inner = nullable(value);
  const item = inner.kind === 'list' ? nullable(inner.of) : inner;
  if (item.kind !== 'object') throw new Unspliceable('A field holds lists of lists.');
  return { isNullable, isList: inner.kind === 'list', object: item };
}

function nullable(value: ShapeValue): NullableShape {
  return value.kind === 'nonNull' ? value.of : value;
}

/** How a value is checked; one that no client sees may be any. */
function stepOf(field: FieldShape | undefined): Step {
  return field === undefined ? stepAny : stepValue(field.value);
}

function stepValue(value: ShapeValue): Step {
  if (value.kind === 'nonNull') return stepNonNull(value.of);
  const step = stepNonNull(value);
  return (bytes, at) => (bytes[at] === 0x6e ? stepNull(bytes, at) : step(bytes, at));
}

function stepNonNull(value: NullableShape): Step {
  if (value.kind === 'object') throw new Unspliceable('An object is asked for nothing.');
  if (value.kind === 'list') {
    const item = stepValue(value.of);
    return (bytes, at) => stepItems(bytes, at, item);
  }
  switch (value.leaf) {
    case 'String':
    case 'ID':
      return stepString;
    case 'Int':
      return stepInt;
    case 'Float':
      return stepFloat;
    case 'Boolean':
      return stepBoolean;
    case 'enum':
      return stepEnum(value.values ?? new Set());
    case 'custom':
      return (bytes, at) => (bytes[at] === 0x6e ? -1 : stepAny(bytes, at));
    default:
      return value.leaf satisfies never;
  }
}
