/** What rules come to for a subject at the types, fields and inputs of a schema: DESIGN, section 5, to the letter. */
import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { isAsStrict, stricter } from './mask.ts';
import type { OracleMask, OraclePolicy } from './rule.ts';
import { type Asking, type OracleVerdict, verdictOf } from './verdict.ts';

type RowsVerdict = Extract<OracleVerdict, { kind: 'filter' }>;

/** What is said where several rules bind. */
interface Summary {
  readonly isDenied: boolean;
  readonly mask: OracleMask | null;
  readonly filters: readonly RowsVerdict[];
}

export interface FieldSight {
  readonly isDenied: boolean;
  readonly mask: OracleMask | null;
}

/** A value that an argument is given: coerced, as far as names of fields and values of enums go. */
export interface GivenInput {
  readonly name: string;
  readonly coordinate: string;
  readonly type: GraphQLInputType;
  readonly value: unknown;
}

export interface Sight {
  isTypeDenied(type: string): boolean;
  /** Of a concrete type. */
  field(type: string, field: string): FieldSight;
  filtersOf(type: string): readonly RowsVerdict[];
  /** The values of an enum that are shown. */
  isValueDenied(type: string, value: string): boolean;
  /** Whether an argument of a field of a concrete type may not be used as it is. */
  isRefused(type: string, field: string, input: GivenInput): boolean;
}

export function createSight(policy: OraclePolicy, schema: GraphQLSchema, asking: Asking): Sight {
  const ground = { policy, schema, asking, said: new Map(), fields: new Map() };
  return {
    isTypeDenied: (type) => ofType(type, ground).isDenied,
    field: (type, field) => sightOf(type, field, ground),
    filtersOf: (type) => ofType(type, ground).filters,
    isValueDenied: (type, value) => isValueDenied(type, value, ground),
    isRefused: (type, field, input) => isRefused(type, field, { input, ground }),
  };
}

interface Ground {
  readonly policy: OraclePolicy;
  readonly schema: GraphQLSchema;
  readonly asking: Asking;
  readonly said: Map<string, Summary>;
  readonly fields: Map<string, FieldSight>;
}

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

/** Of all rules at some coordinates. */
function at(coordinates: readonly string[], { policy, asking, said }: Ground): Summary {
  const key = coordinates.join(' ');
  const known = said.get(key);
  if (known !== undefined) return known;
  const verdicts = coordinates.flatMap((coordinate) =>
    (policy.rules.get(coordinate) ?? []).map((rule) => verdictOf(rule, coordinate, asking)),
  );
  const summary = {
    isDenied: verdicts.some(({ kind }) => kind === 'deny'),
    mask: verdicts.reduce<OracleMask | null>(
      (mask, verdict) => (verdict.kind === 'mask' ? stricter(mask, verdict.mask) : mask),
      null,
    ),
    filters: verdicts.filter((verdict) => verdict.kind === 'filter'),
  };
  said.set(key, summary);
  return summary;
}

/** What binds an interface binds what implements it. */
function ofType(name: string, ground: Ground): Summary {
  return at([name, ...interfacesOf(name, ground).map((type) => type.name)], ground);
}

function interfacesOf(name: string, { schema }: Ground): readonly GraphQLInterfaceType[] {
  const type = schema.getType(name);
  return isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : [];
}

function ownersOf(name: string, field: string, ground: Ground): readonly FieldsType[] {
  const type = ground.schema.getType(name);
  const own = isObjectType(type) || isInterfaceType(type) ? [type] : [];
  return [...own, ...interfacesOf(name, ground)].filter((owner) => owner.getFields()[field] !== undefined);
}

function fieldIn(owner: FieldsType | undefined, field: string): GraphQLField<unknown, unknown> | undefined {
  return owner?.getFields()[field];
}

/** The object types behind a type. */
export function objectsOf(type: GraphQLNamedType | undefined, schema: GraphQLSchema): readonly string[] {
  if (isAbstractType(type)) return schema.getPossibleTypes(type).map(({ name }) => name);
  return isObjectType(type) ? [type.name] : [];
}

function sightOf(type: string, field: string, ground: Ground): FieldSight {
  const key = `${type}.${field}`;
  const known = ground.fields.get(key);
  if (known !== undefined) return known;
  const own = ownSight(type, field, ground);
  const derived = sourcesOf(coordinatesOf(type, field, ground), ground);
  const given = ownersOf(type, field, ground).flatMap((owner) => getNamedType(fieldIn(owner, field)?.type) ?? []);
  const gives = given.flatMap((one) => [one.name, ...objectsOf(one, ground.schema)]);
  const says = coordinatesOf(type, field, ground).flatMap((one) => declaredAt(one, ground));
  const isDerivedDenied = derived.some((source) =>
    isRevealed(source, { type, mask: own.mask, gives: gives.filter((one) => says.includes(one)) }, ground),
  );
  const sight = { ...own, isDenied: own.isDenied || isDerivedDenied };
  ground.fields.set(key, sight);
  return sight;
}

function coordinatesOf(type: string, field: string, ground: Ground): readonly string[] {
  return ownersOf(type, field, ground).map(({ name }) => `${name}.${field}`);
}

