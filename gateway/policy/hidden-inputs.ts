/**
 * Inputs that bear the name of a field which is hidden, wherever they may be given, are hidden with it: nobody who is denied
 * the field may use them, and their names tell of it.
 */
import {
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLNamedInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { limits } from '../../mesh/core/limits.ts';
import { giving } from './bound-input.ts';
import type { Standings } from './standing.ts';

export interface BoundInputsOptions {
  readonly schema: GraphQLSchema;
  readonly standings: Standings;
}

/** Adds them to what is hidden already. */
export function hideBoundInputs(hidden: Set<string>, options: BoundInputsOptions): void {
  const denied = deniedNames(options);
  if (denied.size === 0) return;
  const walk = new InputWalk(hidden, denied, options.schema);
  for (const type of Object.values(options.schema.getTypeMap())) {
    if (!hasFields(type) || hidden.has(type.name)) continue;
    for (const field of Object.values(type.getFields())) {
      if (hidden.has(`${type.name}.${field.name}`)) continue;
      for (const { name, type: given } of field.args) {
        const coordinate = `${type.name}.${field.name}(${name}:)`;
        const targets = giving([type.name], field.name, options.schema);
        if (isBound(name, targets, denied)) hidden.add(coordinate);
        else if (!hidden.has(coordinate)) walk.enter(given, name, targets);
      }
    }
  }
  for (const coordinate of walk.boundEverywhere()) hidden.add(coordinate);
}

function hasFields(type: unknown): type is GraphQLObjectType | GraphQLInterfaceType {
  return isObjectType(type) || isInterfaceType(type);
}

/** The types whose field of a name is hidden, by name. */
type DeniedNames = ReadonlyMap<string, ReadonlySet<string>>;

function deniedNames({ schema, standings }: BoundInputsOptions): DeniedNames {
  const denied = new Map<string, Set<string>>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!hasFields(type) || isIntrospectionType(type)) continue;
    for (const name of Object.keys(type.getFields())) {
      if (standings.ofField(type.name, name).denial === null) continue;
      const types = denied.get(name);
      if (types === undefined) denied.set(name, new Set([type.name]));
      else types.add(type.name);
    }
  }
  return denied;
}

function isBound(name: string, targets: readonly string[], denied: DeniedNames): boolean {
  const types = denied.get(name);
  return types !== undefined && targets.some((target) => types.has(target));
}

/** Goes through the types of inputs that may be bound, each once with each set of types that its names may be about. */
class InputWalk {
  readonly #hidden: ReadonlySet<string>;
  readonly #denied: DeniedNames;
  readonly #schema: GraphQLSchema;
  readonly #seen = new Set<string>();
  #looks = 0;
  /** Whether a member is bound in all places where it may be given so far. */
  readonly #bound = new Map<string, boolean>();
  /** Types of inputs in which, or further in which, a name stands that may be bound. */
  readonly #suspects: ReadonlySet<string>;
  readonly #allTypes: readonly string[];

  constructor(hidden: ReadonlySet<string>, denied: DeniedNames, schema: GraphQLSchema) {
    this.#hidden = hidden;
    this.#denied = denied;
    this.#schema = schema;
    this.#suspects = suspectInputs(denied, shownEnums(hidden, schema), schema);
    this.#allTypes = Object.values(schema.getTypeMap()).flatMap((type) => (isCompositeType(type) ? type.name : []));
  }

  /** What stands under a name in something that is about these types. */
  enter(given: GraphQLInputType, name: string, about: readonly string[]): void {
    const type = getNamedType(given);
    if (this.#hidden.has(type.name) || !this.#suspects.has(type.name)) return;
    // Where it goes too far, names may be about anything.
    const isFar = this.#looks >= limits.inputLooksMax;
    const targets = isFar ? this.#allTypes : [...new Set([...about, ...giving(about, name, this.#schema)])].toSorted();
    const key = `${type.name} ${isFar ? '*' : targets.join(' ')}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#looks += targets.length;
    this.#note(type, targets);
  }

  boundEverywhere(): readonly string[] {
    return [...this.#bound].flatMap(([coordinate, bound]) => (bound ? [coordinate] : []));
  }

  #note(type: GraphQLNamedInputType, targets: readonly string[]): void {
    for (const [name, given] of membersOf(type)) {
      const coordinate = `${type.name}.${name}`;
      const bound = isBound(name, targets, this.#denied);
      this.#bound.set(coordinate, bound && this.#bound.get(coordinate) !== false);
      if (!bound && given !== null) this.enter(given, name, targets);
    }
  }
}

/** Fields of an input with what they take; values of an enum. */
function membersOf(type: GraphQLNamedInputType): readonly (readonly [name: string, given: GraphQLInputType | null])[] {
  if (isEnumType(type)) return type.getValues().map(({ name }) => [name, null] as const);
  return isInputObjectType(type)
    ? Object.values(type.getFields()).map((field) => [field.name, field.type] as const)
    : [];
}

function suspectInputs(denied: DeniedNames, shown: ReadonlySet<string>, schema: GraphQLSchema): ReadonlySet<string> {
  const suspects = new Set<string>();
  const types = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLInputObjectType | GraphQLEnumType =>
      isInputObjectType(type) || (isEnumType(type) && !shown.has(type.name)),
  );
  for (let size = -1; size !== suspects.size;) {
    size = suspects.size;
    for (const type of types) {
      const isSuspect = ([name, given]: ReturnType<typeof membersOf>[number]): boolean =>
        denied.has(name) || (given !== null && suspects.has(getNamedType(given).name));
      if (membersOf(type).some(isSuspect)) suspects.add(type.name);
    }
  }
  return suspects;
}

/** Enums whose values answers show by name. */
function shownEnums(hidden: ReadonlySet<string>, schema: GraphQLSchema): ReadonlySet<string> {
  const given = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (!hasFields(type) || hidden.has(type.name)) return [];
    const fields = Object.values(type.getFields()).filter(({ name }) => !hidden.has(`${type.name}.${name}`));
    return fields.map((field) => getNamedType(field.type)).filter((one): one is GraphQLEnumType => isEnumType(one));
  });
  return new Set(given.map(({ name }) => name));
}
