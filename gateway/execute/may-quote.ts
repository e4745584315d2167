/** Whether what a subgraph says of a place may quote a value that the subject sees masked. */
import type { ResponsePath } from './collect.ts';
import type { FieldShape, NullableShape, ShapeValue } from './shape.ts';

/**
 * Of an error at a path below a shape: the path may lead to a masked value, or to something that holds one. Where there are no
 * objects to look at (a null took them along), each type that might have stood there counts.
 */
export function mayQuoteMasked(shape: ShapeValue, [key, ...rest]: ResponsePath): boolean {
  if (shape.kind === 'nonNull') return mayQuoteMasked(shape.of, key === undefined ? [] : [key, ...rest]);
  if (key === undefined) return holdsMasked(shape);
  if (shape.kind === 'list') return mayQuoteMasked(shape.of, typeof key === 'number' ? rest : [key, ...rest]);
  if (shape.kind === 'leaf') return false;
  const named = fieldsIn(shape).filter((field) => field.key === key);
  return named.some(({ mask, value }) => mask !== null || mayQuoteMasked(value, rest));
}

const known = new WeakMap<NullableShape, boolean>();

function holdsMasked(shape: ShapeValue): boolean {
  if (shape.kind === 'nonNull') return holdsMasked(shape.of);
  if (shape.kind === 'list') return holdsMasked(shape.of);
  if (shape.kind === 'leaf') return false;
  let holds = known.get(shape);
  if (holds === undefined) {
    holds = fieldsIn(shape).some(({ mask, value }) => mask !== null || holdsMasked(value));
    known.set(shape, holds);
  }
  return holds;
}

function fieldsIn(shape: Extract<NullableShape, { readonly kind: 'object' }>): readonly FieldShape[] {
  const types = new Set([shape.type, ...shape.possibleTypes]);
  return [...types].flatMap((type) => shape.fieldsOf(type) ?? []);
}
