/**
 * Writes the representation of an entity (Federation: `_Any`) as JSON text. The text is at once what is sent and what
 * tells two entities apart, so no entity is asked for twice.
 */
import type { RequiredSelection, Rewrite } from '../plan/plan.ts';
import type { ResultObject } from './collect.ts';

/** How objects of one concrete type are represented. */
export interface Represent {
  /** Tells two entities of the type apart, at less cost than their text; `undefined` when the object lacks what is required. */
  key(entity: ResultObject): unknown;
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
  const [only, ...others] = keys;
  // Of most types one scalar tells: the text need not be written to know an entity again.
  if (only === undefined || others.length > 0 || only.fields !== null) return { key: write, write };
  const { key } = only;
  return { key: (entity) => scalarOf(entity[key]) ?? write(entity), write };
}

function scalarOf(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

function requiredFields(
  selections: readonly RequiredSelection[],
  applies: (condition: string | undefined) => boolean,
): readonly RequiredField[] {
  const fields = new Map<string, RequiredField>();
  for (const selection of selections) {
    const found =
      selection.kind === 'field'
        ? [{ key: selection.key, fields: selection.selections ? requiredFields(selection.selections, () => true) : null }]
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
  const writers = fields.map(({ key, fields: children }, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;
    const constant = constants.has(key) ? prefix + JSON.stringify(constants.get(key)) : null;
    const write = children === null ? null : compileObject(children, new Map());
    return { key, prefix, constant, write };
  });
  return (object) => {
    let text = '';
    for (const { key, prefix, constant, write } of writers) {
      if (constant !== null) {
        text += constant;
        continue;
      }
      const value = object[key];
      if (value === undefined) return undefined;
      const written = write === null ? JSON.stringify(value) : writeNested(value, write);
      if (written === undefined) return undefined;
      text += prefix + written;
    }
    return `${text}}`;
  };
}

function writeNested(value: unknown, write: Write): string | undefined {
  if (value === null) return 'null';
  if (!Array.isArray(value)) return write(value as ResultObject);
  const items = value.map((item) => writeNested(item, write));
  return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
}
