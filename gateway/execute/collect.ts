/** Finds the objects of a result that stand at a plan's path, with or without saying where. */
import { isJsonObject } from '../../mesh/core/json.ts';
import type { PathStep } from '../plan/plan.ts';

/** A result object under construction; own keys only. */
export type ResultObject = Record<string, unknown>;

export type ResponsePath = readonly (string | number)[];

/** Adds to `found` every object at the path, in the order of the result. */
export type Collector = (root: ResultObject, found: ResultObject[]) => void;

/** Compiles a path into a collector. */
export function compileCollector(path: readonly PathStep[]): Collector {
  return path.reduceRight<(value: unknown, found: ResultObject[]) => void>((next, step) => {
    const isWanted = typeTest(step.types);
    if (step.kind === 'field') {
      const { key } = step;
      return (value, found) => {
        const child = (value as ResultObject)[key];
        if (child !== null && child !== undefined && isWanted(child)) next(child, found);
      };
    }
    return (value, found) => {
      if (!Array.isArray(value)) return;
      for (const item of value) if (item !== null && item !== undefined && isWanted(item)) next(item, found);
    };
  }, (value, found) => {
    if (isJsonObject(value)) found.push(value);
  });
}

/** Every place where one of the wanted objects stands under the path. Slow: only for errors. */
export function pathsTo(root: ResultObject, path: readonly PathStep[], wanted: ReadonlySet<unknown>): ResponsePath[] {
  const places: ResponsePath[] = [];
  const walk = (value: unknown, depth: number, place: ResponsePath): void => {
    const step = path[depth];
    if (step === undefined) {
      if (wanted.has(value)) places.push(place);
    } else if (value === null || value === undefined) {
      return;
    } else if (step.kind === 'field') {
      const child = (value as ResultObject)[step.key];
      if (typeTest(step.types)(child)) walk(child, depth + 1, [...place, step.key]);
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => typeTest(step.types)(item) && walk(item, depth + 1, [...place, index]));
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

function typeTest(types: readonly string[] | undefined): (value: unknown) => boolean {
  if (types === undefined) return () => true;
  const wanted = new Set<unknown>(types);
  return (value) => Array.isArray(value) || (isJsonObject(value) && wanted.has(value['__typename']));
}
