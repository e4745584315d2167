/**
 * Random meshes: which types there are, which subgraph has which of their fields, and by which directives they hang together.
 * `sdl.ts` writes a mesh as subgraphs, `world.ts` says what its fields give.
 */
import { type Choose, pick, pickSome } from './choice.ts';

export const scalars = ['Int', 'String', 'Float', 'Boolean', 'ID', 'Json', 'Shade'] as const;

/** A type with its lists and marks. */
export interface TypeReference {
  readonly name: string;
  /** How many lists around it. */
  readonly lists: 0 | 1 | 2;
  readonly isNonNull: boolean;
  readonly isItemNonNull: boolean;
}

export interface Argument {
  readonly name: string;
  readonly type: string;
  /** As SDL. */
  readonly standard: string | null;
}

/** A field that another requires: with which arguments, and what below it. */
export interface Requirement {
  readonly field: string;
  readonly args: Readonly<Record<string, number>>;
  /** Of an object: the names of its required fields. */
  readonly below: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly type: TypeReference;
  /** Positions of the subgraphs that have it. */
  readonly owners: readonly number[];
  readonly args: readonly Argument[];
  requires: readonly Requirement[];
  /** The subgraph that had it before its owner, with a label perhaps. */
  override: { readonly from: number; readonly label: string | null } | null;
  /** Fields of what it gives that it brings along. */
  provides: readonly string[];
  readonly isInaccessible: boolean;
  /** For an interface or a union: the types that it may give. */
  readonly members: readonly string[];
  /** Some other field requires it: it is there, or null, or fails where that can be borne. */
  isRequired: boolean;
  /** It never fails. */
  isSafe: boolean;
}

export const keyKinds = ['id', 'code', 'pair', 'ref'] as const;
export type KeyKind = (typeof keyKinds)[number];

export interface Entity {
  readonly name: string;
  readonly hub: number;
  readonly fields: readonly Field[];
  /** By subgraph; the hub has all. */
  readonly keys: readonly (readonly KeyKind[])[];
  /** Whether subgraphs that only refer to it say so. */
  readonly isReferenceResolvable: boolean;
  /** Subgraphs in which it implements `Face`. */
  readonly faces: ReadonlySet<number>;
}

/** An interface that is an entity; other subgraphs than the hub have it as an object. */
export interface Media {
  readonly hub: number;
  readonly fields: readonly Field[];
  readonly book: readonly Field[];
  readonly film: readonly Field[];
}

export interface Model {
  readonly subgraphs: number;
  readonly entities: readonly Entity[];
  readonly media: Media | null;
  /** The subgraph in which `Kid` takes a field's value from the `E0` above it. */
  readonly context: { readonly subgraph: number; readonly field: string } | null;
  readonly queries: readonly Field[];
  readonly mutations: readonly Field[];
  /** Requirements go through objects and may come back to their own type: some operations cannot be planned. */
  readonly hasChains: boolean;
}

/** Labels that are on; percentages speak for themselves. */
export const labelsOn: readonly string[] = ['on'];

const fieldNames = ['alpha', 'beta', 'gamma', 'delta', 'eps', 'zeta'] as const;

