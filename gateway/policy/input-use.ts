/**
 * Which inputs a selection uses: arguments, input fields, enum values, and whatever stands in values of custom scalars. Only
 * what the operation or its variables give is used, not what the schema puts where nothing is given.
 */
import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValueNode,
  Kind,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isSpecifiedScalarType,
} from 'graphql';
import type { Json, JsonObject } from '../../mesh/core/json.ts';
import { ownersOf } from './owner.ts';

export interface InputUse {
  /** What stands here: rules and derivations at these coordinates bind. */
  readonly coordinates: readonly string[];
  /** What it is called; `any` where it may be called anything. */
  readonly name: string | typeof any | null;
  /** The coordinate by which it is told of. */
  readonly place: string;
}

/** A name that nobody knows before a request comes. */
export const any = Symbol('any name');

/** Variables as the client gave them; `any` stands for all that may be given. */
export type Inputs = JsonObject | typeof any;

export interface InputOptions {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly inputs: Inputs;
}

/** What the arguments of a field use, where it is a field of this type. */
export function usesOf(field: FieldNode, type: string, options: InputOptions): readonly InputUse[] {
  const owners = ownersOf(type, options.schema).filter((owner) => owner.getFields()[field.name.value] !== undefined);
  const declared = owners[0]?.getFields()[field.name.value]?.args ?? [];
  return (field.arguments ?? []).flatMap(({ name: { value: name }, value }) => {
    const argument = declared.find((one) => one.name === name);
    if (argument === undefined || !isGiven(value, options)) return [];
    const coordinates = owners.map((owner) => `${owner.name}.${field.name.value}(${name}:)`);
    const place = `${type}.${field.name.value}(${name}:)`;
    return [{ coordinates, name, place }, ...usesOfValue(value, argument, { ...options, place })];
  });
}

type Placed = InputOptions & { readonly place: string };

/** A variable without a value is as nothing. */
function isGiven(value: ValueNode, { operation, inputs }: InputOptions): boolean {
  if (value.kind !== Kind.VARIABLE || inputs === any) return true;
  return Object.hasOwn(inputs, value.name.value) || variableOf(value.name.value, operation)?.defaultValue !== undefined;
}

function variableOf(name: string, operation: OperationDefinitionNode) {
  return operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
}

function usesOfValue(value: ValueNode, { type }: Pick<GraphQLArgument, 'type'>, options: Placed): readonly InputUse[] {
  const named = getNamedType(type);
  const ofType = { coordinates: [named.name], name: null, place: options.place };
  switch (value.kind) {
    case Kind.VARIABLE:
      return usesOfVariable(value.name.value, type, options);
    case Kind.LIST:
      return [ofType, ...value.values.flatMap((item) => usesOfValue(item, { type: itemOf(type) }, options))];
    case Kind.OBJECT: {
      if (!isInputObjectType(named)) return [ofType, ...keysIn(value, options)];
      return [
        ofType,
        ...value.fields.flatMap((one) => {
          const field = named.getFields()[one.name.value];
          if (field === undefined || !isGiven(one.value, options)) return [];
          const place = `${named.name}.${field.name}`;
          return [useAt(place, field.name), ...usesOfValue(one.value, field, { ...options, place })];
        }),
      ];
    }
    case Kind.ENUM:
      return [ofType, useAt(`${named.name}.${value.value}`, value.value)];
    case Kind.STRING:
      return isCustom(type) ? [ofType, { coordinates: [], name: value.value, place: options.place }] : [ofType];
    default:
      return [ofType];
  }
}

function usesOfVariable(name: string, type: GraphQLInputType, options: Placed): readonly InputUse[] {
  const { operation, inputs } = options;
  if (inputs === any) return usesOfType(type, options, new Set());
  if (Object.hasOwn(inputs, name)) return usesOfJson(inputs[name], type, options);
  const standing = variableOf(name, operation)?.defaultValue;
  return standing === undefined ? [] : usesOfValue(standing, { type }, options);
}

function usesOfJson(value: Json | undefined, type: GraphQLInputType, options: Placed): readonly InputUse[] {
  const named = getNamedType(type);
  const ofType = { coordinates: [named.name], name: null, place: options.place };
  if (isCustom(type))
    return [ofType, ...wordsIn(value).map((name) => ({ coordinates: [], name, place: options.place }))];
  if (Array.isArray(value)) return [ofType, ...value.flatMap((item) => usesOfJson(item, itemOf(type), options))];
  if (isEnumType(named) && typeof value === 'string') return [ofType, useAt(`${named.name}.${value}`, value)];
  if (!isInputObjectType(named) || typeof value !== 'object' || value === null) return [ofType];
  return [
    ofType,
    ...Object.entries(value).flatMap(([name, child]) => {
      const field = named.getFields()[name];
      if (field === undefined || child === undefined) return [];
      const place = `${named.name}.${name}`;
      return [useAt(place, name), ...usesOfJson(child, field.type, { ...options, place })];
    }),
  ];
}

/** All that a value of a type may use. */
function usesOfType(type: GraphQLInputType, options: Placed, seen: Set<string>): readonly InputUse[] {
  const named = getNamedType(type);
  const ofType = { coordinates: [named.name], name: null, place: options.place };
  if (isCustom(type)) return [ofType, { coordinates: [], name: any, place: options.place }];
  if (seen.has(named.name)) return [];
  seen.add(named.name);
  if (isEnumType(named)) {
    return [ofType, ...named.getValues().map((value) => useAt(`${named.name}.${value.name}`, value.name))];
  }
  if (!isInputObjectType(named)) return [ofType];
  const fields = Object.values(named.getFields()).flatMap((field) => {
    const place = `${named.name}.${field.name}`;
    return [useAt(place, field.name), ...usesOfType(field.type, { ...options, place }, seen)];
  });
  return [ofType, ...fields];
}

function useAt(coordinate: string, name: string): InputUse {
  return { coordinates: [coordinate], name, place: coordinate };
}

/** GraphQL lets a value stand for a list of it, so a list may be met where its items are. */
function itemOf(type: GraphQLInputType): GraphQLInputType {
  const nullable = isNonNullType(type) ? type.ofType : type;
  return isListType(nullable) ? nullable.ofType : nullable;
}

function isCustom(type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  return !isEnumType(named) && !isInputObjectType(named) && !isSpecifiedScalarType(named);
}

/** Keys and strings of a custom scalar's literal: what they mean is known to the subgraph alone. */
function keysIn(value: ValueNode, options: Placed): readonly InputUse[] {
  switch (value.kind) {
    case Kind.OBJECT:
      return value.fields.flatMap((field) => [
        { coordinates: [], name: field.name.value, place: options.place },
        ...keysIn(field.value, options),
      ]);
    case Kind.LIST:
      return value.values.flatMap((item) => keysIn(item, options));
    case Kind.STRING:
    case Kind.ENUM:
      return [{ coordinates: [], name: value.value, place: options.place }];
    case Kind.VARIABLE: {
      const { inputs, operation } = options;
      if (inputs === any) return [{ coordinates: [], name: any, place: options.place }];
      const standing = variableOf(value.name.value, operation)?.defaultValue;
      if (Object.hasOwn(inputs, value.name.value))
        return wordsIn(inputs[value.name.value]).map((name) => ({ coordinates: [], name, place: options.place }));
      return standing === undefined ? [] : keysIn(standing, options);
    }
    default:
      return [];
  }
}

function wordsIn(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  return Object.entries(value).flatMap(([key, child]) => [key, ...wordsIn(child)]);
}
