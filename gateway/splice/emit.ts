/**
 * Writes the client's answer out of the subgraphs' texts. What stands side by side in a text and in the answer is taken
 * as one piece; what follows from an entity alone is put together once, however often the entity turns up.
 */
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { CoverOptions } from '../execute/cover.ts';
import { compileSource, literal } from '../execute/source.ts';
import type { FieldShape } from '../execute/shape.ts';
import { type Filtered, compileKept, filteredAt } from './kept.ts';
import { type Join, type Place, type Provider, type RowKey, childAt, providersOf } from './layout.ts';
import { type MaskText, compileMaskText, constantText } from './masked.ts';
import { knownOf } from './row-memo.ts';
import {
  type Column,
  type LeafColumn,
  type ListColumn,
  type ObjectColumn,
  type Table,
  Unspliceable,
  fieldsOf,
  placeOf,
} from './table.ts';

/** What one request has gathered, by the positions that the layout gives. */
export interface Gathered {
  /** By part: the answer's text, one character a byte. */
  readonly texts: readonly string[];
  /** By table. */
  readonly rows: readonly (readonly number[])[];
  /** By join: rows of the joined table by the number of the row's key. */
  readonly joined: readonly (readonly number[])[];
}

/**
 * The data of the answer as JSON, one character a byte, for a subject of whom the rules say this. `null` when a null would
 * stand where none may.
 */
export type Emit = (gathered: Gathered, verdicts: Verdicts) => string | null;

/** What policy leaves of results; `null`: all. */
export type Covering = Omit<CoverOptions, 'shape'> | null;

/** Compiles the writer of a place and all below it. Throws `Unspliceable`. */
export function compileEmit(root: Place, covering: Covering): Emit {
  const emitting: Emitting = { covering, functions: [], masks: [], filtered: [], works: [], memoCount: 0 };
  const name = placeSource(root, emitting);
  const source = `(() => { ${emitting.functions.join('\n')} return (T, R, J, M, K, W) => ${name}(T, R, J, M, K, W, 0, ''); })()`;
  const emit = compileSource(source, { join, mask: emitting.masks }) as (...state: unknown[]) => string;
  const { memoCount, filtered, works } = emitting;
  const keptFor = compileKept(filtered, covering);
  return ({ texts, rows, joined }, verdicts) => {
    const memos: unknown[][] = [];
    for (let memo = 0; memo < memoCount; memo++) memos.push([]);
    const kept = keptFor(verdicts);
    const known = works.map((work) => {
      const worker = work.filter === null ? work : (kept[work.filter] ?? work);
      return knownOf(rows[work.table.id] ?? [], worker);
    });
    const text = emit(texts, rows, joined, memos, kept, known);
    // One more tells that something is amiss.
    return memos.length > memoCount ? null : text;
  };
}

/** Joined, not added: what is used again shall be one flat string. */
function join(pieces: readonly string[]): string {
  return pieces.join('');
}

interface Emitting {
  readonly covering: Covering;
  readonly functions: string[];
  readonly masks: MaskText[];
  readonly filtered: Filtered[];
  /** What is worked out of single rows: by a mask, or by the filter at a position, which differs between subjects. */
  readonly works: { readonly table: Table; readonly filter: number | null }[];
  memoCount: number;
}

type Piece =
  | { readonly kind: 'text'; text: string }
  | Run
  | {
      readonly kind: 'nested';
      readonly from: number;
      readonly column: ObjectColumn | ListColumn;
      readonly name: string;
      /** The function that tells whether an object exists; `null` where all do. */
      readonly keep: string | null;
    };

/** A mask: its position, where the known texts are, and the numbers of a row. */
interface RowMask {
  readonly position: number;
  readonly work: number;
  readonly table: Table;
}

/** Some columns of a text, side by side. */
interface Run {
  readonly kind: 'run';
  /** Position of the provider. */
  readonly from: number;
  readonly first: LeafColumn;
  last: LeafColumn;
  /** Bytes before the first value and behind the last one that belong to it. */
  readonly before: number;
  after: number;
  /** Of a single masked value: its mask, or what stands for every value but null. */
  readonly mask: RowMask | string | null;
}

