/** Arguments that a subgraph's fields take from objects above them (`@fromContext`): entities by the values they see. */
import type { ContextArgument, PathStep, RewriteStep } from '../plan/plan.ts';
import { type ResultObject, typeTest } from './collect.ts';
import type { PossibleTypes } from './represent.ts';

/** Entities above which the same values stand. */
export interface ContextLot {
  /** Values by variable. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly entities: ResultObject[];
}

export interface ContextPlace {
  readonly path: readonly PathStep[];
  readonly contexts: readonly ContextArgument[];
  readonly possibleTypes: PossibleTypes;
}

/** Collects the entities at a place, those with the same values together, in the order of the result. */
export function collectByContext(root: ResultObject, place: ContextPlace): readonly ContextLot[] {
  const lots = new Map<string, ContextLot>();
  const walk = (value: unknown, depth: number, above: readonly ResultObject[]): void => {
    if (typeof value !== 'object' || value === null) return;
    const step = place.path[depth];
    if (step === undefined) {
      const values = contextValues(above, place);
      const text = JSON.stringify(values);
      const lot = lots.get(text) ?? { values, entities: [] };
      lots.set(text, lot);
      lot.entities.push(value as ResultObject);
    } else if (step.kind === 'items') {
      const items = Array.isArray(value) ? value.filter(typeTest(step.types)) : [];
      for (const item of items) walk(item, depth + 1, above);
    } else {
      const child = (value as ResultObject)[step.key];
      if (typeTest(step.types)(child)) walk(child, depth + 1, [...above, value as ResultObject]);
    }
  };
  walk(root, 0, []);
  return [...lots.values()];
}

/** A variable may come from several types: the first path that leads somewhere says its value. */
function contextValues(above: readonly ResultObject[], { contexts, possibleTypes }: ContextPlace) {
  const values: Record<string, unknown> = {};
  for (const { variable, levels, path } of contexts) {
    values[variable] ??= valueAt(above.at(-levels), path, possibleTypes) ?? null;
  }
  return values;
}

function valueAt(value: unknown, path: readonly RewriteStep[], possibleTypes: PossibleTypes): unknown {
  const [step, ...rest] = path;
  if (step === undefined || value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => valueAt(item, path, possibleTypes));
  const object = value as ResultObject;
  if (step.kind === 'key') return valueAt(object[step.key], rest, possibleTypes);
  const type = object['__typename'];
  const fits = type === step.type || possibleTypes(step.type).has(String(type));
  return fits ? valueAt(object, rest, possibleTypes) : undefined;
}
