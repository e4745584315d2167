/**
 * Writes an answer straight to JSON text with functions generated from its shape. It handles what is as it should be;
 * anything else (a null where none may be, a value of a wrong type) it only reports, and `complete.ts` does it over.
 */
import type { FieldShape, LeafShape, NullableShape, ObjectShape, ShapeValue } from './shape.ts';
import { writeLeaf } from './leaf.ts';
import { compileSource, literal, property } from './source.ts';
import type { ResultObject } from './collect.ts';

/** The answer's text, or `null` when the careful writer has to look. */
export type Writer = (result: ResultObject, plain: boolean) => string | null;

interface Pen {
  /** No string of the result holds a character that JSON escapes. */
  readonly plain: boolean;
  /** Something was not as it should be. */
  amiss: boolean;
}

type Write = (value: never, pen: Pen) => string;

/** Compiles the writer of a shape; what stands behind an abstract type is compiled when it is first met. */
export function compileWriter(shape: ObjectShape): Writer {
  const write = compileObject(shape) as (value: ResultObject, pen: Pen) => string;
  return (result, plain) => {
    const pen: Pen = { plain, amiss: false };
    const text = write(result, pen);
    return pen.amiss ? null : text;
  };
}

function compileObject(shape: ObjectShape): Write {
  if (shape.concrete !== null) return compileFields(shape.fieldsOf(shape.concrete));
  const writers = new Map<unknown, Write>();
  return (value: ResultObject, pen) => {
    const type = value['__typename'] ?? shape.type;
    let write = writers.get(type);
    if (write === undefined) {
      write = compileFields(typeof type === 'string' ? shape.fieldsOf(type) : null);
      writers.set(type, write);
    }
    return write(value as never, pen);
  };
}

const writeAmiss: Write = (_value, pen) => {
  pen.amiss = true;
  return 'null';
};

/** One generated function per object: straight code, a property read a field. */
function compileFields(fields: readonly FieldShape[] | null): Write {
  if (fields === null) return writeAmiss;
  const called: Write[] = [];
  const lines = fields.map((field, index) => {
    const key = `${index === 0 ? '' : ','}${JSON.stringify(field.key)}:`;
    if (field.from === 'typename') return `out += ${literal(key + JSON.stringify(field.parent))};`;
    if (field.from === 'denied') {
      return field.value.kind === 'nonNull' ? 'pen.amiss = true;' : `out += ${literal(`${key}null`)};`;
    }
    return `v = ${property('o', field.inner)}; out += ${literal(key)} + ${valueSource(field.value, called)};`;
  });
  const source = `function writeObject(o, pen) { let v; let out = '{'; ${lines.join('\n')} return out + '}'; }`;
  return compileSource(source, { call: called, absent }) as Write;
}

/** An expression that writes `v`. */
function valueSource(shape: ShapeValue, called: Write[]): string {
  const isNonNull = shape.kind === 'nonNull';
  const value = isNonNull ? shape.of : shape;
  const whenNull = isNonNull ? 'absent(pen)' : "'null'";
  called.push(compileValue(value));
  const written = `call[${called.length - 1}](v, pen)`;
  const present = value.kind === 'leaf' ? leafSource(value, written) : written;
  return `(v === null || v === undefined ? ${whenNull} : ${present})`;
}

/** The common case inline, the rest by a call. */
function leafSource(shape: LeafShape, written: string): string {
  switch (shape.leaf) {
    case 'String':
    case 'ID':
      return `(typeof v === 'string' && pen.plain ? '"' + v + '"' : ${written})`;
    case 'Int':
      return `(typeof v === 'number' && (v | 0) === v ? v : ${written})`;
    case 'Boolean':
      return `(v === true ? 'true' : v === false ? 'false' : ${written})`;
    default:
      return written;
  }
}

function compileValue(shape: NullableShape): Write {
  switch (shape.kind) {
    case 'leaf':
      return (value, pen) => writeLeaf(shape, value) ?? writeAmiss(value, pen);
    case 'object': {
      const write = compileObject(shape) as (value: unknown, pen: Pen) => string;
      return (value, pen) =>
        typeof value === 'object' && !Array.isArray(value) ? write(value, pen) : writeAmiss(value, pen);
    }
    case 'list':
      return compileList(shape.of);
    default:
      return shape satisfies never;
  }
}

function compileList(item: ShapeValue): Write {
  const called: Write[] = [];
  const written = valueSource(item, called);
  const source = `function writeList(list, pen) {
    if (!Array.isArray(list)) return absent(pen);
    let out = '[';
    for (let i = 0; i < list.length; i++) { const v = list[i]; if (i > 0) out += ','; out += ${written}; }
    return out + ']';
  }`;
  return compileSource(source, { call: called, absent }) as Write;
}

function absent(pen: Pen): string {
  pen.amiss = true;
  return 'null';
}