/** Adds the function that writes an object of a place; gives its name. */
function placeSource(place: Place, emitting: Emitting): string {
  const pieces: Piece[] = [];
  const fields = fieldsOf(place.shape, place.type);
  fields.forEach((field, index) => addField(pieces, field, { place, emitting, isFirst: index === 0 }));
  addText(pieces, fields.length === 0 ? '{}' : '}');
  const host = place.providers[0];
  if (host === undefined) throw new Unspliceable('Nothing gives the objects of a place.');
  const used = new Set(pieces.flatMap((piece) => (piece.kind === 'text' ? [] : [piece.from])));
  const before = place.providers.flatMap((provider, index) =>
    used.has(index) || index === 0 ? [providerSource(provider, host, namesAt(index))] : [],
  );
  const body = clusters(pieces, place).map((cluster) => clusterSource(cluster, emitting));
  const name = `put${emitting.functions.length}`;
  emitting.functions.push(
    `function ${name}(T, R, J, M, K, W, h, out) { let c; let n; ${before.join(' ')} ${body.join('\n')} return out; }`,
  );
  return name;
}

interface Names {
  readonly table: string;
  readonly text: string;
  readonly row: string;
}

function namesAt(index: number): Names {
  return { table: `r${index}`, text: `t${index}`, row: `h${index}` };
}

/** `const` lines for a provider's rows, text and row; `h` is the row at hand. */
export function providerSource({ table, by }: Provider, host: Provider, names: Names): string {
  const row =
    by === 'root' ? '0' : by === 'host' ? 'h' : `J[${by.id}][R[${host.table.id}][h + ${placeOf(by.key.slot)}]]`;
  const own = names.row === row ? '' : `, ${names.row} = ${row}`;
  return `const ${names.table} = R[${table.id}], ${names.text} = T[${table.part}]${own};`;
}

interface FieldPlace {
  readonly place: Place;
  readonly emitting: Emitting;
  readonly isFirst: boolean;
}

function addField(pieces: Piece[], field: FieldShape, { place, emitting, isFirst }: FieldPlace): void {
  const lead = `${isFirst ? '{' : ','}${JSON.stringify(field.key)}:`;
  if (field.from === 'typename') return addText(pieces, lead + JSON.stringify(field.parent));
  if (field.from === 'denied') {
    if (field.value.kind === 'nonNull') throw new Unspliceable('A denial makes its object null.');
    return addText(pieces, `${lead}null`);
  }
  const found = providersOf(place, field.inner);
  const [first] = found;
  if (first === undefined || first.column.kind === 'typename') throw new Unspliceable('Nothing gives a field.');
  const from = place.providers.indexOf(first.provider);
  const { column } = first;
  if (field.mask !== null)
    return addMasked(pieces, column, { from, lead, mask: maskAt(field, first.provider, emitting) });
  if (column.kind === 'leaf') return addLeaf(pieces, column, { from, lead });
  if (found.length > 1) throw new Unspliceable('Objects come from more than one answer.');
  const child = childAt(place, field.inner);
  const name = placeSource(child, emitting);
  if (!extend(pieces, column, { from, lead })) addText(pieces, lead);
  pieces.push({ kind: 'nested', from, column, name, keep: keepSource(child, emitting) });
}

/** A field's mask, or what it always shows. */
function maskAt({ value, mask }: FieldShape, { table }: Provider, emitting: Emitting): RowMask | string {
  const { covering, masks, works } = emitting;
  if (covering === null || mask === null) throw new Unspliceable('Nothing masks a value.');
  const constant = constantText(value, mask, covering.masker);
  if (constant !== null) return constant;
  const show = compileMaskText(value, mask, covering.masker);
  return { position: masks.push(show) - 1, work: works.push({ table, filter: null }) - 1, table };
}

function addMasked(
  pieces: Piece[],
  column: Column,
  { from, lead, mask }: Led & { readonly mask: RowMask | string },
): void {
  if (column.kind !== 'leaf') throw new Unspliceable('A mask stands at objects.');
  if (!extend(pieces, column, { from, lead })) addText(pieces, lead);
  pieces.push({ kind: 'run', from, first: column, last: column, before: 0, after: 0, mask });
}