export function createModel(choose: Choose): Model {
  const subgraphs = 2 + choose(7);
  const names = ['E0', 'E1', 'E2', 'E3'].slice(0, 1 + choose(4));
  const hasMedia = choose(3) === 1;
  const making: Making = { choose, subgraphs, names, mediaHub: hasMedia ? choose(subgraphs) : null };
  const faces = new Map(names.map((name) => [name, new Set<number>()]));
  const fields = new Map(names.map((name) => [name, createFields(making, name)]));
  const hasChains = choose(4) === 1;
  if (hasChains) fields.get('E0')?.push(...createLinks(making));
  const media = making.mediaHub === null ? null : createMedia(making, making.mediaHub);
  const queries = [0, 1, 2, 3]
    .slice(0, 1 + choose(4))
    .map((index) => createField(making, `q${index}`, index === 3 ? 'any' : 'object'));
  const mutations = ['m0', 'm1', 'm2'].slice(0, choose(4)).map((name) => ({
    ...createField(making, name, 'entity'),
    args: [{ name: 'by', type: 'Int', standard: '1' }],
  }));
  const all = [
    ...fields.values(),
    queries,
    mutations,
    media?.fields ?? [],
    media?.book ?? [],
    media?.film ?? [],
  ].flat();
  for (const { type, owners, members } of all) {
    if (type.name === 'Face') for (const member of members) faces.get(member)?.add(owners[0] ?? 0);
  }
  const entities = names.map((name): Entity => {
    const keys = pickSome(choose, keyKinds.slice(1));
    return {
      name,
      hub: choose(subgraphs),
      fields: fields.get(name) ?? [],
      keys: keysBySubgraph(making, ['id', ...keys]),
      isReferenceResolvable: choose(2) === 0,
      faces: faces.get(name) ?? new Set(),
    };
  });
  const context = createContext(making, fields);
  const model = { subgraphs, entities, media, context, queries, mutations, hasChains };
  for (const entity of entities) relate(model, entity, choose);
  relateProvided(model, choose);
  if (media) relateMedia(media, choose);
  return model;
}

interface Making {
  readonly choose: Choose;
  readonly subgraphs: number;
  readonly names: readonly string[];
  readonly mediaHub: number | null;
}

function keysBySubgraph({ choose, subgraphs }: Making, all: readonly KeyKind[]): readonly (readonly KeyKind[])[] {
  return Array.from({ length: subgraphs }, () => {
    const some = pickSome(choose, all);
    return some.length > 0 ? some : [all[choose(all.length)] ?? 'id'];
  });
}

function createFields(making: Making, entity: string): Field[] {
  const count = 2 + making.choose(5);
  const fields = fieldNames.slice(0, count).map((name) => createField(making, name, 'any'));
  return entity === 'E0' ? fields : fields.filter((_, index) => index < 5);
}

/** A field without relations to others. */
function createField(making: Making, name: string, kind: 'any' | 'object' | 'entity' | 'scalar'): Field {
  const { choose, subgraphs } = making;
  const typeName = typeOf(making, kind);
  const owner = choose(subgraphs);
  const isPlain = isScalar(typeName) || typeName === 'V0' || typeName === 'V1';
  const second = choose(subgraphs);
  const owners = isPlain && kind !== 'scalar' && choose(4) === 3 && second !== owner ? [owner, second] : [owner];
  const isNonNull = choose(5) === 1;
  return {
    name,
    type: {
      name: typeName,
      lists: ([0, 0, 1, 1, 2] as const)[isScalar(typeName) ? choose(4) : choose(5)] ?? 0,
      isNonNull: isNonNull && !name.startsWith('q'),
      isItemNonNull: choose(4) === 1,
    },
    owners: typeName === 'Media' && !isMediaSubgraph(making, owner) ? [making.mediaHub ?? 0] : owners,
    args: createArguments(choose),
    requires: [],
    override: null,
    provides: [],
    isInaccessible: choose(12) === 11 && !/^[qm]/.test(name),
    members: membersOf(making, typeName),
    isRequired: false,
    isSafe: false,
  };
}

/** More fields of `E0`, half of them objects of it, so that chains of requirements come back to it. */
function createLinks(making: Making): readonly Field[] {
  return ['link0', 'link1', 'link2', 'link3', 'link4', 'link5'].map((name, index) => {
    const field = createField(making, name, 'scalar');
    const type = {
      ...field.type,
      name: index % 2 === 0 ? 'E0' : 'Int',
      lists: making.choose(4) === 0 ? 1 : 0,
    } as const;
    return { ...field, type, args: [] };
  });
}

export function isScalar(name: string): boolean {
  return (scalars as readonly string[]).includes(name);
}

