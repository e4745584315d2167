/**
 * Inputs that bear the name of a field which is hidden, wherever they may be given, are hidden with it: nobody who is denied
 * the field may use them, and their names tell of it.
 */
import {
  type GraphQLEnumType,
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
  isObjectType,
} from 'graphql';
import { limits } from '../../mesh/core/limits.ts';
import { giving } from './bound-input.ts';
import { ownersOf } from './owner.ts';
import type { Standings } from './standing.ts';

export interface BoundInputsOptions {
  readonly schema: GraphQLSchema;
  readonly standings: Standings;
}

/** Adds them to what is hidden already. */
export function hideBoundInputs(hidden: Set<string>, options: BoundInputsOptions): void {
  const walk = new InputWalk(hidden, options);
  for (const type of Object.values(options.schema.getTypeMap())) {
    if (!hasFields(type) || hidden.has(type.name)) continue;
    for (const field of Object.values(type.getFields())) {
      if (hidden.has(`${type.name}.${field.name}`)) continue;
      for (const { name, type: given } of field.args) {
        const coordinate = `${type.name}.${field.name}(${name}:)`;
        const targets = giving([type.name], field.name, options.schema);
        if (walk.isBound(name, targets)) hidden.add(coordinate);
        else if (!hidden.has(coordinate)) walk.enter(given, [...targets, ...giving(targets, name, options.schema)]);
      }
    }
  }
  for (const coordinate of walk.boundEverywhere()) hidden.add(coordinate);
}

function hasFields(type: unknown): type is GraphQLObjectType | GraphQLInterfaceType {
  return isObjectType(type) || isInterfaceType(type);
}

/** Goes through all types of inputs, each once with each set of types that its names may be about. */
class InputWalk {
  readonly #hidden: ReadonlySet<string>;
  readonly #options: BoundInputsOptions;
  readonly #seen = new Set<string>();
  /** Whether a member is bound in all places where it may be given so far. */
  readonly #bound = new Map<string, boolean>();
  readonly #shown: ReadonlySet<string>;

  constructor(hidden: ReadonlySet<string>, options: BoundInputsOptions) {
    this.#hidden = hidden;
    this.#options = options;
    this.#shown = shownEnums(hidden, options.schema);
  }

  isBound(name: string, targets: readonly string[]): boolean {
    const { schema, standings } = this.#options;
    return targets.some((target) => {
      const fields = ownersOf(target, schema)[0]?.getFields() ?? {};
      return Object.hasOwn(fields, name) && standings.ofField(target, name).denial !== null;
    });
  }

  enter(given: GraphQLInputType, among: readonly string[]): void {
    const type = getNamedType(given);
    if (this.#hidden.has(type.name) || (!isInputObjectType(type) && !isEnumType(type))) return;
    // Where it goes too far, names may be about anything.
    const isFar = this.#seen.size >= limits.inputPlacesMax;
    const targets = isFar ? this.#allTypes() : [...new Set(among)].toSorted();
    const key = `${type.name} ${isFar ? '*' : targets.join(' ')}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#note(type, targets);
  }

  boundEverywhere(): readonly string[] {
    return [...this.#bound].flatMap(([coordinate, isBound]) => (isBound ? [coordinate] : []));
  }

  #note(type: GraphQLNamedInputType, targets: readonly string[]): void {
    if (isEnumType(type)) {
      if (this.#shown.has(type.name)) return;
      for (const { name } of type.getValues()) this.#tally(`${type.name}.${name}`, this.isBound(name, targets));
    }
    if (!isInputObjectType(type)) return;
    for (const { name, type: given } of Object.values(type.getFields())) {
      const isBound = this.isBound(name, targets);
      this.#tally(`${type.name}.${name}`, isBound);
      if (!isBound) this.enter(given, [...targets, ...giving(targets, name, this.#options.schema)]);
    }
  }

  #tally(coordinate: string, isBound: boolean): void {
    this.#bound.set(coordinate, isBound && this.#bound.get(coordinate) !== false);
  }

  #allTypes(): readonly string[] {
    return Object.values(this.#options.schema.getTypeMap()).flatMap((type) => (isCompositeType(type) ? type.name : []));
  }
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
