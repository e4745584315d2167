/** Puts what a subgraph answered into the result, key by key; only keys that were asked for get in. */
import type { Rewrite } from '../plan/plan.ts';
import { compileSource, literal, property } from './source.ts';
import type { PossibleTypes } from './represent.ts';
import type { ResultObject } from './collect.ts';

export type Merge = (target: ResultObject, source: ResultObject) => void;

/**
 * Compiles the merge of objects whose keys are known. Nested values are taken over as they are, unless the target has
 * some already: then they are merged key by key. With `shared`, one source goes to several places of the plan: nested
 * values are copied, so that no later fetch writes into two of them at once. An interface object says the interface's
 * name for its type: it gives way to the name of a type that `possibleTypes` knows as an object's.
 */
export function compileMerge(keys: readonly string[], shared: boolean, possibleTypes: PossibleTypes = noTypes): Merge {
  const isObjectType = (type: unknown): boolean => typeof type === 'string' && possibleTypes(type).has(type);
  const lines = keys
    .filter((key) => key !== '__proto__')
    .map((key) => {
      const known = property('target', key);
      return `k = ${ownProperty('target', key)}; v = ${ownProperty('source', key)};
        if (k === undefined || k === null) { if (v !== undefined) ${known} = ${shared ? 'copy(v)' : 'v'}; }
        else if (typeof k === 'object' && typeof v === 'object' && v !== null && v !== k) mergeDeep(k, v, isObjectType);
        ${key === '__typename' ? `else if (k !== v && isObjectType(v)) ${known} = v;` : ''}`;
    });
  const source = `function merge(target, source) { let k; let v; ${lines.join('\n')} }`;
  return compileSource(source, { copy, mergeDeep, isObjectType }) as Merge;
}

/** Every object seems to have the names of its prototype: a field may bear one, such as `constructor`. */
function ownProperty(object: string, key: string): string {
  const read = property(object, key);
  return key in Object.prototype ? `(Object.hasOwn(${object}, ${literal(key)}) ? ${read} : undefined)` : read;
}

const noTypes: PossibleTypes = () => new Set();

/** Renames keys in a result, as a fetch's output rewrites say. */
export function compileRenames(
  rewrites: readonly Rewrite[],
  possibleTypes: PossibleTypes,
): (source: ResultObject) => void {
  const renames = rewrites.flatMap((rewrite) => (rewrite.kind === 'rename' ? [rewrite] : []));
  return (source) => {
    for (const { path, to } of renames) renameAt(source, path, { to, possibleTypes });
  };
}

interface Rename {
  readonly to: string;
  readonly possibleTypes: PossibleTypes;
}

function renameAt(value: unknown, path: Rewrite['path'], rename: Rename): void {
  if (Array.isArray(value)) {
    for (const item of value) renameAt(item, path, rename);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const object = value as ResultObject;
  const [step, ...rest] = path;
  if (step === undefined) return;
  if (step.kind === 'type') {
    const type = object['__typename'];
    const matches = type === undefined || type === step.type || rename.possibleTypes(step.type).has(String(type));
    if (matches) renameAt(object, rest, rename);
  } else if (rest.length > 0) {
    renameAt(object[step.key], rest, rename);
  } else if (Object.hasOwn(object, step.key)) {
    object[rename.to] = object[step.key];
    delete object[step.key];
  }
}

/** Adds to a value what another has beyond it. */
export function mergeDeep(target: object, source: object, isObjectType: (type: unknown) => boolean): void {
  if (Array.isArray(target) || Array.isArray(source)) {
    if (!Array.isArray(target) || !Array.isArray(source)) return;
    target.forEach((item: unknown, index) => {
      const other: unknown = source[index];
      if (item === null || item === undefined) target[index] = other;
      else if (typeof item === 'object' && typeof other === 'object' && other !== null)
        mergeDeep(item, other, isObjectType);
    });
    return;
  }
  const [known, other] = [target as ResultObject, source as ResultObject];
  for (const key of Object.keys(other)) {
    const [value, present] = [other[key], Object.hasOwn(known, key) ? known[key] : undefined];
    if (key === '__proto__' || value === present) continue;
    if (present === undefined || present === null) known[key] = value;
    else if (typeof present === 'object' && typeof value === 'object' && value !== null)
      mergeDeep(present, value, isObjectType);
    else if (key === '__typename' && isObjectType(value)) known[key] = value;
  }
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, copy(child)]));
}
