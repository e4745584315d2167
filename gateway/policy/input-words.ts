/**
 * What a text may name where fields are named in it: in a value of a custom scalar, or in a clause. Filters and orders are written
 * there as each domain likes: `card`, `-card`, `person.card`, `card desc`, `card__gt`, `$card`, several of them with commas, and all
 * of that as JSON in a text.
 */
import type { Json } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';

/** The names that lead to something, the last one its own, each in the forms in which it may be meant. */
export type NamePath = readonly (readonly string[])[];

/** What a key names. */
export function pathOfKey(key: string): NamePath {
  return key
    .split(/\W+/)
    .filter((name) => name !== '')
    .map(formsOf);
}

/** What a text names; none where it is no more than a text. */
export function pathsOfText(text: string): readonly NamePath[] {
  return text.split(',').flatMap((part) => {
    const path = orderPattern.exec(part)?.[1];
    return path === undefined ? [] : [pathOfKey(path)];
  });
}

/** All that a clause may name, whatever it is written in: in `salary > 5000 and boss.city = "x"` also the words that are none. */
export function pathsOfClause(text: string): readonly NamePath[] {
  return Array.from(new Set(text.match(clauseWords)), pathOfKey);
}

const clauseWords = /[A-Za-z_]\w*(?:(?:\.|\/|->)\w+)*/g;

/** JSON that stands in a text; `undefined` where none does. */
export function jsonIn(text: string): Json | undefined {
  if (!opensJson.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Whether a text may hold JSON that is nested deeper than inputs may be. */
export function isDeep(text: string): boolean {
  if (!opensJson.test(text)) return false;
  let depth = 0;
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > limits.inputDepthMax) return true;
  }
  return false;
}

const opensJson = /^\s*[[{"]/;
const orderPattern =
  /^\s*[-+!~$]*(\w+(?:(?:\.|\/|->)\w+)*)(?:[\s:]+(?:asc|desc)(?:ending)?(?:[\s_]+nulls[\s_]+(?:first|last))?)?\s*$/i;

/** The name, and what stands in it before an underscore: operators follow there. Of a name with many, the first few. */
function formsOf(name: string): readonly string[] {
  const forms = [name];
  for (let at = name.indexOf('_', 1); at > 0 && forms.length < formsMax; at = name.indexOf('_', at + 1)) {
    forms.push(name.slice(0, at));
  }
  return forms;
}

const formsMax = 9;
