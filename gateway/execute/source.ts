/**
 * Functions made from source text, so that what an operation needs becomes straight code with property reads that V8
 * can inline. All generated code comes through here. Names enter it as JSON string literals only, never as identifiers.
 */

/** A property read or the target of an assignment: `o["name"]`. */
export function property(object: string, key: string): string {
  return `${object}[${literal(key)}]`;
}

/** A value as a literal of the source. JSON is a subset of JavaScript (ECMA-262, 2019). */
export function literal(value: string | number | boolean | null): string {
  return JSON.stringify(value);
}

/** Makes the function that `body` returns; `bindings` are the names that it may use besides. */
export function compileSource(body: string, bindings: Readonly<Record<string, unknown>> = {}): unknown {
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- what this file is for; see above.
  return new Function(...Object.keys(bindings), `"use strict"; return ${body}`)(...Object.values(bindings));
}
