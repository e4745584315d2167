/** Finds the objects of a result that stand at a plan's path, with or without saying where. */
import { isJsonObject } from '../../mesh/core/json.ts';
import type { PathStep } from '../plan/plan.ts';
import { compileSource, property } from './source.ts';

/** A result object under construction; own keys only. */
export type ResultObject = Record<string, unknown>;

export type ResponsePath = readonly (string | number)[];

/** Adds to `found` every object at the path, in the order of the result. */
export type Collector = (root: ResultObject, found: ResultObject[]) => void;

/** Compiles a path into a collector: one loop in another, a property read a step. */
export function compileCollector(path: readonly PathStep[]): Collector {
  const tests: ((value: unknown) => boolean)[] = [];
  const lines = path.map((step, index) => {
    const value = step.kind === 'field' ? property(`v${index}`, step.key) : `v${index}[i${index}]`;
    const next = `v${index + 1}`;
    const isWanted = step.types === undefined ? '' : ` && test[${tests.push(typeTest(step.types)) - 1}](${next})`;
    const loop =
      step.kind === 'field'
        ? ''
        : `if (Array.isArray(v${index})) for (let i${index} = 0; i${index} < v${index}.length; i${index}++) `;
    return `${loop}{ const ${next} = ${value}; if (${next} !== null && ${next} !== undefined${isWanted}) `;
  });
  const last = `v${path.length}`;
  const body = `if (typeof ${last} === 'object' && !Array.isArray(${last})) found.push(${last});`;
  const source = `function collect(v0, found) { ${lines.join('')}${body}${' }'.repeat(lines.length)} }`;
  return compileSource(source, { test: tests }) as Collector;
}

/** Where each object under the path stands: mostly one place, more for one that stands in several. Slow: only for errors. */
export function placesAt(root: ResultObject, path: readonly PathStep[]): ReadonlyMap<unknown, readonly ResponsePath[]> {
  const places = new Map<unknown, ResponsePath[]>();
  const walk = (value: unknown, depth: number, place: ResponsePath): void => {
    const step = path[depth];
    if (step === undefined) {
      const known = places.get(value);
      if (known) known.push(place);
      else places.set(value, [place]);
    } else if (value === null || value === undefined) {
      return;
    } else if (step.kind === 'field') {
      const child = (value as ResultObject)[step.key];
      if (typeTest(step.types)(child)) walk(child, depth + 1, [...place, step.key]);
    } else if (Array.isArray(value)) {
      const isWanted = typeTest(step.types);
      value.forEach((item, index) => isWanted(item) && walk(item, depth + 1, [...place, index]));
    }
  };
  walk(root, 0, []);
  return places;
}

/** The part of a path before its first list: where an error is reported that befell all of them. */
export function staticPrefix(path: readonly PathStep[]): ResponsePath {
  const end = path.findIndex((step) => step.kind === 'items');
  return path.slice(0, end === -1 ? path.length : end).flatMap((step) => (step.kind === 'field' ? [step.key] : []));
}

/** Whether a value is an object of these types, or a list. */
export function typeTest(types: readonly string[] | undefined): (value: unknown) => boolean {
  if (types === undefined) return () => true;
  const wanted = new Set<unknown>(types);
  return (value) => Array.isArray(value) || (isJsonObject(value) && wanted.has(value['__typename']));
}
