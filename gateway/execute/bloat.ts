/** Whether a JSON text would become far more in memory than it is: looked at before it is read, where it is large. */
import { limits } from '../../mesh/core/limits.ts';

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether a JSON text of `limits.jsonLookedAtMin` bytes or more nests deeper, or holds more lists and objects, than
 * anybody means. Shorter texts cannot do much harm. What is no JSON may be called either.
 */
export function isBloated(bytes: Uint8Array): boolean {
  if (bytes.length < limits.jsonLookedAtMin) return false;
  let [depth, count] = [0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at);
      if (at < 0) return false;
    } else if (byte === openList || byte === openObject) {
      depth += 1;
      count += 1;
      if (depth > limits.jsonDepthMax || count > limits.jsonContainersMax) return true;
    } else if (byte === closeList || byte === closeObject) depth -= 1;
  }
  return false;
}

/** Position of the quote that ends a string; -1 when none does. */
function endOfString(bytes: Uint8Array, start: number): number {
  let end = bytes.indexOf(quote, start + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(quote, end + 1);
  return end;
}

function isEscaped(bytes: Uint8Array, at: number): boolean {
  let first = at;
  while (bytes[first - 1] === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
