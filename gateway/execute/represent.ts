/**
 * Writes the representation of an entity (Federation: `_Any`) as JSON text. The text is at once what is sent and what
 * tells two entities apart, so no entity is asked for twice.
 */
import type { RequiredSelection, Rewrite } from '../plan/plan.ts';
import type { ResultObject } from './collect.ts';
import { compileSource, literal, property } from './source.ts';

/** How objects of one concrete type are represented. */
export interface Represent {
  /** A value of the entity that is cheap to get and mostly tells it from others. */
  key(entity: ResultObject): unknown;
  /** Whether two entities of one key have one text. A no may be wrong: then the texts tell. */
  isSame(a: ResultObject, b: ResultObject): boolean;
  /** The representation as JSON text; `undefined` when the object lacks what is required. */
  write(entity: ResultObject): string | undefined;
}

/** The representation for a concrete type; `null` when no such object is wanted. */
export type Representations = (type: unknown) => Represent | null;

export type PossibleTypes = (type: string) => ReadonlySet<string>;

/** Compiles what a fetch requires; what a concrete type needs is made when its first object is met. */
export function compileRepresentations(requirement: Requirement): Representations {
  const known = new Map<unknown, Represent | null>();
  return (type) => {
    let represent = known.get(type);
    if (represent === undefined) {
      represent = typeof type === 'string' ? compileForType(type, requirement) : null;
      known.set(type, represent);
    }
    return represent;
  };
}

export interface Requirement {
  readonly requires: readonly RequiredSelection[];
  readonly rewrites: readonly Rewrite[];
  readonly possibleTypes: PossibleTypes;
}

/** A field of a representation: its key in the result, and its selections when it is an object or a list of them. */
interface RequiredField {
  readonly key: string;
  readonly fields: readonly RequiredField[] | null;
}

function compileForType(type: string, { requires, rewrites, possibleTypes }: Requirement): Represent | null {
  const applies = (condition: string | undefined) =>
    condition === undefined || condition === type || possibleTypes(condition).has(type);
  const fields = requiredFields(requires, applies);
  const keys = fields.filter((field) => field.key !== '__typename');
  if (keys.length === 0) return null;

  const constants = new Map<string, unknown>();
  for (const rewrite of rewrites) {
    const [first, second] = rewrite.path;
    if (rewrite.kind === 'set' && first?.kind === 'type' && applies(first.type) && second?.kind === 'key') {
      constants.set(second.key, rewrite.value);
    }
  }
  const write = compileObject(fields, constants);
  const [first, ...others] = keys.toSorted((a, b) => Number(a.fields !== null) - Number(b.fields !== null));
  if (first === undefined || first.fields !== null) return { key: write, isSame: () => true, write };
  const v = property('o', first.key);
  const key = `function key(o) { const v = ${v}; return typeof v === 'string' || typeof v === 'number' ? v : write(o); }`;
  const same = others.map((field) => `${property('a', field.key)} === ${property('b', field.key)}`);
  return {
    key: compileSource(key, { write }) as Represent['key'],
    isSame: compileSource(`function isSame(a, b) { return ${['true', ...same].join(' && ')}; }`) as Represent['isSame'],
    write,
  };
}

function requiredFields(
  selections: readonly RequiredSelection[],
  applies: (condition: string | undefined) => boolean,
): readonly RequiredField[] {
  const fields = new Map<string, RequiredField>();
  for (const selection of selections) {
    const found =
      selection.kind === 'field'
        ? [
            {
              key: selection.key,
              fields: selection.selections ? requiredFields(selection.selections, () => true) : null,
            },
          ]
        : applies(selection.type)
          ? requiredFields(selection.selections, applies)
          : [];
    for (const field of found) fields.set(field.key, mergeFields(fields.get(field.key), field));
  }
  return [...fields.values()];
}

function mergeFields(known: RequiredField | undefined, field: RequiredField): RequiredField {
  if (!known?.fields || !field.fields) return field;
  const merged = new Map(known.fields.map((child) => [child.key, child]));
  for (const child of field.fields) merged.set(child.key, mergeFields(merged.get(child.key), child));
  return { key: field.key, fields: [...merged.values()] };
}

type Write = Represent['write'];

function compileObject(fields: readonly RequiredField[], constants: ReadonlyMap<string, unknown>): Write {
  const nested: Write[] = [];
  const lines = fields.map(({ key, fields: children }, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;
    if (constants.has(key)) return `t += ${literal(prefix + JSON.stringify(constants.get(key)))};`;
    const written =
      children === null
        ? 'JSON.stringify(v)'
        : `nest(v, nested[${nested.push(compileObject(children, new Map())) - 1}])`;
    return `v = ${property('o', key)}; if (v === undefined) return undefined;
      w = ${written}; if (w === undefined) return undefined; t += ${literal(prefix)} + w;`;
  });
  const source = `function write(o) { let v; let w; let t = ''; ${lines.join('\n')} return t + '}'; }`;
  return compileSource(source, { nested, nest: writeNested }) as Write;
}

function writeNested(value: unknown, write: Write): string | undefined {
  if (value === null) return 'null';
  if (!Array.isArray(value)) return write(value as ResultObject);
  const items = value.map((item) => writeNested(item, write));
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}
