/** Brings errors along when rows go: those about what does not exist are not told, those behind it move up. */
import type { ResponsePath, ResultObject } from './collect.ts';
import type { AnswerError } from './complete.ts';
import { withoutWords } from './conceal.ts';
import { mayQuoteMasked } from './may-quote.ts';
import type { FieldShape, NullableShape, ObjectShape, ShapeValue } from './shape.ts';

export interface Moving {
  readonly shape: ObjectShape;
  /** The result as it came. */
  readonly data: ResultObject;
  /** Whether some objects of a type do not exist for the subject. */
  readonly mayMiss: (type: string) => boolean;
  readonly pass: {
    readonly isHidden: (type: string, object: ResultObject) => boolean;
    /** Of each list that lost items: where the others are now; -1 for those that went. */
    readonly moved: ReadonlyMap<unknown, readonly number[]>;
  };
}

/** The errors at their places in the covered answer. */
export function moveErrors(errors: readonly AnswerError[], moving: Moving): readonly AnswerError[] {
  return errors.flatMap((error) => {
    if (error.path === undefined) return [mayQuoteMasked(moving.shape, []) ? withoutWords(error) : error];
    const place = placeOf(error.path, moving);
    if (place === null) return [];
    // It is told of in our own words then, as a row is that the subject does not see. That nobody could be asked is no row's doing.
    if (place.isMissed === true && !error.extensions.code.startsWith('SUBGRAPH_')) return [];
    return [place.isMasked ? withoutWords({ ...error, path: place.path }) : { ...error, path: place.path }];
  });
}

interface Place {
  readonly path: ResponsePath;
  /** Whether what is said of it may quote what the subject sees masked. */
  readonly isMasked: boolean;
  /** Whether a row must be there that is not. Default false. */
  readonly isMissed?: boolean;
}

/** `null` for a place that does not exist. */
function placeOf(path: ResponsePath, { shape, data, pass, mayMiss }: Moving): Place | null {
  const moved: (string | number)[] = [];
  let current: NullableShape = shape;
  let isRequired = false;
  let value: unknown = data;
  for (const [index, key] of path.entries()) {
    if (value === null || value === undefined)
      return {
        path: [...moved, ...withoutItems(path.slice(index))],
        isMasked: mayQuoteMasked(current, path.slice(index)),
      };
    if (typeof key === 'number') {
      if (current.kind !== 'list' || !Array.isArray(value)) break;
      const position: number = pass.moved.get(value)?.[key] ?? key;
      if (position < 0) return null;
      moved.push(position);
      value = value[key];
      isRequired = current.of.kind === 'nonNull';
      current = nullable(current.of);
    } else {
      if (current.kind !== 'object' || Array.isArray(value))
        return { path: [...moved, ...path.slice(index)], isMasked: false };
      const object = value as ResultObject;
      const type: unknown = current.concrete ?? object['__typename'] ?? current.type;
      if (typeof type !== 'string' || pass.isHidden(type, object)) return null;
      const field: FieldShape | undefined = current.fieldsOf(type)?.find((one) => one.key === key);
      moved.push(key);
      if (field === undefined) return { path: [...moved, ...path.slice(index + 1)], isMasked: false };
      if (field.mask !== null) return { path: [...moved, ...path.slice(index + 1)], isMasked: true };
      value = Object.hasOwn(object, field.inner) ? object[field.inner] : undefined;
      isRequired = field.value.kind === 'nonNull';
      current = nullable(field.value);
    }
  }
  if (isGone(current, value, pass)) return null;
  const isAbsent = (value ?? null) === null && current.kind === 'object' && mayMiss(current.type);
  return { path: moved, isMasked: mayQuoteMasked(current, []), isMissed: isRequired && isAbsent };
}

/** Of a list that is not there, the place of an item tells how many rows there would be. */
function withoutItems(path: ResponsePath): ResponsePath {
  const end = path.findIndex((key) => typeof key === 'number');
  return end === -1 ? path : path.slice(0, end);
}

function isGone(shape: NullableShape, value: unknown, pass: Moving['pass']): boolean {
  if (shape.kind !== 'object' || typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const object = value as ResultObject;
  const type = shape.concrete ?? object['__typename'] ?? shape.type;
  return typeof type !== 'string' || pass.isHidden(type, object);
}

function nullable(shape: ShapeValue): NullableShape {
  return shape.kind === 'nonNull' ? shape.of : shape;
}
