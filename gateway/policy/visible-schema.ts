/** A schema without what is hidden of it: what a subject's introspection answers, and what its documents are held against. */
import {
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLType,
  type GraphQLUnionType,
  GraphQLBoolean,
  GraphQLEnumType as EnumType,
  GraphQLInputObjectType as InputObjectType,
  GraphQLInterfaceType as InterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType as ObjectType,
  GraphQLSchema,
  GraphQLUnionType as UnionType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { type Hidden, argumentCoordinate } from './hidden.ts';

/** The schema that is left. Names of what stays, its descriptions and its order are as they were. */
export function buildVisibleSchema(schema: GraphQLSchema, hidden: Hidden): GraphQLSchema {
  const types = new Map<string, GraphQLNamedType>();
  const cut = new Cut(hidden, (name) => types.get(name));
  const config = schema.toConfig();
  const shown = config.types.filter(({ name }) => !hidden.has(name) || schema.getQueryType()?.name === name);
  for (const type of shown) types.set(type.name, cut.type(type));
  const root = (type: GraphQLObjectType | null | undefined): GraphQLObjectType | null => {
    const found = type ? types.get(type.name) : undefined;
    return isObjectType(found) ? found : null;
  };
  return new GraphQLSchema({
    ...config,
    types: [...types.values()],
    query: root(config.query),
    mutation: root(config.mutation),
    subscription: root(config.subscription),
    directives: config.directives.filter(({ args }) => !args.some(({ type }) => hidden.has(getNamedType(type).name))),
    assumeValid: true,
  });
}

/** Makes types anew. What they refer to is looked up when all of them are there. */
class Cut {
  readonly #hidden: Hidden;
  readonly #typeOf: (name: string) => GraphQLNamedType | undefined;

  constructor(hidden: Hidden, typeOf: (name: string) => GraphQLNamedType | undefined) {
    this.#hidden = hidden;
    this.#typeOf = typeOf;
  }

  type(type: GraphQLNamedType): GraphQLNamedType {
    if (isIntrospectionType(type)) return type;
    if (isObjectType(type)) return new ObjectType({ ...type.toConfig(), ...this.#parts(type), ...bare });
    if (isInterfaceType(type)) return new InterfaceType({ ...type.toConfig(), ...this.#parts(type), ...bare });
    if (isUnionType(type)) return this.#union(type);
    if (isEnumType(type)) return this.#enum(type);
    return isInputObjectType(type) ? this.#input(type) : type;
  }

  #parts(type: GraphQLObjectType | GraphQLInterfaceType) {
    return {
      interfaces: () => this.#left(type.getInterfaces()).filter(isInterfaceType),
      fields: (): Record<string, GraphQLFieldConfig<unknown, unknown>> => {
        const fields = Object.values(type.getFields()).flatMap((field) => {
          if (this.#hidden.has(type.name) || this.#hidden.has(`${type.name}.${field.name}`)) return [];
          const { description, deprecationReason } = field;
          const at = (argument: string): string => argumentCoordinate(type.name, field.name, argument);
          const args = this.#inputs(field.args, at);
          const output = this.#refer(field.type) as GraphQLOutputType;
          return [[field.name, { type: output, args, description, deprecationReason }] as const];
        });
        // Only a query root may be empty.
        return fields.length > 0 ? Object.fromEntries(fields) : { _: nothing };
      },
    };
  }

  #union(type: GraphQLUnionType): UnionType {
    return new UnionType({
      ...type.toConfig(),
      types: () => this.#left(type.getTypes()).filter(isObjectType),
      ...bare,
    });
  }

  #enum(type: GraphQLEnumType): EnumType {
    const { values, ...config } = type.toConfig();
    const left = Object.entries(values).filter(([name]) => !this.#hidden.has(`${type.name}.${name}`));
    const shown = left.map(([name, { description, deprecationReason, value }]) => {
      return [name, { description, deprecationReason, value }] as const;
    });
    return new EnumType({ ...config, values: Object.fromEntries(shown), ...bare });
  }

  #input(type: GraphQLInputObjectType): InputObjectType {
    const at = (field: string): string => `${type.name}.${field}`;
    return new InputObjectType({
      ...type.toConfig(),
      fields: () => this.#inputs(Object.values(type.getFields()), at),
      ...bare,
    });
  }

  /** A default that names what is hidden is not told: then the input may be left out, as before. */
  #inputs(
    inputs: readonly (GraphQLArgument | GraphQLInputField)[],
    at: (name: string) => string,
  ): GraphQLFieldConfigArgumentMap {
    const left = inputs.filter(({ name }) => !this.#hidden.has(at(name)));
    return Object.fromEntries(
      left.map(({ name, type, defaultValue, description, deprecationReason }) => {
        const input = this.#refer(type) as GraphQLInputType;
        const isTold = !this.#tells(type, defaultValue);
        const shown = isTold || !isNonNullType(input) ? input : input.ofType;
        const said = isTold ? { defaultValue } : {};
        return [name, { type: shown, ...said, description, deprecationReason }];
      }),
    );
  }

  /** Whether a default names something that is hidden. */
  #tells(given: GraphQLType, value: unknown): boolean {
    if (Array.isArray(value)) return value.some((item) => this.#tells(given, item));
    const type = getNamedType(given);
    if (isEnumType(type)) {
      return type.getValues().some((one) => one.value === value && this.#hidden.has(`${type.name}.${one.name}`));
    }
    if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return false;
    const fields = type.getFields();
    return Object.entries(value).some(([name, inner]) => {
      const field = fields[name];
      return this.#hidden.has(`${type.name}.${name}`) || (field !== undefined && this.#tells(field.type, inner));
    });
  }

  #left(types: readonly GraphQLNamedType[]): readonly GraphQLNamedType[] {
    return types.flatMap(({ name }) => this.#typeOf(name) ?? []);
  }

  #refer(type: GraphQLType): GraphQLType {
    if (isNonNullType(type)) return new GraphQLNonNull(this.#refer(type.ofType) as GraphQLOutputType);
    if (isListType(type)) return new GraphQLList(this.#refer(type.ofType));
    return this.#typeOf(type.name) ?? type;
  }
}

/** What introspection does not tell is not carried along. */
const bare = { astNode: null, extensionASTNodes: [] };

/** A type has at least one field. */
const nothing: GraphQLFieldConfig<unknown, unknown> = {
  type: GraphQLBoolean,
  description: 'There is nothing here for whoever asks.',
};
