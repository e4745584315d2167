/** Whether a text would become far more in memory than it is: looked at before it is parsed, where it is large. */
import { limits } from '../../mesh/core/limits.ts';

const [quote, backslash, openList, closeList, openObject, closeObject] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether a JSON text of `limits.jsonLookedAtMin` characters or more nests deeper, or holds more lists and objects, than
 * anybody means. Shorter texts cannot do much harm. What is no JSON may be called either.
 */
export function isBloated(text: string): boolean {
  if (text.length < limits.jsonLookedAtMin) return false;
  let [depth, count] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      if (at < 0) return false;
    } else if (code === openList || code === openObject) {
      depth += 1;
      count += 1;
      if (depth > limits.jsonDepthMax || count > limits.jsonContainersMax) return true;
    } else if (code === closeList || code === closeObject) depth -= 1;
  }
  return false;
}

/** Position of the quote that ends a string; -1 when none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}