function typeOf(making: Making, kind: 'any' | 'object' | 'entity' | 'scalar'): string {
  const { choose, names, mediaHub } = making;
  const entity = oneOf(choose, names);
  if (kind === 'entity' || (kind === 'object' && choose(3) === 0)) return entity;
  if (kind === 'scalar' || (kind === 'any' && choose(2) === 0)) return pick(choose, scalars);
  const media = mediaHub === null ? entity : 'Media';
  return pick(choose, [entity, 'V0', 'V1', entity, 'Face', 'Mix', media]);
}

function oneOf(choose: Choose, items: readonly string[]): string {
  return items[choose(items.length)] ?? 'E0';
}

function membersOf({ choose, names }: Making, type: string): readonly string[] {
  if (type !== 'Face' && type !== 'Mix') return [];
  const all = type === 'Face' ? names : [...names, 'V0', 'V1'];
  const some = pickSome(choose, all);
  return some.length > 0 ? some : ['E0'];
}

function createArguments(choose: Choose): readonly Argument[] {
  if (choose(3) !== 1) return [];
  const all: readonly Argument[] = [
    { name: 'x', type: 'Int', standard: choose(2) === 0 ? '3' : null },
    { name: 's', type: 'String', standard: null },
    { name: 'o', type: 'In', standard: choose(2) === 0 ? '{ n: 4, tone: DARK }' : null },
    { name: 'l', type: '[Int]', standard: null },
    { name: 't', type: 'Tone', standard: 'LIGHT' },
    { name: 'j', type: 'Json', standard: null },
  ];
  return [all[0] as Argument, ...pickSome(choose, all.slice(1))].slice(0, 3);
}

/** Subgraphs of even positions may have `Media` as an object, those of odd ones its implementations. */
function isMediaSubgraph({ mediaHub }: Making, subgraph: number): boolean {
  return subgraph === mediaHub || subgraph % 2 === 0;
}

function createMedia(making: Making, hub: number): Media {
  const { choose } = making;
  const field = (name: string, owner: number): Field => {
    const created = createField(making, name, 'scalar');
    return { ...created, owners: [owner], isInaccessible: false, isSafe: created.type.isNonNull };
  };
  const odd = (position: number) => (position % 2 === 1 ? position : hub);
  const even = (position: number) => (position % 2 === 0 ? position : hub);
  const anywhere = () => choose(making.subgraphs);
  return {
    hub,
    fields: [field('title', hub), field('rank', even(anywhere())), field('stars', even(anywhere()))],
    book: [field('pages', hub), field('shelf', odd(anywhere()))],
    film: [field('minutes', odd(anywhere()))],
  };
}

/** `Kid` has a field that takes a value from the `E0` above it. */
function createContext({ choose }: Making, fields: ReadonlyMap<string, readonly Field[]>): Model['context'] {
  if (choose(3) !== 1) return null;
  const own = (fields.get('E0') ?? []).find(
    ({ type, args, isInaccessible }) => type.name === 'Int' && type.lists === 0 && args.length === 0 && !isInaccessible,
  );
  const owner = own?.owners[0];
  if (own === undefined || owner === undefined || own.owners.length > 1) return null;
  own.isSafe = true;
  return { subgraph: owner, field: own.name };
}

/** Requirements, provided fields and overrides of an entity's fields. */
function relate(model: Model, entity: Entity, choose: Choose): void {
  entity.fields.forEach((field, index) => {
    const [owner = 0] = field.owners;
    const before = entity.fields.slice(0, index);
    const others = before.filter((other) => isRequirable(model, other, owner));
    const isAlone = field.owners.length === 1 && model.context?.field !== field.name;
    if (isAlone && others.length > 0 && choose(2) === 1) {
      field.requires = pickSome(choose, others).map((other) => requirementOf(model, other, choose));
      if (model.hasChains) deepen(model, { entity, field, before, owner }, choose);
    } else if (isAlone && choose(5) === 1 && !isAbstract(field.type.name)) {
      const from = choose(model.subgraphs);
      const isFree = from !== owner && !field.isRequired;
      const label = pick(choose, [null, 'percent(0)', 'percent(100)', 'on', 'off']);
      if (isFree) field.override = { from, label };
    }
  });
}

