/** Reads the text of a request's body. Clients send some texts again and again: what those say is kept. */
import { messageOf, WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Parameters, parseParameters } from './parameters.ts';

/** Throws `BAD_REQUEST` for text that is no JSON. */
export function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeftError('BAD_REQUEST', { action: `Cannot parse ${place} as JSON`, found: messageOf(cause), cause });
  }
}

/**
 * Reads bodies that are one object. Throws `BAD_REQUEST`. Parameters depend on nothing but the text, and nobody changes them: requests with one
 * text may have them in common, whoever sends it. The older half of what is kept goes at once, which costs less than
 * knowing each text's age.
 */
export function createBodyReader(): (text: string) => Parameters {
  let recent = new Map<string, Parameters>();
  let older = recent;
  let bytes = 0;

  return (text) => {
    const known = recent.get(text) ?? older.get(text);
    if (known !== undefined) return known;
    const parameters = parseParameters(parseJson(text, 'the request body'));
    if (text.length > limits.laneBodyLengthMax) return parameters;
    // A text and what it says, both in two bytes a character at the most.
    bytes += text.length * 4;
    if (bytes > limits.laneBodiesBytesMax / 2) {
      older = recent;
      recent = new Map();
      bytes = text.length * 4;
    }
    recent.set(text, parameters);
    return parameters;
  };
}