/** Adds the function that tells whether an object of a place exists; gives its name, or `null` where all do. */
function keepSource(place: Place, emitting: Emitting): string | null {
  const filtered = filteredAt(place, emitting.covering?.filtersOf ?? null);
  const host = place.providers[0];
  if (filtered === null || host === undefined) return null;
  const position = emitting.filtered.push(filtered) - 1;
  const used = new Set(filtered.columns.map(({ from }) => from));
  const before = place.providers.flatMap((provider, index) =>
    used.has(index) ? [providerSource(provider, host, namesAt(index))] : [],
  );
  const texts = filtered.columns.map(({ from, column }) =>
    runSource({ kind: 'run', from, first: column, last: column, before: 0, after: 0, mask: null }),
  );
  const name = `keep${position}`;
  const test = `K[${position}](${texts.join(" + '\\n' + ") || "''"})`;
  const memo = keepMemo(filtered, { place, host, emitting, position });
  const kept = memo === null ? test : `(${memo} ??= ${test})`;
  emitting.functions.push(`function ${name}(T, R, J, M, K, W, h) { ${before.join(' ')} return ${kept}; }`);
  return name;
}

interface KeepPlace {
  readonly place: Place;
  readonly host: Provider;
  readonly emitting: Emitting;
  readonly position: number;
}

/** Where it stands whether an object exists, once that has been worked out; `null`: nowhere. */
function keepMemo({ columns }: Filtered, { place, host, emitting, position }: KeepPlace): string | null {
  // What another answer says of a row may be different in the next one.
  if (columns.every(({ from }) => place.providers[from]?.by === 'host')) {
    const work = emitting.works.push({ table: host.table, filter: position }) - 1;
    return `W[${work}][h / ${host.table.stride}]`;
  }
  const key = columns.map(({ from }) => joinOf(place.providers[from])?.key ?? null).find((one) => one !== null);
  const follows = ({ from, column }: Filtered['columns'][number]): boolean =>
    key !== undefined && followsFrom({ from, first: column, last: column }, key, place);
  if (key === undefined || !columns.every(follows)) return null;
  return `M[${emitting.memoCount++}][R[${host.table.id}][h + ${placeOf(key.slot)}]]`;
}

interface Led {
  readonly from: number;
  /** What stands before the value in the answer. */
  readonly lead: string;
}

function addText(pieces: Piece[], text: string): void {
  const last = pieces.at(-1);
  if (last?.kind === 'text') last.text += text;
  else pieces.push({ kind: 'text', text });
}

function addLeaf(pieces: Piece[], column: LeafColumn, { from, lead }: Led): void {
  const last = pieces.at(-1);
  if (last?.kind === 'run' && extend(pieces, column, { from, lead })) {
    last.last = column;
    last.after = 0;
    return;
  }
  const own = leadOf(column);
  const common = own === lead ? lead.length : own.slice(1) === lead.slice(1) ? lead.length - 1 : 0;
  if (common < lead.length) addText(pieces, lead.slice(0, lead.length - common));
  pieces.push({ kind: 'run', from, first: column, last: column, before: common, after: 0, mask: null });
}

/** Lengthens the run at the end to the beginning of a value, where text and answer go on alike. */
function extend(pieces: readonly Piece[], column: Column, { from, lead }: Led): boolean {
  const last = pieces.at(-1);
  if (last?.kind !== 'run' || last.mask !== null || last.from !== from || last.after > 0) return false;
  if (column.index !== last.last.index + 1 || leadOf(column) !== lead) return false;
  last.after = lead.length;
  return true;
}

