/** Masks values as they stand in a text: one character a byte in, one character a byte out. */
import { type Mask, maskText } from '../../mesh/policy/mask.ts';
import type { Masker } from '../../mesh/policy/masker.ts';
import { maskValue } from '../execute/masked.ts';
import type { ShapeValue } from '../execute/shape.ts';
import { recallTexts } from './recall.ts';

/** The text of the masked value that stands between two positions of a text. */
export type MaskText = (text: string, start: number, end: number) => string;

/** Compiles a mask over leaves, or lists of them, that have been found to be of their type. */
export function compileMaskText(shape: ShapeValue, mask: Mask, masker: Masker): MaskText {
  const name = nameOf(shape);
  if (name === null) return maskTextOf(shape, mask, masker);
  const ofMasker = known.get(masker) ?? new Map<string, MaskText>();
  known.set(masker, ofMasker);
  const key = `${maskText(mask)} ${name}`;
  const show = ofMasker.get(key) ?? maskTextOf(shape, mask, masker);
  ofMasker.set(key, show);
  return show;
}

/** What a mask makes of every value that is not null, where that is always the same; else `null`. */
export function constantText(shape: ShapeValue, { name }: Mask, masker: Masker): string | null {
  const value = shape.kind === 'nonNull' ? shape.of : shape;
  if (name !== 'REDACT' || value.kind !== 'leaf' || value.leaf === 'custom') return null;
  return byteText(JSON.stringify(masker({ name, step: null }, value)('')));
}

/** What all operations remember that mask alike. */
const known = new WeakMap<Masker, Map<string, MaskText>>();

/** Names what decides how a mask works; `null` where that is more than a name: an enum's values differ between subjects. */
function nameOf(shape: ShapeValue): string | null {
  if (shape.kind === 'nonNull') return nameOf(shape.of);
  if (shape.kind === 'leaf') return shape.leaf === 'enum' ? null : `${shape.leaf} ${shape.type}`;
  const item = shape.kind === 'list' ? nameOf(shape.of) : null;
  return item && `[${item}]`;
}

function maskTextOf(shape: ShapeValue, mask: Mask, masker: Masker): MaskText {
  const show = maskValue(shape, mask, masker);
  return recallTexts((text) => byteText(JSON.stringify(show(readText(text)))));
}

/** What a text says that has one character a byte. */
export function readText(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'latin1').toString());
}

function byteText(text: string): string {
  return Buffer.from(text).toString('latin1');
}
