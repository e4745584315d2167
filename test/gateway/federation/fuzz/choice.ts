/**
 * Random structure out of a list of numbers: whoever builds something asks for its next choice. When the list is used up, each
 * choice is the first, which is the simplest; so fast-check shrinks whatever is built by shortening and lowering the list.
 */
import fc from 'fast-check';

export interface Choose {
  /** The next whole number below a bound. */
  (bound: number): number;
}

export const choices = (lengthMax: number): fc.Arbitrary<readonly number[]> =>
  fc.noBias(fc.array(fc.nat(0xffff), { maxLength: lengthMax, size: 'max' }));

export function createChoose(numbers: readonly number[]): Choose {
  let position = 0;
  return (bound) => (numbers[position++] ?? 0) % bound;
}

/** One of several. */
export function pick<Item>(choose: Choose, items: readonly [Item, ...Item[]]): Item {
  return items[choose(items.length)] ?? items[0];
}

/** Those of several that happen to be chosen. */
export function pickSome<Item>(choose: Choose, items: readonly Item[]): readonly Item[] {
  return items.filter(() => choose(2) === 1);
}

/** Choices that follow from a text: the same wherever it is asked. */
export function choicesOf(text: string): Choose {
  let state = 2_166_136_261;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619);
  return (bound) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x85ebca6b) >>> 0;
    return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
  };
}
