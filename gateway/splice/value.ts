/**
 * Steps over JSON values in bytes (RFC 8259) without making anything of them: each function takes the place where a value
 * begins and gives the place behind it, or -1 for what is no such value or is written in a way that has to be looked at
 * more closely. No spaces are allowed: hardly a server writes any.
 */

/** Where a value ends that begins at `at`; -1 when it is not as it should be. */
export type Step = (bytes: Uint8Array, at: number) => number;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
/** Deeper values are left to a reader that does not recurse. */
const depthMax = 64;

/** A string. Bytes beyond ASCII are taken as they are: the whole text has to be UTF-8. */
export const stepString: Step = (bytes, at) => {
  if (bytes[at] !== quote) return -1;
  for (let p = at + 1; p < bytes.length; p++) {
    const byte = bytes[p] as number;
    if (byte === quote) return p + 1;
    if (byte < 0x20) return -1;
    if (byte === backslash) {
      p = stepEscape(bytes, p);
      if (p < 0) return -1;
    }
  }
  return -1;
};

/** Gives the place of an escape's last byte. A surrogate is left to a reader that sees whether it stands alone. */
function stepEscape(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1] as number;
  if (kind !== 0x75) return kind !== undefined && '"\\/bfnrt'.includes(String.fromCharCode(kind)) ? at + 1 : -1;
  for (let p = at + 2; p < at + 6; p++) if (!isHex(bytes[p])) return -1;
  const isSurrogate = ((bytes[at + 2] ?? 0) | 0x20) === 0x64 && (bytes[at + 3] ?? 0) > 0x37;
  return isSurrogate ? -1 : at + 5;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const low = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (low >= 0x61 && low <= 0x66);
}

/** A whole number of 32 bits (GraphQL specification, section 3.5.1). */
export const stepInt: Step = (bytes, at) => {
  let p = bytes[at] === 0x2d ? at + 1 : at;
  const from = p;
  let value = 0;
  while (p < bytes.length && isDigit(bytes[p])) value = value * 10 + ((bytes[p++] as number) - 0x30);
  const digits = p - from;
  if (digits === 0 || digits > 10 || (digits > 1 && bytes[from] === 0x30)) return -1;
  if (value > (from > at ? 0x80000000 : 0x7fffffff) || (value === 0 && from > at)) return -1;
  return isNumberEnd(bytes[p]) ? p : -1;
};

/** A number that is finite for all that can be told from its length. It is taken as it is written. */
export const stepFloat: Step = (bytes, at) => {
  const from = bytes[at] === 0x2d ? at + 1 : at;
  let p = stepDigits(bytes, from);
  if (p === from || (p > from + 1 && bytes[from] === 0x30)) return -1;
  if (bytes[p] === 0x2e) {
    const fraction = p + 1;
    p = stepDigits(bytes, fraction);
    if (p === fraction) return -1;
  }
  if (p - from > numberLengthMax) return -1;
  if (((bytes[p] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[p + 1];
    const exponent = sign === 0x2b || sign === 0x2d ? p + 2 : p + 1;
    p = stepDigits(bytes, exponent);
    if (p === exponent || p > exponent + 2) return -1;
  }
  return isNumberEnd(bytes[p]) ? p : -1;
};

/** With two digits of exponent far from what a double can hold. */
const numberLengthMax = 100;

function stepDigits(bytes: Uint8Array, at: number): number {
  let p = at;
  while (isDigit(bytes[p])) p++;
  return p;
}

/** `true` or `false`. */
export const stepBoolean: Step = (bytes, at) => (bytes[at] === 0x74 ? stepTrue(bytes, at) : stepFalse(bytes, at));

/** `null`. */
export const stepNull: Step = stepWord('null');
const stepTrue: Step = stepWord('true');
const stepFalse: Step = stepWord('false');

/** Any value. */
export const stepAny: Step = (bytes, at) => stepNested(bytes, at, 0);

function stepNested(bytes: Uint8Array, at: number, depth: number): number {
  switch (bytes[at]) {
    case quote:
      return stepString(bytes, at);
    case 0x6e:
      return stepNull(bytes, at);
    case 0x74:
    case 0x66:
      return stepBoolean(bytes, at);
    case 0x5b:
      return depth > depthMax ? -1 : stepItems(bytes, at, (b, p) => stepNested(b, p, depth + 1));
    case 0x7b:
      return depth > depthMax ? -1 : stepMembers(bytes, at, depth + 1);
    default:
      return stepFloat(bytes, at);
  }
}

function stepMembers(bytes: Uint8Array, at: number, depth: number): number {
  if (bytes[at + 1] === 0x7d) return at + 2;
  for (let p = at; ;) {
    p = stepString(bytes, p + 1);
    if (p < 0 || bytes[p] !== 0x3a) return -1;
    p = stepNested(bytes, p + 1, depth);
    if (p < 0) return -1;
    if (bytes[p] === 0x7d) return p + 1;
    if (bytes[p] !== comma) return -1;
  }
}

/** A list whose every item is stepped over alike. */
export function stepItems(bytes: Uint8Array, at: number, item: Step): number {
  if (bytes[at] !== 0x5b) return -1;
  if (bytes[at + 1] === 0x5d) return at + 2;
  for (let p = at; ;) {
    p = item(bytes, p + 1);
    if (p < 0) return -1;
    if (bytes[p] === 0x5d) return p + 1;
    if (bytes[p] !== comma) return -1;
  }
}

/** One of some names, as a string without escapes. */
export function stepEnum(names: ReadonlySet<string>): Step {
  return (bytes, at) => {
    const end = stepString(bytes, at);
    if (end < 0) return -1;
    let name = '';
    for (let p = at + 1; p < end - 1; p++) name += String.fromCharCode(bytes[p] as number);
    return names.has(name) ? end : -1;
  };
}

/** One word, to the letter. */
function stepWord(word: string): Step {
  const codes = [...Buffer.from(word)];
  return (bytes, at) => (codes.every((code, index) => bytes[at + index] === code) ? at + codes.length : -1);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** What may stand behind a number: the end of a list, of an object, of a member. */
function isNumberEnd(byte: number | undefined): boolean {
  return byte === comma || byte === 0x5d || byte === 0x7d;
}
