/** Masks what stands in a field: a leaf, or lists of them item by item. */
import type { Mask } from '../../mesh/policy/mask.ts';
import type { MaskValue, Masker } from '../../mesh/policy/masker.ts';
import type { ShapeValue } from './shape.ts';

/** The function that masks values of a shape. No mask fits an object: nothing is shown of it. */
export function maskValue(shape: ShapeValue, mask: Mask, masker: Masker): MaskValue {
  switch (shape.kind) {
    case 'nonNull':
      return maskValue(shape.of, mask, masker);
    case 'leaf':
      return masker(mask, shape);
    case 'list': {
      const item = maskValue(shape.of, mask, masker);
      // Of what is no list nothing is shown anyhow.
      return (value) => (Array.isArray(value) ? value.map(item) : null);
    }
    case 'object':
      return () => null;
    default:
      return shape satisfies never;
  }
}
