/**
 * Writes an answer with care: nulls travel up to where they may stand (GraphQL specification, section 6.4.4), and each
 * null that no error explains yet gets one. The same answers as the generated writer, for the rare case and its tests.
 */
import { limits } from '../../mesh/core/limits.ts';
import type { FieldShape, ObjectShape, ShapeValue } from './shape.ts';
import { writeLeaf } from './leaf.ts';
import type { ResponsePath, ResultObject } from './collect.ts';

/** An error of the answer, as clients see it. */
export interface AnswerError {
  readonly message: string;
  readonly path?: ResponsePath;
  readonly extensions: { readonly code: string } & Readonly<Record<string, unknown>>;
}

export interface Completion {
  /** JSON text of `data`. */
  readonly data: string;
  /** Errors beyond those that were known. */
  readonly errors: readonly AnswerError[];
}

/** What is told of an answer, however many parts it is written in. */
export interface Completing {
  /** What fetching and policy gave. */
  readonly known: readonly AnswerError[];
  /** What was found out while writing. */
  readonly errors: AnswerError[];
  /** Errors looked at so far. */
  looks: number;
}

/** Writes the data of a result; `known` are the errors that fetching and policy already gave. */
export function completeResult(shape: ObjectShape, result: ResultObject, known: readonly AnswerError[]): Completion {
  const completing: Completing = { known, errors: [], looks: 0 };
  return completePart(shape, result, { path: [], completing });
}

export interface PartPlace {
  /** Where the part stands in the whole answer. */
  readonly path: ResponsePath;
  readonly completing: Completing;
}

/** The same for a part of an answer. */
export function completePart(shape: ObjectShape, part: ResultObject, { path, completing }: PartPlace): Completion {
  const before = completing.errors.length;
  const data = completeObject(shape, part, { path, completing }) ?? 'null';
  return { data, errors: completing.errors.slice(before) };
}

interface Place {
  readonly path: ResponsePath;
  readonly completing: Completing;
  readonly field?: FieldShape;
}

/** The text of a value; `undefined` when its place has to become null. */
function completeValue(shape: ShapeValue, value: unknown, place: Place): string | undefined {
  if (shape.kind === 'nonNull') {
    const text = completeValue(shape.of, value, place);
    return text === 'null' ? undefined : text;
  }
  if (value === null || value === undefined) return 'null';
  switch (shape.kind) {
    case 'leaf': {
      const text = writeLeaf(shape, value);
      if (text !== undefined) return text;
      // What is only not shown is no fault: clients see null, as for objects of a hidden type.
      if (shape.isHidden(value)) return 'null';
      explain(
        place,
        'SUBGRAPH_INVALID_RESPONSE',
        `Field ${coordinate(place)} came with a value that is no ${shape.type}.`,
      );
      return 'null';
    }
    case 'list':
      return completeList(shape.of, value, place);
    case 'object':
      return completeObject(shape, value, place) ?? 'null';
    default:
      return shape satisfies never;
  }
}

function completeList(item: ShapeValue, value: unknown, place: Place): string {
  if (!Array.isArray(value)) {
    explain(place, 'SUBGRAPH_INVALID_RESPONSE', `Field ${coordinate(place)} came with a value that is no list.`);
    return 'null';
  }
  const texts: string[] = [];
  for (const [index, child] of value.entries()) {
    const itemPlace = { ...place, path: [...place.path, index] };
    const text = completeValue(item, child, itemPlace);
    if (text === undefined) {
      explainAbsence(itemPlace);
      return 'null';
    }
    texts.push(text);
  }
  return `[${texts.join(',')}]`;
}

function completeObject(shape: ObjectShape, value: unknown, place: Place): string | undefined {
  const object = value as ResultObject;
  const type = shape.concrete ?? object['__typename'] ?? shape.type;
  const isObject = typeof value === 'object' && !Array.isArray(value);
  const fields = isObject && typeof type === 'string' ? shape.fieldsOf(type) : null;
  if (fields === null && isObject && typeof type === 'string' && shape.isHidden(type)) return undefined;
  if (fields === null) {
    const found = isObject ? 'an object of a type that cannot stand there' : 'a value that is no object';
    explain(place, 'SUBGRAPH_INVALID_RESPONSE', `Field ${coordinate(place)} came with ${found}.`);
    return undefined;
  }
  const texts: string[] = [];
  for (const [index, field] of fields.entries()) {
    const fieldPlace = { ...place, path: [...place.path, field.key], field };
    const text = completeField(field, object, fieldPlace);
    if (text === undefined) {
      const later = fields.slice(index + 1);
      if (!later.some((sibling) => isKnownToFail(sibling, object, place))) explainAbsence(fieldPlace);
      return undefined;
    }
    texts.push(`${JSON.stringify(field.key)}:${text}`);
  }
  return `{${texts.join(',')}}`;
}

/** A field that failed takes its object away on the way from a subgraph, and its siblings with it: they need no error of their own. */
function isKnownToFail(field: FieldShape, object: ResultObject, { path, completing }: Place): boolean {
  const { known } = completing;
  completing.looks += known.length;
  if (completing.looks > limits.answerErrorLooksMax) return false;
  const trial = { path: [...path, field.key], field, completing: { ...completing, errors: [] } };
  return completeField(field, object, trial) === undefined && known.some((error) => explains(error.path, trial.path));
}

function completeField(field: FieldShape, object: ResultObject, place: Place): string | undefined {
  if (field.from === 'typename') return JSON.stringify(field.parent);
  // Policy has given the error of a denied field.
  if (field.from === 'denied') return field.value.kind === 'nonNull' ? undefined : 'null';
  return completeValue(field.value, Object.hasOwn(object, field.inner) ? object[field.inner] : null, place);
}

function explainAbsence(place: Place): void {
  explain(place, 'INTERNAL_SERVER_ERROR', `Cannot return null for non-nullable field ${coordinate(place)}.`);
}

/**
 * Adds an error unless one at this place, above it or below it already says why. Where very much is wrong, the first
 * errors stand for the rest.
 */
function explain({ path, completing }: Place, code: string, message: string): void {
  const { known, errors } = completing;
  completing.looks += known.length + errors.length;
  if (errors.length >= limits.answerErrorsMax || completing.looks > limits.answerErrorLooksMax) return;
  const isExplained = (error: AnswerError): boolean => explains(error.path, path);
  if (known.some(isExplained) || errors.some(isExplained)) return;
  completing.errors.push({ message, path, extensions: { code } });
}

/** Whether an error's path lies above, at or below a place. One without list positions speaks for every item. */
function explains(path: ResponsePath | undefined, place: ResponsePath): boolean {
  if (path === undefined) return true;
  const isAboutItems = path.some((key) => typeof key === 'number');
  const compared = isAboutItems ? place : place.filter((key) => typeof key === 'string');
  return path.every((key, index) => index >= compared.length || key === compared[index]);
}

function coordinate({ field }: Place): string {
  return field ? `${field.parent}.${field.name}` : 'of the root';
}