/** What stands before a column's value in its text. */
function leadOf({ index, key }: Column): string {
  return `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;
}

/** Pieces that follow from a key's number alone, or one piece that does not. */
interface Cluster {
  readonly pieces: readonly Piece[];
  readonly key: RowKey | null;
}

function clusters(pieces: readonly Piece[], place: Place): readonly Cluster[] {
  const joins = pieces.flatMap((piece) => (piece.kind === 'run' ? (joinOf(place.providers[piece.from]) ?? []) : []));
  const key = joins[0]?.key ?? null;
  const found: { pieces: Piece[]; key: RowKey | null }[] = [];
  for (const piece of pieces) {
    const own =
      key !== null && (piece.kind === 'text' || (piece.kind === 'run' && followsFrom(piece, key, place))) ? key : null;
    const last = found.at(-1);
    if (own !== null && last?.key === own) last.pieces.push(piece);
    else found.push({ pieces: [piece], key: own });
  }
  return found;
}

function joinOf(provider: Provider | undefined): Join | null {
  return provider === undefined || typeof provider.by === 'string' ? null : provider.by;
}

/** Whether columns have the same values wherever a key has. */
function followsFrom(piece: Pick<Run, 'from' | 'first' | 'last'>, key: RowKey, place: Place): boolean {
  const provider = place.providers[piece.from];
  const joined = joinOf(provider);
  if (joined !== null) return joined.key === key;
  const between = provider?.table.columns.slice(piece.first.index, piece.last.index + 1) ?? [];
  return between.every((column) => column.kind === 'leaf' && key.columns.includes(column));
}

function clusterSource({ pieces, key }: Cluster, emitting: Emitting): string {
  if (key === null || pieces.length < 2) return pieces.map(pieceSource).join('\n');
  const memo = `M[${emitting.memoCount++}]`;
  const parts = pieces.map((piece) => (piece.kind === 'run' ? runSource(piece) : literal(textOf(piece))));
  return `n = r0[h + ${placeOf(key.slot)}]; c = ${memo}[n];
    if (c === undefined) c = ${memo}[n] = join([${parts.join(', ')}]);
    out += c;`;
}

function textOf(piece: Piece): string {
  return piece.kind === 'text' ? piece.text : '';
}

function pieceSource(piece: Piece): string {
  switch (piece.kind) {
    case 'text':
      return `out += ${literal(piece.text)};`;
    case 'run':
      return `out += ${runSource(piece)};`;
    case 'nested':
      return piece.column.kind === 'object' ? objectSource(piece.column, piece) : listSource(piece.column, piece);
    default:
      return piece satisfies never;
  }
}

function runSource({ from, first, last, before, after, mask }: Run): string {
  const [start, end] = [placeOf(first.start), placeOf(last.end)];
  if (typeof mask === 'string')
    return `(t${from}.charCodeAt(r${from}[h${from} + ${start}]) === 110 ? 'null' : ${literal(mask)})`;
  const slice = `t${from}.slice(r${from}[h${from} + ${start}] - ${before}, r${from}[h${from} + ${end}] + ${after})`;
  if (mask === null) return slice;
  const masked = `mask[${mask.position}](t${from}, r${from}[h${from} + ${start}], r${from}[h${from} + ${end}])`;
  return `(W[${mask.work}][h${from} / ${mask.table.stride}] ??= ${masked})`;
}

interface Nested {
  readonly from: number;
  readonly name: string;
  readonly keep: string | null;
}

function objectSource({ row, isNullable }: ObjectColumn, { from, name, keep }: Nested): string {
  const put = `out = ${name}(T, R, J, M, K, W, c, out);`;
  const isGone = [...(isNullable ? ['c < 0'] : []), ...(keep === null ? [] : [`!${keep}(T, R, J, M, K, W, c)`])].join(
    ' || ',
  );
  const gone = isNullable ? "out += 'null';" : 'M.push([]);';
  return `c = r${from}[h${from} + ${placeOf(row)}]; ${isGone === '' ? put : `if (${isGone}) { ${gone} } else ${put}`}`;
}

function listSource({ row, count, isNullable, table }: ListColumn, { from, name, keep }: Nested): string {
  const put =
    keep === null
      ? `out += '[';
    for (let i = 0; i < n; i++) { if (i > 0) out += ','; out = ${name}(T, R, J, M, K, W, c + i * ${table.stride}, out); }
    out += ']';`
      : `out += '['; let some = false;
    for (let i = 0; i < n; i++) {
      const x = c + i * ${table.stride};
      if (!${keep}(T, R, J, M, K, W, x)) continue;
      if (some) out += ',';
      some = true;
      out = ${name}(T, R, J, M, K, W, x, out);
    }
    out += ']';`;
  return `c = r${from}[h${from} + ${placeOf(row)}]; n = r${from}[h${from} + ${placeOf(count)}];
    ${isNullable ? `if (n < 0) out += 'null'; else { ${put} }` : `{ ${put} }`}`;
}
