/** The JSON text of one event of a subgraph's subscription. */
import { limits } from '../../mesh/core/limits.ts';
import { isBloated } from './bloat.ts';

/** Parses it. Throws `SyntaxError` for what is no JSON, `RangeError` for what would be far more in memory than it is. */
export function parseEventJson(text: string): unknown {
  // A shorter text has too few bytes to be looked at, whatever it is made of.
  const mayBeLarge = text.length * 3 >= limits.jsonLookedAtMin;
  if (mayBeLarge && isBloated(Buffer.from(text))) throw new RangeError('The event holds more than can be taken.');
  return JSON.parse(text);
}
