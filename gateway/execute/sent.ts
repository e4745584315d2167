/**
 * What a client has of an answer that comes in parts. As long as all went well it has what the result has, and nothing
 * needs to be looked up. Once a null has travelled up to where it may stand, the client has less: that null is final, and
 * no later part may put an object in its place.
 */
import type { ResponsePath } from './collect.ts';

type Json = Record<string | number, unknown>;

export class Sent {
  #texts: { readonly path: ResponsePath; readonly text: string }[] = [];
  #tree: unknown;
  #isTracking = false;

  /** From here on nulls are looked up. */
  track(): void {
    if (this.#isTracking) return;
    this.#isTracking = true;
    for (const { path, text } of this.#texts) this.#merge(path, text);
    this.#texts = [];
  }

  /** Notes the data of one part at its place. */
  add(path: ResponsePath, text: string): void {
    if (this.#isTracking) this.#merge(path, text);
    else this.#texts.push({ path, text });
  }

  /** What the client has at a path; `undefined` as long as it has what the result has. */
  at(path: ResponsePath): unknown {
    if (!this.#isTracking) return undefined;
    return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : null), this.#tree) ?? null;
  }

  /** The text of a part without what would stand where the client has a final null. */
  withoutNulled(path: ResponsePath, text: string): string {
    if (!this.#isTracking) return text;
    const data: unknown = JSON.parse(text);
    return dropNulled(data, this.at(path)) ? JSON.stringify(data) : text;
  }

  #merge(path: ResponsePath, text: string): void {
    const data: unknown = JSON.parse(text);
    // A part that failed as a whole leaves its place as it was.
    if (path.length > 0 && data === null) return;
    const known = path.length === 0 ? this.#tree : this.at(path);
    const merged = merge(known, data);
    if (path.length === 0) this.#tree = merged;
  }
}

function merge(known: unknown, added: unknown): unknown {
  if (!isObject(known) || !isObject(added)) return added;
  for (const key of Object.keys(added)) {
    if (key !== '__proto__') known[key] = Object.hasOwn(known, key) ? merge(known[key], added[key]) : added[key];
  }
  return known;
}

/** Whether something was dropped. An item of a list becomes null, since the others keep their positions. */
function dropNulled(data: unknown, sent: unknown): boolean {
  if (!isObject(data) || !isObject(sent)) return false;
  let isChanged = false;
  for (const key of Object.keys(data)) {
    if (data[key] === null || !Object.hasOwn(sent, key)) continue;
    if (sent[key] !== null) {
      isChanged = dropNulled(data[key], sent[key]) || isChanged;
      continue;
    }
    isChanged = true;
    if (Array.isArray(data)) data[Number(key)] = null;
    else delete data[key];
  }
  return isChanged;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
