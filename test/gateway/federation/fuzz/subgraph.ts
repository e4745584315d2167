/** A mesh as subgraphs that answer. Each insists on being asked only what is its to say. */
import { Kind, parse } from 'graphql';
import { type TestSubgraph, createSubgraph } from '../../../support/subgraph.ts';
import { type Entity, type Field, type Model, activeOwners } from './model.ts';
import { type MutationState, change, faceValue, kidValue } from './oracle.ts';
import { writeSubgraph } from './sdl.ts';
import {
  type Thing,
  type Values,
  concrete,
  fieldOf,
  findThing,
  give,
  giveValue,
  keyFields,
  keyValue,
  selectRequired,
} from './world.ts';

type Resolve = (thing: Thing, args: Values) => unknown;

/** The subgraphs of a mesh; those that would be empty are left out. */
export function createSubgraphs(model: Model, state: MutationState): readonly TestSubgraph[] {
  return Array.from({ length: model.subgraphs }, (_, subgraph) => {
    const sdl = writeSubgraph(model, subgraph);
    return sdl === null ? null : createSubgraph(`s${subgraph}`, sdl, createResolvers(sdl, { model, subgraph, state }));
  }).filter((subgraph) => subgraph !== null);
}

interface Serving {
  readonly model: Model;
  readonly subgraph: number;
  readonly state: MutationState;
}

function createResolvers(sdl: string, serving: Serving) {
  const { model } = serving;
  const resolveType = { __resolveType: ({ __typename }: Thing) => __typename };
  const value = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, (thing: Thing) => giveValue(thing, name)]));
  const all: Record<string, Record<string, unknown>> = {
    Query: rootFields(model.queries, 'Query', serving),
    Mutation: rootFields(model.mutations, 'Mutation', serving),
    V0: value('n', 'word', 'inner', 'owner'),
    V1: value('n', 'word'),
    Face: resolveType,
    Media: mediaFields(serving),
    Book: { ...objectFields('Book', model.media?.book ?? [], serving), ...entityFields('Book') },
    Film: { ...objectFields('Film', model.media?.film ?? [], serving), ...entityFields('Film') },
    Kid: {
      __resolveReference: (given: Values) => findThing('Kid', given),
      id: (thing: Thing) => kidValue(thing, 'id', null),
      taken: (thing: Thing, args: Values) => kidValue(thing, 'taken', args['value'] ?? null),
      far: (thing: Thing) => kidValue(thing, 'far', null),
    },
    Wrap: { kids: () => [0, 1].map((row) => ({ __typename: 'Kid', row })) },
  };
  for (const entity of model.entities) all[entity.name] = allFields(entity, serving);
  return { ...presentIn(sdl, all), ...(/^union Mix/m.test(sdl) ? { Mix: resolveType } : {}) };
}

/** The resolvers of fields that an SDL has. */
function presentIn(sdl: string, all: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
  const present: Record<string, Record<string, unknown>> = {};
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const names = new Set(definition.fields?.map(({ name }) => name.value));
    const isAbstract = definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    const own = Object.entries(all[definition.name.value] ?? {}).filter(
      ([name]) => (names.has(name) && !isAbstract) || name.startsWith('__'),
    );
    if (own.length > 0) present[definition.name.value] = Object.fromEntries(own);
  }
  return present;
}

function rootFields(fields: readonly Field[], type: string, serving: Serving): Record<string, Resolve> {
  const own = fields.filter(({ owners }) => owners.includes(serving.subgraph));
  const resolve =
    (field: Field): Resolve =>
    (_, args) => {
      const call = { type, field, args };
      return adapt(type === 'Mutation' ? change(call, serving.state) : give({}, call), field, serving);
    };
  return Object.fromEntries(own.map((field) => [field.name, resolve(field)]));
}

function allFields(entity: Entity, serving: Serving): Record<string, unknown> {
  return {
    ...entityFields(entity.name),
    ...objectFields(entity.name, entity.fields, serving),
    kind: (thing: Thing, args: Values) => faceValue(thing, 'kind', args),
    mark: (thing: Thing, args: Values) => faceValue(thing, 'mark', args),
    kid: ({ row }: Thing) => ({ __typename: 'Kid', row }),
    wrap: () => ({ __typename: 'Wrap' }),
  };
}

function entityFields(type: string): Record<string, unknown> {
  const keys = Object.values(keyFields).flat();
  return {
    __resolveReference: (given: Values) => findThing(type, given),
    ...Object.fromEntries(keys.map((key) => [key, (thing: Thing) => keyValue(thing, key)])),
  };
}

function mediaFields(serving: Serving): Record<string, unknown> {
  const { media } = serving.model;
  const isHub = media?.hub === serving.subgraph;
  return {
    __resolveReference: (given: Values) => (isHub ? concrete : (thing: unknown) => thing)(findThing('Media', given)),
    ...(isHub
      ? { __resolveType: ({ __typename }: Thing) => __typename }
      : { id: (thing: Thing) => keyValue(thing, 'id'), ...objectFields('Media', media?.fields ?? [], serving) }),
  };
}

function objectFields(type: string, fields: readonly Field[], serving: Serving): Record<string, Resolve> {
  const inherited = type === 'Book' || type === 'Film' ? (serving.model.media?.fields ?? []) : [];
  return Object.fromEntries(
    [...fields, ...inherited].map((field) => [field.name, resolverOf(type, field, serving)] as const),
  );
}

function resolverOf(type: string, field: Field, serving: Serving): Resolve {
  const { model, subgraph } = serving;
  return (thing, args) => {
    const found = fieldOf(model, type, field.name);
    if (found === null) throw new Error(`Nobody has ${type}.${field.name}.`);
    if (!activeOwners(field).includes(subgraph) && thing.provided?.includes(field.name) !== true) {
      throw new Error(`Subgraph s${subgraph} was asked for ${type}.${field.name}, which is not its.`);
    }
    const requires = activeOwners(field).includes(subgraph) ? field.requires : [];
    const values = requires.map(({ field: name }): [string, unknown] => [
      name,
      requiredOf(thing, { type, name, model }),
    ]);
    const required = selectRequired(requires, Object.fromEntries(values));
    return adapt(give(thing, { ...found, args, required }), field, serving);
  };
}

/** What came with the representation, or along with the object. */
function requiredOf(
  { given = {}, provided = [], ...thing }: Thing,
  { type, name, model }: { readonly type: string; readonly name: string; readonly model: Model },
): unknown {
  if (Object.hasOwn(given, name)) return given[name];
  const found = provided.includes(name) ? fieldOf(model, type, name) : null;
  if (found === null) throw new Error(`Nothing was given for ${type}.${name}.`);
  return give(thing, { ...found, args: {} });
}

/** What a field gives, as this subgraph knows it. */
function adapt(value: unknown, { provides }: Field, serving: Serving): unknown {
  const { model, subgraph } = serving;
  const known = model.media?.hub === subgraph ? concrete(value) : value;
  return provides.length === 0 ? known : provide(known, provides);
}

function provide(value: unknown, provided: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => provide(item, provided));
  return value === null ? null : { ...(value as Thing), provided };
}
