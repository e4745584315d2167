/** Remembers what was made of pieces of texts, however long those texts are. */
import { limits } from '../../mesh/core/limits.ts';

/** Makes something of the piece between two positions of a text. */
export type Recall = (text: string, start: number, end: number) => string;

/** Remembers what `make` made of the pieces that came last, or come often. */
export function recallTexts(make: (piece: string) => string): Recall {
  const known = new Map<string, string>();
  const recall = (piece: string): string => {
    let made = known.get(piece);
    if (made !== undefined) return made;
    made = make(piece);
    if (known.size >= limits.spliceTextsMax) known.clear();
    known.set(ownText(piece), made);
    return made;
  };
  // A place for each of some few sums. A map has to sum up the whole piece, and that took twice the time.
  const pieces = Array.from({ length: placeCount }, () => '');
  const results = Array.from({ length: placeCount }, () => '');
  return (text, start, end) => {
    const place = sumOf(text, start, end) % placeCount;
    const piece = text.slice(start, end);
    if (pieces[place] === piece && piece !== '') return results[place] ?? '';
    const made = recall(piece);
    pieces[place] = ownText(piece);
    results[place] = made;
    return made;
  };
}

const placeCount = 256;

/** A number out of the length and some of the characters. */
function sumOf(text: string, start: number, end: number): number {
  let sum = end - start;
  const step = (sum >> 3) + 1;
  for (let at = start; at < end; at += step) sum = (Math.imul(sum, 31) + text.charCodeAt(at)) | 0;
  return (sum ^ (sum >>> 8)) >>> 0;
}

/** The same as a text of its own, one character a byte: V8 keeps a whole text for as long as it keeps a piece of it. */
export function ownText(piece: string): string {
  return Buffer.from(piece, 'latin1').toString('latin1');
}
