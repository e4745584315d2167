/**
 * Writes the representation of an entity (Federation: `_Any`) as JSON text. The text is at once what is sent and what
 * tells two entities apart, so no entity is asked for twice.
 */
import type { FetchNode, RequiredSelection, Rewrite } from '../plan/plan.ts';
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
  /** Names of the fields of each key, by type; absent when every representation has one. */
  readonly keys?: FetchNode['keys'];
  readonly rewrites: readonly Rewrite[];
  readonly possibleTypes: PossibleTypes;
}

/** A field of a representation: its key in the result, and its selections when it is an object or a list of them. */
interface RequiredField {
  readonly key: string;
  /** What the subgraph calls it. */
  readonly name: string;
  readonly selections: readonly RequiredSelection[] | null;
}

/** Whether a fragment on a type is about the object at hand. */
type Applies = (condition: string | undefined) => boolean;

function compileForType(
  type: string,
  { requires, keys: known, rewrites, possibleTypes }: Requirement,
): Represent | null {
  const applies = appliesTo(type, possibleTypes);
  const fields = requiredFields(requires, applies);
  const keys = fields.filter((field) => field.key !== '__typename');
  if (keys.length === 0) return null;
  const names = new Set(keys.map(({ name }) => name));
  if (known?.get(type)?.some((key) => key.every((name) => names.has(name))) === false) return null;

  const constants = new Map<string, unknown>();
  for (const rewrite of rewrites) {
    const [first, second] = rewrite.path;
    if (rewrite.kind === 'set' && first?.kind === 'type' && applies(first.type) && second?.kind === 'key') {
      constants.set(second.key, rewrite.value);
    }
  }
  const write = compileObject(fields, { constants, possibleTypes });
  const [first, ...others] = keys.toSorted((a, b) => Number(a.selections !== null) - Number(b.selections !== null));
  if (first === undefined || first.selections !== null) return { key: write, isSame: () => true, write };
  const v = property('o', first.key);
  const key = `function key(o) { const v = ${v}; return typeof v === 'string' || typeof v === 'number' ? v : write(o); }`;
  const same = others.map((field) => `${property('a', field.key)} === ${property('b', field.key)}`);
  return {
    key: compileSource(key, { write }) as Represent['key'],
    isSame: compileSource(`function isSame(a, b) { return ${['true', ...same].join(' && ')}; }`) as Represent['isSame'],
    write,
  };
}

function appliesTo(type: unknown, possibleTypes: PossibleTypes): Applies {
  return (condition) => condition === undefined || condition === type || possibleTypes(condition).has(type as string);
}

/** The fields that these selections come to, each once; what is required below one of them is gathered there. */
function requiredFields(selections: readonly RequiredSelection[], applies: Applies): readonly RequiredField[] {
  const fields = new Map<string, RequiredField>();
  const gather = (inner: readonly RequiredSelection[]): void => {
    for (const selection of inner) {
      if (selection.kind === 'fragment') {
        if (applies(selection.type)) gather(selection.selections);
        continue;
      }
      const known = fields.get(selection.key)?.selections ?? [];
      const below = selection.selections ? [...known, ...selection.selections] : null;
      fields.set(selection.key, { key: selection.key, name: selection.name ?? selection.key, selections: below });
    }
  };
  gather(selections);
  return [...fields.values()];
}

type Write = Represent['write'];

interface Writing {
  /** Values to write instead of the object's own. */
  readonly constants: ReadonlyMap<string, unknown>;
  readonly possibleTypes: PossibleTypes;
}

function compileObject(fields: readonly RequiredField[], { constants, possibleTypes }: Writing): Write {
  const nested: Write[] = [];
  const lines = fields.map(({ key, name, selections }, index) => {
    const prefix = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    if (constants.has(key)) return `t += ${literal(prefix + JSON.stringify(constants.get(key)))};`;
    const written =
      selections === null
        ? 'JSON.stringify(v)'
        : `nest(v, nested[${nested.push(compileNested(selections, possibleTypes)) - 1}])`;
    return `v = ${property('o', key)}; if (v === undefined) return undefined;
      w = ${written}; if (w === undefined) return undefined; t += ${literal(prefix)} + w;`;
  });
  const source = `function write(o) { let v; let w; let t = ''; ${lines.join('\n')} return t === '' ? '{}' : t + '}'; }`;
  return compileSource(source, { nested, nest: writeNested }) as Write;
}

/** What is required of an object depends on its type when fragments say so. */
function compileNested(selections: readonly RequiredSelection[], possibleTypes: PossibleTypes): Write {
  const writing = { constants: new Map(), possibleTypes };
  const compile = (type: unknown) => compileObject(requiredFields(selections, appliesTo(type, possibleTypes)), writing);
  if (selections.every((selection) => selection.kind === 'field')) return compile(undefined);
  const known = new Map<unknown, Write>();
  return (object) => {
    const type = object['__typename'];
    const write = known.get(type) ?? compile(type);
    known.set(type, write);
    return write(object);
  };
}

function writeNested(value: unknown, write: Write): string | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const items = value.map((item) => writeNested(item, write));
    return items.includes(undefined) ? undefined : `[${items.join(',')}]`;
  }
  return typeof value === 'object' ? write(value as ResultObject) : undefined;
}
