/**
 * A query made into functions that never build objects of what subgraphs answer: their texts are read into tables
 * (`scan.ts`), joined by rows (`lookup.ts`), and the answer is spliced from pieces of them (`emit.ts`). Where an answer
 * is not to the letter as expected, the request is executed the general way (`execute/run.ts`) with what has been fetched.
 */
import type { CompiledGroup, CompiledPart } from '../execute/compile.ts';
import type { CompiledOperation } from '../execute/operation.ts';
import { type Covering, type Emit, compileEmit } from './emit.ts';
import { type Layout, type PartLayout, type RowKey, layOut } from './layout.ts';
import { type Represent, compileRepresent } from './lookup.ts';
import { type Scan, type ScanObject, type ScannedTables, compileScan } from './scan.ts';
import { Unspliceable, packTable, placeOf } from './table.ts';

export interface Program {
  readonly groups: readonly ProgramGroup[];
  readonly partCount: number;
  readonly tableCount: number;
  readonly joinCount: number;
  readonly emit: Emit;
  /** What follows the data in the answer, one character a byte. */
  readonly end: string;
}

export interface ProgramGroup {
  readonly group: CompiledGroup;
  readonly parts: readonly ProgramPart[];
}

export interface ProgramPart {
  /** Position among the parts of the program. */
  readonly number: number;
  /** Position of the first of its tables. */
  readonly tables: number;
  readonly tableCount: number;
  /** Numbers in a row of the first. */
  readonly stride: number;
  /** For a lookup, what stands before its representations in the variables; `null` for root fields. */
  readonly variablePrefix: string | null;
  /** What stands before its value in the answer. */
  readonly lead: Buffer;
  readonly scan: ScanObject;
  /** By table: room that sufficed for the last answer. */
  readonly room: number[];
  readonly lookups: readonly Lookup[];
}

/** Entities to look up for the rows of one table. */
export interface Lookup {
  readonly join: number;
  readonly key: RowKey;
  readonly represent: Represent;
}

/** The program of an operation; `null` when it has to be executed the general way. */
export function compileProgram(operation: CompiledOperation): Program | null {
  const { kind, groups, introspect, shape, covering, denials } = operation;
  if (kind !== 'query' || introspect !== null || groups.length === 0) return null;
  try {
    const layout = layOut(groups, shape);
    // The first time shows which numbers of a row anybody reads.
    compileAll(layout, covering);
    for (const table of layout.tables) packTable(table);
    const errors = Buffer.from(denials.length === 0 ? '' : `,"errors":${JSON.stringify(denials)}`);
    let number = 0;
    return {
      groups: groups.map((group, index) => ({
        group,
        parts: group.parts.map((part, position) =>
          compilePart(part, { layout: partAt(layout, index, position), number: number++, position }),
        ),
      })),
      partCount: number,
      tableCount: layout.tables.length,
      joinCount: layout.joinCount,
      emit: compileEmit(layout.root, covering),
      end: `${errors.toString('latin1')}}`,
    };
  } catch (error) {
    if (error instanceof Unspliceable) return null;
    throw error;
  }
}

/** Makes everything that reads rows, so that it asks for the places of what it reads. */
function compileAll({ root, parts }: Layout, covering: Covering): void {
  compileEmit(root, covering);
  for (const { lookups } of parts.flat()) {
    for (const lookup of lookups) {
      compileRepresent(lookup);
      placeOf(lookup.join.key.slot);
      for (const slot of lookup.join.key.columns.flatMap(({ start, end }) => [start, end])) placeOf(slot);
    }
  }
}

function partAt({ parts }: Layout, group: number, position: number): PartLayout {
  const part = parts[group]?.[position];
  if (part === undefined) throw new Error('The layout lacks a part.');
  return part;
}

interface PartSource {
  readonly layout: PartLayout;
  readonly number: number;
  readonly position: number;
}

function compilePart(part: CompiledPart, { layout: { tables, lookups }, number, position }: PartSource): ProgramPart {
  const [first] = tables;
  if (first === undefined) throw new Error('The layout lacks a table.');
  const isRoot = part.kind === 'root';
  return {
    number,
    tables: first.id,
    tableCount: tables.length,
    stride: first.stride,
    variablePrefix: isRoot ? null : part.variablePrefix,
    lead: Buffer.from(isRoot ? '' : `${position === 0 ? '{' : ','}${JSON.stringify(part.key)}:`),
    scan: compileScan(tables),
    room: tables.map(() => 0),
    lookups: lookups.map((lookup) => ({
      join: lookup.join.id,
      key: lookup.join.key,
      represent: compileRepresent(lookup),
    })),
  };
}

const opening = Buffer.from('{"data":');

/**
 * Reads the answer to a group, of whose lookups so many entities are wanted; `null` when anything in it is not as
 * expected. The bytes are valid UTF-8.
 */
export function scanAnswer(
  bytes: Uint8Array,
  parts: readonly ProgramPart[],
  wanted: readonly number[],
): readonly Scan[] | null {
  let at = step(bytes, 0, opening);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const scans: Scan[] = [];
  for (const [index, part] of parts.entries()) {
    const tables = createTables(part);
    at = at < 0 ? at : step(bytes, at, part.lead);
    if (at < 0) return null;
    at = part.variablePrefix === null ? part.scan(bytes, at, tables) : scanList(bytes, at, { part, tables });
    if (at < 0 || (part.variablePrefix !== null && tables.sizes[0] !== (wanted[index] ?? 0) * part.stride)) return null;
    noteRoom(part, tables);
    scans.push({ text, tables, firsts: new Map() });
  }
  if (parts[0]?.variablePrefix !== null) at = step(bytes, at, closing);
  return step(bytes, at, closing) === bytes.length ? scans : null;
}

/**
 * Empty tables with the room that the last answer took: a table that grows is copied again and again. No `map` here: V8
 * makes another kind of array of it once it has optimised the caller, and then all readers have to be compiled anew.
 */
function createTables({ room }: ProgramPart): ScannedTables {
  const [rows, sizes]: [number[][], number[]] = [[], []];
  for (const size of room) {
    // oxlint-disable-next-line unicorn/no-new-array -- room is what is wanted.
    rows.push(new Array<number>(size));
    sizes.push(0);
  }
  return { rows, sizes };
}

/** What is rarely needed is given up again, a little at a time. */
function noteRoom({ room }: ProgramPart, { sizes }: ScannedTables): void {
  for (const [table, size] of sizes.entries()) {
    const known = room[table] ?? 0;
    room[table] = Math.min(size > known ? size : known - ((known - size) >> 3), roomMax);
  }
}

/** A larger array is no longer young when it is made. */
const roomMax = 8_000;

const closing = Buffer.from('}');

function step(bytes: Uint8Array, at: number, text: Buffer): number {
  if (at < 0) return -1;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return -1;
  return at + text.length;
}

interface Entities {
  readonly part: ProgramPart;
  readonly tables: ScannedTables;
}

function scanList(bytes: Uint8Array, from: number, { part, tables }: Entities): number {
  if (bytes[from] !== 0x5b) return -1;
  if (bytes[from + 1] === 0x5d) return from + 2;
  for (let at = from; ;) {
    at = part.scan(bytes, at + 1, tables);
    if (at < 0) return -1;
    if (bytes[at] === 0x5d) return at + 1;
    if (bytes[at] !== 0x2c) return -1;
  }
}
