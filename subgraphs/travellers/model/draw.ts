/** Numbers that look random and follow from a key alone. */

/** Draws whole numbers from 0 up to, not including, `below`; the same key gives the same numbers in the same order. */
export type Draw = (below: number) => number;

export function createDraw(key: string): Draw {
  // FNV-1a spreads the key over 32 bits; a Weyl sequence walks on from there and Murmur's finaliser scatters each step.
  let state = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) state = Math.imul(state ^ key.charCodeAt(index), 0x01000193);
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return Math.floor((((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32) * below);
  };
}
