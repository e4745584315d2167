/**
 * Reads the text of an answer into tables without making objects of it. The reader is generated from the tables: it
 * expects each key where the operation asked for it, so most of its work is to compare bytes. Whatever is otherwise (a
 * null that may not be, an error, a space) it gives up, and the answer is read the general way.
 */
import { compileSource } from '../execute/source.ts';
import type { RowKey } from './layout.ts';
import type { Column, Slot, Table } from './table.ts';
import { type Step, stepNull } from './value.ts';

/** What one answer says. Shared by all requests that it answers: nobody writes to it but `numberRows`. */
export interface Scan {
  /** The answer, one character a byte. */
  readonly text: string;
  readonly tables: ScannedTables;
  /** By key: the first row of each number, once rows have been numbered. */
  readonly firsts: Map<RowKey, readonly number[]>;
}

/** The tables of a part, by their positions in it. */
export interface ScannedTables {
  /** The numbers of the rows, one row after another. There may be room behind them. */
  readonly rows: readonly number[][];
  /** How many numbers there are. */
  readonly sizes: number[];
}

/** Reads an object at a place into its table; gives the place behind it, or -1. */
export type ScanObject = (bytes: Uint8Array, at: number, tables: ScannedTables) => number;

/** Compiles the reader of the first of a part's tables, which the others stand below. */
export function compileScan([root, ...others]: readonly Table[]): ScanObject {
  if (root === undefined) throw new Error('A part has no table.');
  const steps: Step[] = [];
  const functions = [root, ...others].map((table) => scanSource(table, { offset: root.id, steps }));
  const source = `(() => { ${functions.join('\n')} return (b, p, { rows, sizes }) => scan${root.id}(b, p, rows, sizes); })()`;
  return compileSource(source, { step: steps, stepNull }) as ScanObject;
}

interface Scanning {
  /** Position of the part's first table. */
  readonly offset: number;
  readonly steps: Step[];
}

function scanSource(table: Table, scanning: Scanning): string {
  const lines = table.columns.map((column) => columnSource(column, table, scanning));
  const numbers = table.columns.flatMap(numbersOf);
  const known = new Map(numbers.map(({ slot, name }) => [slot, name]));
  // Room for the numbers that tell rows apart, which come later.
  const stores = table.slots
    .filter(({ isRead }) => isRead)
    .map((slot) => `r[n + ${slot.at}] = ${known.get(slot) ?? '0'};`);
  const at = table.id - scanning.offset;
  return `function scan${table.id}(b, p, rows, sizes) {
    ${numbers.length > 0 ? `let ${numbers.map(({ name }) => name).join(', ')};` : ''}
    ${table.columns.length === 0 ? expect('{') : ''}
    ${lines.join('\n')}
    ${expect('}')}
    const r = rows[${at}], n = sizes[${at}];
    ${stores.length > 0 ? stores.join(' ') : 'r[n] = 0;'}
    sizes[${at}] = n + ${table.stride};
    return p;
  }`;
}

function numbersOf(column: Column): readonly { readonly slot: Slot; readonly name: string }[] {
  const { index } = column;
  switch (column.kind) {
    case 'leaf':
      return [
        { slot: column.start, name: `s${index}` },
        { slot: column.end, name: `e${index}` },
      ];
    case 'object':
      return [{ slot: column.row, name: `s${index}` }];
    case 'list':
      return [
        { slot: column.row, name: `s${index}` },
        { slot: column.count, name: `n${index}` },
      ];
    case 'typename':
      return [];
    default:
      return column satisfies never;
  }
}

function columnSource(column: Column, table: Table, { offset, steps }: Scanning): string {
  const { index } = column;
  const key = expect(`${index === 0 ? '{' : ','}${JSON.stringify(column.key)}:`);
  switch (column.kind) {
    case 'typename':
      return `${key} ${expect(JSON.stringify(table.type))}`;
    case 'leaf': {
      const step = `step[${steps.push(column.step) - 1}]`;
      return `${key} s${index} = p; p = ${step}(b, p); if (p < 0) return -1; e${index} = p;`;
    }
    case 'object':
      return `${key} ${orNull(column, `s${index} = -1;`, objectSource(column.table, { offset, index }))}`;
    case 'list':
      return `${key} ${orNull(column, `s${index} = 0; n${index} = -1;`, listSource(column.table, { offset, index }))}`;
    default:
      return column satisfies never;
  }
}

function orNull({ isNullable }: { readonly isNullable: boolean }, whenNull: string, present: string): string {
  return isNullable
    ? `if (b[p] === 110) { p = stepNull(b, p); if (p < 0) return -1; ${whenNull} } else { ${present} }`
    : present;
}

interface Child {
  readonly offset: number;
  readonly index: number;
}

function objectSource(table: Table, { offset, index }: Child): string {
  return `s${index} = sizes[${table.id - offset}]; p = scan${table.id}(b, p, rows, sizes); if (p < 0) return -1;`;
}

function listSource(table: Table, { offset, index }: Child): string {
  return `s${index} = sizes[${table.id - offset}]; n${index} = 0;
    ${expect('[')}
    if (b[p] === 93) p++;
    else for (;;) {
      p = scan${table.id}(b, p, rows, sizes); if (p < 0) return -1;
      n${index}++;
      if (b[p] === 44) p++;
      else if (b[p] === 93) { p++; break; }
      else return -1;
    }`;
}

/** Steps over a text that has to stand here. */
function expect(text: string): string {
  const codes = [...Buffer.from(text)];
  const differs = codes.map((code, index) => `b[p${index === 0 ? '' : ` + ${index}`}] !== ${code}`);
  return `if (${differs.join(' || ')}) return -1; p += ${codes.length};`;
}
