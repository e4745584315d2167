/** Masks values as they stand in a text: one character a byte in, one character a byte out. */
import { limits } from '../../mesh/core/limits.ts';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { Masker } from '../../mesh/policy/masker.ts';
import { maskValue } from '../execute/masked.ts';
import type { ShapeValue } from '../execute/shape.ts';

/** The text of the masked value. */
export type MaskText = (text: string) => string;

/** Compiles a mask over leaves, or lists of them, that have been found to be of their type. */
export function compileMaskText(shape: ShapeValue, mask: Mask, masker: Masker): MaskText {
  const show = maskValue(shape, mask, masker);
  const known = new Map<string, string>();
  return (text) => {
    let shown = known.get(text);
    if (shown !== undefined) return shown;
    shown = byteText(JSON.stringify(show(readText(text))));
    if (known.size >= limits.spliceTextsMax) known.clear();
    known.set(text, shown);
    return shown;
  };
}

/** What a text says that has one character a byte. */
export function readText(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'latin1').toString());
}

function byteText(text: string): string {
  return Buffer.from(text).toString('latin1');
}