/** By the rules at the field, and at the types that it gives. */
function ownSight(type: string, field: string, ground: Ground): FieldSight {
  const said = at(coordinatesOf(type, field, ground), ground);
  const given = ownersOf(type, field, ground).map((owner) => getNamedType(fieldIn(owner, field)?.type));
  return { isDenied: said.isDenied || given.some((one) => isNothingShown(one, ground)), mask: said.mask };
}

/** A type is denied as itself, or as each that it may turn out to be. */
function isNothingShown(type: GraphQLNamedType | undefined, ground: Ground): boolean {
  if (type === undefined) return false;
  if (ofType(type.name, ground).isDenied) return true;
  const objects = isAbstractType(type) ? objectsOf(type, ground.schema) : [];
  return objects.length > 0 && objects.every((object) => ofType(object, ground).isDenied);
}

/** What coordinates are derived from, by way of others too; what masks its sources reveals nothing of them. */
function sourcesOf(coordinates: readonly string[], ground: Ground): readonly string[] {
  const found = new Set<string>();
  const { required } = ground.policy;
  const follow = (coordinate: string): void => {
    for (const source of [...declaredAt(coordinate, ground), ...(required.get(coordinate) ?? [])]) {
      if (found.has(source)) continue;
      found.add(source);
      const [type = '', field] = source.split('.');
      for (const next of field === undefined ? [type] : coordinatesOf(type, field, ground)) follow(next);
    }
  };
  for (const coordinate of coordinates) follow(coordinate);
  return [...found];
}

/** What a coordinate declares to reveal: a field that gives objects stands for them too. */
function declaredAt(coordinate: string, ground: Ground): readonly string[] {
  const revealing = (ground.policy.derivations.get(coordinate) ?? []).filter(({ isMasking }) => !isMasking);
  return revealing.flatMap(({ sources }) =>
    sources.flatMap((source) => {
      const [type = '', field = ''] = source.split('.');
      const given = ownersOf(type, field, ground).flatMap((owner) => getNamedType(fieldIn(owner, field)?.type) ?? []);
      return [source, ...given.filter(isCompositeType).map(({ name }) => name)];
    }),
  );
}

interface Revealing {
  readonly type: string;
  readonly mask: OracleMask | null;
  /** The types whose objects it declares to give. */
  readonly gives: readonly string[];
}

/** Whether what is made of a source would tell what the subject sees in part or not at all. */
function isRevealed(source: string, by: Revealing | null, ground: Ground): boolean {
  const [type = '', field] = source.split('.');
  const objects = objectsOf(ground.schema.getType(type), ground.schema);
  if (field !== undefined) {
    const sights = [type, ...objects].map((one) => ownSight(one, field, ground));
    if (sights.some(({ isDenied }) => isDenied)) return true;
    if (sights.some(({ mask }) => mask !== null && !isAsStrict(by?.mask ?? null, mask))) return true;
    // It goes with its own object.
    const isSameObject =
      by !== null && [by.type, ...interfacesOf(by.type, ground).map(({ name }) => name)].includes(type);
    if (isSameObject) return false;
  }
  return [type, ...objects].some((one) => {
    const { isDenied, filters } = ofType(one, ground);
    // What gives the rows themselves loses those that do not exist.
    const isOfRows = field === undefined && by?.gives.includes(type) === true;
    return isDenied || (filters.length > 0 && !isOfRows);
  });
}

function isValueDenied(type: string, value: string, ground: Ground): boolean {
  return at([`${type}.${value}`], ground).isDenied;
}

interface Using {
  readonly input: GivenInput;
  readonly ground: Ground;
}

/** An argument, an input field or an enum value: by its own rules, what it is derived from, and what it bears the name of. */
function isRefused(type: string, field: string, { input, ground }: Using): boolean {
  const owners = ownersOf(type, field, ground);
  const given = getNamedType(fieldIn(owners[0], field)?.type);
  const selected = isCompositeType(given) ? objectsOf(given, ground.schema) : [];
  const isBound = (coordinates: readonly string[], name: string): boolean =>
    at(coordinates, ground).isDenied ||
    sourcesOf(coordinates, ground).some((source) => isRevealed(source, null, ground)) ||
    selected.some((object) => isSeenInPart(object, name, ground));
  const own = owners.map((owner) => `${owner.name}.${field}(${input.name}:)`);
  return isBound(own, input.name) || usesBound(input.value, getNamedType(input.type), { isBound, ground });
}

function isSeenInPart(object: string, name: string, ground: Ground): boolean {
  if (ownersOf(object, name, ground).length === 0) return false;
  const { isDenied, mask } = sightOf(object, name, ground);
  return isDenied || mask !== null;
}

interface Walk {
  readonly isBound: (coordinates: readonly string[], name: string) => boolean;
  readonly ground: Ground;
}

function usesBound(value: unknown, type: GraphQLNamedType, walk: Walk): boolean {
  const { isBound, ground } = walk;
  if (at([type.name], ground).isDenied) return true;
  if (Array.isArray(value)) return value.some((item) => usesBound(item, type, walk));
  if (isEnumType(type)) return typeof value === 'string' && isBound([`${type.name}.${value}`], value);
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return false;
  const fields = type.getFields();
  return Object.entries(value).some(([name, inner]) => {
    const field = fields[name];
    if (field === undefined) return false;
    return isBound([`${type.name}.${name}`], name) || usesBound(inner, getNamedType(field.type), walk);
  });
}
