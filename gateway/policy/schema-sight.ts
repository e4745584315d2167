/** What a subject is told of the schema, for those who tell of the mesh: as introspection is filtered, however much that is set to tell. */
import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { type Json, isJsonObject } from '../../mesh/core/json.ts';
import type { SchemaSight } from '../../mesh/core/schema-sight.ts';
import { hiddenNames } from './hidden.ts';
import { type StandingOptions, type Standings, createStandings } from './standing.ts';
import type { VisibleSchema } from './visible.ts';

/** Worked out as it is asked. */
export function createSchemaSight(
  { schema: shown, hidden, verdicts }: VisibleSchema,
  policed: Omit<StandingOptions, 'verdicts'>,
): SchemaSight {
  const standings = createStandings({ ...policed, verdicts });
  const sight = new Sight(shown, standings);
  let names: ReadonlySet<string> | null = null;
  return {
    sees: (coordinate) => sight.at(coordinate) !== null,
    isAskable: (coordinate) => sight.at(coordinate) !== null || sight.mayAsk(coordinate),
    typeAt: (coordinate) => sight.at(coordinate)?.name ?? null,
    show(coordinate, value) {
      const type = sight.at(coordinate);
      if (type === null) return undefined;
      try {
        return sight.show(type, value);
      } catch (error) {
        if (error === missing) return undefined;
        throw error;
      }
    },
    isPartial(coordinate) {
      const type = sight.at(coordinate);
      return type === null || sight.isPartial(type);
    },
    isUntold(text) {
      names ??= new Set(Array.from(hiddenNames(hidden, policed.schema), (name) => name.toLowerCase()));
      return isNaming(text, names);
    },
  };
}

/** Whether a text has one of these names in it, which are in lower case. */
export function isNaming(text: string, names: ReadonlySet<string>): boolean {
  return names.size > 0 && (text.match(/\w+/g) ?? []).some((word) => names.has(word.toLowerCase()));
}

/** Thrown where a value tells of rows. */
const missing = Symbol('missing');

class Sight {
  readonly #schema: GraphQLSchema;
  readonly #standings: Standings;

  constructor(schema: GraphQLSchema, standings: Standings) {
    this.#schema = schema;
    this.#standings = standings;
  }

  /** The type that a coordinate gives, if it is seen. */
  at(coordinate: string): GraphQLNamedType | null {
    const [name = '', field] = coordinate.split('.');
    const type = this.#schema.getType(name);
    if (type === undefined || this.#standings.ofType(name).denial !== null) return null;
    if (field === undefined) return type;
    const given = this.#fieldOf(type, field);
    return given === undefined ? null : getNamedType(given);
  }

  /** Of a type that is seen: fields and inputs are named by whoever uses them, values also by answers. */
  mayAsk(coordinate: string): boolean {
    const [name = '', member] = coordinate.split('.');
    const type = this.#schema.getType(name);
    if (type === undefined || member === undefined || this.at(name) === null) return false;
    return !isEnumType(type) || type.getValue(member) !== undefined;
  }

  show(type: GraphQLNamedType, value: Json): Json {
    if (Array.isArray(value)) return value.map((item) => this.show(type, item));
    if (isEnumType(type)) return typeof value === 'string' && type.getValue(value) === undefined ? null : value;
    if (!isCompositeType(type)) return value;
    if (this.#isFiltered(type)) throw missing;
    if (!isJsonObject(value)) return null;
    const typename = value['__typename'];
    const concrete = isAbstractType(type) && typeof typename === 'string' ? this.#schema.getType(typename) : type;
    if (concrete === undefined) return null;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        const given = this.#fieldOf(concrete, name);
        if (given === undefined || inner === undefined) return [];
        if (this.#standings.ofField(concrete.name, name).masked !== null) return [];
        return [[name, this.show(getNamedType(given), inner)]];
      }),
    );
  }

  /** Of the type, and of the types that its own fields give: what an event brings along. */
  isPartial(type: GraphQLNamedType): boolean {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    return [type, ...fields.map((field) => getNamedType(field.type))].some((one) => this.#isFiltered(one));
  }

  #isFiltered({ name }: GraphQLNamedType): boolean {
    return this.#standings.ofType(name).filters.length > 0;
  }

  #fieldOf(type: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
    if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
    const fields = type.getFields();
    const isSeen = Object.hasOwn(fields, name) && this.#standings.ofField(type.name, name).denial === null;
    return isSeen ? fields[name]?.type : undefined;
  }
}
