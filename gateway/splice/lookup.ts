/** Entities to look up: the rows of a table told apart by their keys, and the representation of each (Federation: `_Any`). */
import { compileSource, literal } from '../execute/source.ts';
import { type Gathered, providerSource } from './emit.ts';
import type { LookupLayout, Provider, RepresentedField, RowKey } from './layout.ts';
import type { Scan } from './scan.ts';
import { type LeafColumn, placeOf } from './table.ts';

/** Writes the representation of a row, one character a byte. */
export type Represent = (gathered: Gathered, row: number) => string;

/** Compiles the writer of the representations that a lookup sends for the rows of a table. */
export function compileRepresent({ fields, join }: LookupLayout): Represent {
  const host: Provider = { table: join.key.table, by: 'host' };
  const providers = [...new Set(fields.flatMap((field) => ('provider' in field ? [field.provider] : [])))];
  const before = providers.map((provider, index) =>
    providerSource(provider, host, { table: `r${index}`, text: `t${index}`, row: `h${index}` }),
  );
  const members = fields.map((field, index) => memberSource(field, { index, providers }));
  const source = `function represent({ rows: R, texts: T, joined: J }, h) { ${before.join(' ')} return ${members.join(' + ')} + '}'; }`;
  return compileSource(source) as Represent;
}

interface Member {
  readonly index: number;
  readonly providers: readonly Provider[];
}

function memberSource(field: RepresentedField, { index, providers }: Member): string {
  const lead = `${index === 0 ? '{' : ','}${JSON.stringify(field.key)}:`;
  if ('constant' in field) return literal(lead + field.constant);
  const from = providers.indexOf(field.provider);
  const [start, end] = [placeOf(field.column.start), placeOf(field.column.end)];
  return `${literal(lead)} + t${from}.slice(r${from}[h${from} + ${start}], r${from}[h${from} + ${end}])`;
}

/** Gives equal rows of a table of a part equal numbers; answers with the first row of each. Done once for each answer and key. */
export function numberRows(scan: Scan, key: RowKey): readonly number[] {
  const known = scan.firsts.get(key);
  if (known !== undefined) return known;
  const firsts: number[] = [];
  const numbers = new Map<string, number>();
  const { columns, slot } = key;
  const { rows = [], size } = tableAt(scan, key);
  const [first, ...others] = columns;
  for (let row = 0; row < size; row += key.table.stride) {
    let text = first === undefined ? '' : valueAt(scan, first, { rows, row });
    // Values in JSON cannot run into each other over a comma.
    for (const column of others) text += `,${valueAt(scan, column, { rows, row })}`;
    let number = numbers.get(text);
    if (number === undefined) {
      number = firsts.push(row) - 1;
      numbers.set(text, number);
    }
    rows[row + slot.at] = number;
  }
  scan.firsts.set(key, firsts);
  return firsts;
}

function tableAt({ tables }: Scan, { table }: RowKey): { readonly rows: number[] | undefined; readonly size: number } {
  return { rows: tables.rows[table.position], size: tables.sizes[table.position] ?? 0 };
}

interface Row {
  readonly rows: readonly number[];
  readonly row: number;
}

function valueAt({ text }: Scan, { start, end }: LeafColumn, { rows, row }: Row): string {
  return text.slice(rows[row + start.at], rows[row + end.at]);
}
