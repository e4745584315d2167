/**
 * Brings an error to where the client can see it. Subgraphs name places as the mesh does inside: under hidden aliases, and in
 * fields that nobody but the gateway asked for, because others require them. Those others are what the client misses then.
 */
import type { RequiredBy } from '../plan/required-by.ts';
import { withoutSuffix } from './alias.ts';
import type { ResponsePath, ResultObject } from './collect.ts';
import type { AnswerError } from './complete.ts';
import type { FieldShape, NullableShape, ObjectShape, ShapeValue } from './shape.ts';

export interface PlaceOptions {
  readonly shape: ObjectShape;
  readonly data: ResultObject;
  readonly requiredBy: RequiredBy;
}

/** The errors at places of the answer, each once a place. */
export function placeErrors(errors: readonly AnswerError[], options: PlaceOptions): readonly AnswerError[] {
  const placed = new Map<string, AnswerError>();
  for (const { path, ...error } of errors) {
    const places = path === undefined ? [[]] : placesOf(path, options);
    for (const place of places) {
      // An error of nothing in particular has no path.
      const known = place.length === 0 ? error : { ...error, path: place };
      placed.set(JSON.stringify([place, error.message, error.extensions.code]), known);
    }
  }
  return [...placed.values()];
}

/** An object on the way to an error. */
interface Level {
  readonly place: ResponsePath;
  readonly fields: readonly FieldShape[];
  /** Where its fields stand in the error's path. */
  readonly index: number;
}

/** A place may have several shapes: what is answered at once there, and what is deferred. */
function placesOf(path: ResponsePath, { shape, data, requiredBy }: PlaceOptions): readonly ResponsePath[] {
  const levels: Level[] = [];
  let place: ResponsePath = [];
  let shapes: readonly NullableShape[] = [shape];
  let datum: unknown = data;
  for (const [index, step] of path.entries()) {
    if (typeof step === 'number') {
      const items = shapes.flatMap((one) => (one.kind === 'list' ? nullable(one.of) : []));
      if (items.length === 0) break;
      place = [...place, step];
      shapes = items;
      datum = childOf(datum, step);
      continue;
    }
    const objects = shapes.filter((one) => one.kind === 'object');
    if (objects.length === 0) break;
    const fields = objects.flatMap((object) => fieldsOf(object, childOf(datum, '__typename')));
    levels.push({ place, fields, index });
    const inner = withoutSuffix(step);
    const found = fields.filter((field) => field.inner === inner && field.from === 'result');
    const [field] = found;
    if (field === undefined) return missedBy(levels, path, requiredBy) ?? (isOfOthers(objects, inner) ? [] : [place]);
    place = [...place, field.key];
    shapes = found.map(({ value }) => nullable(value));
    datum = childOf(datum, inner);
  }
  return [place];
}

function nullable(shape: ShapeValue): NullableShape {
  return shape.kind === 'nonNull' ? shape.of : shape;
}

/** Of an object that is not there, or that an interface object gave, nobody may know the type: then it may be any. */
function fieldsOf(shape: ObjectShape, type: unknown): readonly FieldShape[] {
  const named = shape.possibleTypes.filter((possible) => possible === (shape.concrete ?? type));
  return (named.length > 0 ? named : shape.possibleTypes).flatMap((name) => [
    ...(shape.fieldsOf(name) ?? []),
    ...shape.deferredOf(name).flatMap((deferred) => fieldsOf(deferred.shape, name)),
  ]);
}

/** An interface object is asked for what is wanted of any implementation; what fails of another one is not missed here. */
function isOfOthers(shapes: readonly ObjectShape[], inner: string): boolean {
  return shapes.some(
    (shape) => fieldsOf(shape, undefined).some((field) => field.inner === inner) && shape.concrete === null,
  );
}

/** The fields, of the nearest object that has some, which require what is at the end of the path. */
function missedBy(
  levels: readonly Level[],
  path: ResponsePath,
  requiredBy: RequiredBy,
): readonly ResponsePath[] | null {
  for (const { place, fields, index } of levels.toReversed()) {
    const names = path.slice(index).flatMap((step) => (typeof step === 'string' ? [withoutSuffix(step)] : []));
    const missing = fields.filter(
      ({ parent, name, from }) => from === 'result' && requiredBy.requires(`${parent}.${name}`, names),
    );
    if (missing.length > 0) return missing.map(({ key }) => [...place, key]);
  }
  return null;
}

function childOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string | number, unknown>>)[key]
    : undefined;
}
