/** Finds where in a result the fragments stand that are answered later. */
import type { ResponsePath, ResultObject } from './collect.ts';
import type { ObjectShape, ShapeValue } from './shape.ts';

/** One object that a fragment is answered for. */
export interface DeferredPlace {
  readonly shape: ObjectShape;
  readonly object: ResultObject;
  readonly path: ResponsePath;
}

export interface Seen {
  /** Where the object stands in the answer. */
  readonly path: ResponsePath;
  /** What the client has there, when that may be less than the result has; else `undefined`. */
  readonly sent: unknown;
}

/** The places of each fragment, by label, in the order of the result. Those inside another fragment belong to it. */
export function findPlaces(shape: ObjectShape, object: ResultObject, seen: Seen): Map<string, DeferredPlace[]> {
  const found = new Map<string, DeferredPlace[]>();
  walkObject(shape, object, { ...seen, found });
  return found;
}

interface Walk extends Seen {
  readonly found: Map<string, DeferredPlace[]>;
}

function walkObject(shape: ObjectShape, value: unknown, walk: Walk): void {
  if (!shape.isDeferring || typeof value !== 'object') return;
  const object = value as ResultObject;
  const type = shape.concrete ?? object['__typename'] ?? shape.type;
  if (typeof type !== 'string') return;
  for (const deferred of shape.deferredOf(type)) {
    const places = walk.found.get(deferred.label) ?? [];
    places.push({ shape: deferred.shape, object, path: walk.path });
    walk.found.set(deferred.label, places);
  }
  for (const field of shape.fieldsOf(type) ?? []) {
    if (field.from === 'result') walkValue(field.value, object[field.inner], step(walk, field.key));
  }
}

/** What the client has as null is closed, whatever the result has. */
function walkValue(shape: ShapeValue, value: unknown, walk: Walk): void {
  if (value === null || value === undefined || walk.sent === null) return;
  if (shape.kind === 'nonNull') walkValue(shape.of, value, walk);
  else if (shape.kind === 'object') walkObject(shape, value, walk);
  else if (shape.kind === 'list' && mayDefer(shape.of) && Array.isArray(value)) {
    value.forEach((item: unknown, index) => walkValue(shape.of, item, step(walk, index)));
  }
}

function mayDefer(shape: ShapeValue): boolean {
  if (shape.kind === 'leaf') return false;
  return shape.kind === 'object' ? shape.isDeferring : mayDefer(shape.of);
}

function step({ path, sent, found }: Walk, key: string | number): Walk {
  const below = sent === undefined ? undefined : ((sent as Record<string | number, unknown>)[key] ?? null);
  return { path: [...path, key], sent: below, found };
}
