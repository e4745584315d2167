/** Leaf values as JSON text (GraphQL specification, section 3.5, result coercion), or `undefined` when a value is none of the type's. */
import type { LeafShape } from './shape.ts';

const int32 = 2 ** 31;

/** Writes a value that is not null. */
export function writeLeaf(shape: LeafShape, value: unknown): string | undefined {
  switch (shape.leaf) {
    case 'String':
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? JSON.stringify(String(value))
        : undefined;
    case 'ID':
      // A greater number has lost its last digits on the way and would name another thing.
      return typeof value === 'string' || Number.isSafeInteger(value) ? JSON.stringify(String(value)) : undefined;
    case 'Int':
      return Number.isInteger(value) && Math.abs(Number(value) + 0.5) < int32 ? String(value) : undefined;
    case 'Float':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'Boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'enum':
      return typeof value === 'string' && shape.values?.has(value) ? `"${value}"` : undefined;
    case 'custom':
      return writeAny(value);
    default:
      return shape.leaf satisfies never;
  }
}

/** Any JSON, but not what only looks like it: a number beyond all bounds, or nesting that cannot be written again. */
function writeAny(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