/** What fields bring along of the entities that they give. */
function relateProvided(model: Model, choose: Choose): void {
  for (const field of [...model.entities.flatMap(({ fields }) => fields), ...model.queries]) {
    if (choose(3) !== 1 || field.owners.length > 1 || field.override !== null) continue;
    field.provides = providable(model, field);
  }
}

export function isAbstract(name: string): boolean {
  return name === 'Face' || name === 'Mix' || name === 'Media';
}

function isRequirable({ hasChains }: Model, { type, owners, override, requires }: Field, by: number): boolean {
  if (owners.includes(by) || override !== null || isAbstract(type.name) || type.name === 'V0') return false;
  return requires.length === 0 || isScalar(type.name) || hasChains;
}

interface Deepening {
  readonly entity: Entity;
  readonly field: Field;
  /** Fields of the entity that may be required, so that no circle arises. */
  readonly before: readonly Field[];
  readonly owner: number;
}

/** Requires fields of the entities that required fields give, which may require others in turn. */
function deepen(model: Model, { entity, field, before, owner }: Deepening, choose: Choose): void {
  field.requires = field.requires.map((requirement) => {
    const required = before.find(({ name }) => name === requirement.field);
    const position = model.entities.findIndex(({ name }) => name === required?.type.name);
    const given = model.entities[position];
    if (given === undefined || position > model.entities.indexOf(entity)) return requirement;
    const all = given === entity ? before : given.fields;
    const some = all.filter(
      (one) => isScalar(one.type.name) && one.args.length === 0 && isRequirable(model, one, owner),
    );
    const below = pickSome(choose, some).slice(0, 2);
    for (const one of below) one.isRequired = true;
    return { ...requirement, below: [...requirement.below, ...below.map(({ name }) => name)] };
  });
}

function requirementOf(model: Model, field: Field, choose: Choose): Requirement {
  field.isRequired = true;
  const args: Readonly<Record<string, number>> = field.args.length > 0 && choose(3) > 0 ? { x: choose(3) } : {};
  if (field.type.name === 'V1') return { field: field.name, args, below: ['n', 'word'] };
  const entity = model.entities.find(({ name }) => name === field.type.name);
  return { field: field.name, args, below: entity ? ['id'] : [] };
}

/** Plain fields of the entity that a field gives, which it could bring along. */
function providable(model: Model, { type, owners }: Field): readonly string[] {
  const entity = model.entities.find(({ name }) => name === type.name);
  return (entity?.fields ?? [])
    .filter((field) => isScalar(field.type.name) && field.args.length === 0 && field.requires.length === 0)
    .filter((field) => field.override === null && !field.owners.includes(owners[0] ?? 0))
    .filter((field) => model.context?.field !== field.name)
    .map(({ name }) => name)
    .slice(0, 2);
}

function relateMedia({ hub, fields: [title, , stars] }: Media, choose: Choose): void {
  if (title === undefined || stars === undefined || stars.owners[0] === hub || choose(2) === 0) return;
  title.isRequired = true;
  const args: Readonly<Record<string, number>> = title.args.length > 0 ? { x: choose(3) } : {};
  stars.requires = [{ field: 'title', args, below: [] }];
}

/** The subgraph that has a field as things stand. */
export function activeOwners({ owners, override }: Field): readonly number[] {
  if (override?.label === 'off' || override?.label === 'percent(0)') return [override.from];
  return owners;
}

/** Every field of a mesh that the model chose. */
export function allFields({ queries, mutations, entities, media }: Model): readonly Field[] {
  const ofMedia = media === null ? [] : [...media.fields, ...media.book, ...media.film];
  return [...queries, ...mutations, ...entities.flatMap(({ fields }) => fields), ...ofMedia];
}
