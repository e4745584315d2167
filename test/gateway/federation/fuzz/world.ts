/** What the fields of a mesh give: it follows from where a field stands and what it is asked with, whoever is asked. */
import { type Choose, choicesOf } from './choice.ts';
import { type Field, type KeyKind, type Model, type Requirement, isScalar } from './model.ts';

/** An object: one of an entity's four, or one that stands where it stands. */
export interface Thing {
  readonly __typename: string;
  readonly row?: number;
  readonly seed?: string;
  /** Nothing below it fails. */
  readonly isSafe?: boolean;
  /** As a representation brought it. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** Fields that came along. */
  readonly provided?: readonly string[];
  /** The value that stands above it. */
  readonly above?: unknown;
}

export type Values = Readonly<Record<string, unknown>>;

const rows = 4;

/** Keys of an entity by its row. */
export const keyFields: Readonly<Record<KeyKind, readonly string[]>> = {
  id: ['id'],
  code: ['code'],
  pair: ['a', 'b'],
  ref: ['ref'],
};

export function keyValue({ __typename, row = 0 }: Thing, field: string): unknown {
  const type = concreteNames.includes(__typename) ? 'Media' : __typename;
  switch (field) {
    case 'id':
      return `${type}-${row}`;
    case 'code':
      return `${type}c-${row}`;
    case 'a':
      return row % 2;
    case 'b':
      return row >> 1;
    case 'ref':
      return { code: `r-${row}`, n: row };
    default:
      return undefined;
  }
}

const concreteNames = ['Book', 'Film'];

/** The object that a representation stands for. Throws when its keys are at odds, or none is whole. */
export function findThing(type: string, given: Values): Thing {
  const found = new Set<number>();
  for (const key of ['id', 'code']) {
    if (typeof given[key] === 'string') found.add(Number(given[key].split('-')[1]));
  }
  if (typeof given['a'] === 'number' && typeof given['b'] === 'number') found.add(given['a'] + 2 * given['b']);
  const reference = given['ref'] as Values | undefined;
  if (typeof reference?.['n'] === 'number' && reference['code'] === `r-${reference['n']}`) found.add(reference['n']);
  const [row, ...others] = found;
  if (row === undefined || others.length > 0 || !(row < rows)) throw new Error(`No ${type}: ${JSON.stringify(given)}`);
  return { __typename: type, row, given };
}

/** The type that a `Media` really is. */
export function concrete(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(concrete);
  const thing = value as Thing | null;
  if (thing?.__typename !== 'Media') return value;
  return { ...thing, __typename: (thing.row ?? 0) % 2 === 0 ? 'Book' : 'Film' };
}

export interface Call {
  /** The type by whose name the field is known. */
  readonly type: string;
  readonly field: Field;
  readonly args: Values;
  /** What it requires, as it was found. */
  readonly required?: readonly unknown[];
}

/** Gives a field's value of an object, or throws. */
export function give({ row = 0, seed = '' }: Partial<Thing>, { type, field, args, required = [] }: Call): unknown {
  const text = `${type}/${row}/${seed}/${field.name}/${stable(args)}/${stable(required)}`;
  const choose = choicesOf(text);
  choose(2);
  const roll = choose(16);
  if (roll === 0 && mayFail(field)) throw new Error(`No ${canaryOf(type, field.name)}.`);
  if (roll < 3 && !field.type.isNonNull) return null;
  const canary = canaryOf(type, field.name);
  const item = (): unknown =>
    choose(8) === 0 && !field.type.isItemNonNull ? null : giveOne(field, choose, { text, canary });
  const list = (inner: () => unknown) => Array.from({ length: choose(4) }, inner);
  switch (field.type.lists) {
    case 0:
      return giveOne(field, choose, { text, canary });
    case 1:
      return list(item);
    default:
      return list(() => list(item));
  }
}

/** What tells, wherever it turns up, that a field was read. */
export function canaryOf(type: string, field: string): string {
  return `canary<${type}.${field}>`;
}

/** Errors of required fields must not take objects along that other fields need. */
function mayFail({ isRequired, isSafe, type }: Field): boolean {
  return !isSafe && (!isRequired || (isScalar(type.name) && type.lists === 0 && !type.isNonNull));
}

interface Giving {
  /** What the value follows from. */
  readonly text: string;
  readonly canary: string;
}

function giveOne({ type, members, isRequired, isSafe }: Field, choose: Choose, { text, canary }: Giving): unknown {
  if (isScalar(type.name)) return giveLeaf(type.name, choose, canary);
  const name = members.length > 0 ? (members[choose(members.length)] ?? 'E0') : type.name;
  if (name === 'V0' || name === 'V1')
    return { __typename: name, seed: `${choose(50)}${text.length}`, isSafe: isRequired || isSafe };
  return { __typename: name, row: choose(rows) };
}

function giveLeaf(type: string, choose: Choose, canary: string): unknown {
  switch (type) {
    case 'Int':
      return choose(2000) - 1000;
    case 'Float':
      return choose(4000) / 16;
    case 'Boolean':
      return choose(2) === 1;
    case 'String':
      return ['', 'plain', 'a "b"\n\u2028', '\\', 'é漢', canary, 'ann@example.com', '2024-05-17T10:11:12.5Z'][
        choose(8)
      ];
    case 'ID':
      return `i${choose(100)}`;
    case 'Shade':
      return ['RED', 'GREEN'][choose(2)];
    default:
      return [1, 'text', [1, null, 'x'], { id: 'no id', __typename: 'NoType', deep: { a: [{}] } }, true][choose(5)];
  }
}

/** Fields of the value types, which every subgraph that knows them has. */
export function giveValue({ seed = '', isSafe = false }: Thing, field: string): unknown {
  const choose = choicesOf(`${seed}/${field}`);
  const roll = choose(12);
  if (roll === 0 && !isSafe && field !== 'owner') throw new Error('No value.');
  switch (field) {
    case 'n':
      return choose(100);
    case 'word':
      return roll === 1 ? null : `w${choose(100)}`;
    case 'inner':
      return roll === 1 ? null : { __typename: 'V1', seed: `${seed}i`, isSafe };
    default:
      return roll === 1 ? null : { __typename: 'E0', row: choose(rows) };
  }
}

/** What requirements select of the values that stand at their fields. */
export function selectRequired(requires: readonly Requirement[], values: Values): readonly unknown[] {
  return requires.map(({ field, below }) => project(values[field] ?? null, below));
}

function project(value: unknown, below: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => project(item, below));
  if (below.length === 0 || value === null) return value;
  const object = value as Values;
  return Object.fromEntries(below.map((name) => [name, object[name] ?? null]));
}

/** The field of a type by its name, with the type that it is known under. */
export function fieldOf(model: Model, type: string, name: string): { type: string; field: Field } | null {
  const find = (owner: string, fields: readonly Field[] | undefined) => {
    const field = fields?.find((one) => one.name === name);
    return field ? { type: owner, field } : null;
  };
  if (type === 'Query') return find(type, model.queries);
  if (type === 'Mutation') return find(type, model.mutations);
  const own = type === 'Book' ? model.media?.book : type === 'Film' ? model.media?.film : undefined;
  if (own !== undefined || type === 'Media') return find(type, own) ?? find('Media', model.media?.fields);
  return find(type, model.entities.find((entity) => entity.name === type)?.fields);
}

/** JSON text that does not depend on the order of keys. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
