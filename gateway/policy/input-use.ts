/**
 * Which inputs a selection uses: arguments, input fields, enum values, and whatever stands in values of custom scalars. Only
 * what the operation or its variables give is used, not what the schema puts where nothing is given.
 */
import {
  type FieldNode,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValueNode,
  Kind,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import type { Json, JsonObject } from '../../mesh/core/json.ts';
import { type NamePath, isDeep, jsonIn, pathOfKey, pathsOfClause, pathsOfText } from './input-words.ts';
import { ownersOf } from './owner.ts';

export interface InputUse {
  /** What stands here: rules and derivations at these coordinates bind. */
  readonly coordinates: readonly string[];
  /** What it is called; `any` where it may be called anything. */
  readonly name: string | typeof any | null;
  /** The names that it stands in, from the argument on; `any` where they may be all that may be used. */
  readonly within: readonly string[] | typeof any;
  /** Whether more stands in it. */
  readonly isNested: boolean;
  /** The coordinate by which it is told of. */
  readonly place: string;
}

/** What nobody knows before a request comes. */
export const any = Symbol('any');

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
    const at: Site = { type: namedOf(argument), place: `${type}.${field.name.value}(${name}:)`, within: [name] };
    const use = { coordinates, name, within: [], isNested: mayNest(at.type), place: at.place };
    return [use, ...usesOfValue(value, at, options)];
  });
}

/** Where a value stands. */
interface Site {
  readonly type: GraphQLNamedInputType;
  readonly place: string;
  readonly within: readonly string[];
}

/** A variable without a value is as nothing. */
function isGiven(value: ValueNode, { operation, inputs }: InputOptions): boolean {
  if (value.kind !== Kind.VARIABLE || inputs === any) return true;
  return Object.hasOwn(inputs, value.name.value) || standingValue(value.name.value, operation) !== undefined;
}

/** What a variable has when the client gives it nothing. */
function standingValue(name: string, operation: OperationDefinitionNode): ValueNode | undefined {
  return operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
}

function usesOfValue(value: ValueNode, at: Site, options: InputOptions): readonly InputUse[] {
  if (value.kind === Kind.VARIABLE) return usesOfVariable(value.name.value, at, options);
  // GraphQL lets a value stand for a list of it, and what is right of lists has been seen to.
  if (value.kind === Kind.LIST)
    return [useOfType(at), ...value.values.flatMap((item) => usesOfValue(item, at, options))];
  if (isOpen(at)) return [useOfType(at), ...wordsOf(value, at, options)];
  if (value.kind === Kind.ENUM) return [useOfType(at), useOfMember(value.value, at)];
  if (value.kind !== Kind.OBJECT) return [useOfType(at)];
  const fields = value.fields.flatMap((one) => {
    const inner = fieldSite(one.name.value, at);
    if (inner === null || !isGiven(one.value, options)) return [];
    return [useOfMember(one.name.value, at, mayNest(inner.type)), ...usesOfValue(one.value, inner, options)];
  });
  return [useOfType(at), ...fields];
}

function usesOfVariable(name: string, at: Site, options: InputOptions): readonly InputUse[] {
  const { operation, inputs } = options;
  if (inputs === any) return usesOfType(at, new Set());
  if (Object.hasOwn(inputs, name)) return usesOfJson(inputs[name], at);
  const standing = standingValue(name, operation);
  return standing === undefined ? [] : usesOfValue(standing, at, options);
}

function usesOfJson(value: Json | undefined, at: Site): readonly InputUse[] {
  if (isOpen(at)) return [useOfType(at), ...wordsIn(value, at)];
  if (Array.isArray(value)) return [useOfType(at), ...value.flatMap((item) => usesOfJson(item, at))];
  if (isEnumType(at.type) && typeof value === 'string') return [useOfType(at), useOfMember(value, at)];
  if (typeof value !== 'object' || value === null) return [useOfType(at)];
  const fields = Object.entries(value).flatMap(([name, child]) => {
    const inner = fieldSite(name, at);
    if (inner === null || child === undefined) return [];
    return [useOfMember(name, at, mayNest(inner.type)), ...usesOfJson(child, inner)];
  });
  return [useOfType(at), ...fields];
}

/** All that a value of a type may use, in whatever order. */
function usesOfType(at: Site, seen: Set<string>): readonly InputUse[] {
  const open = anywhere(useOfType(at));
  if (isOpen(at)) return [open, { ...open, coordinates: [], name: any }];
  if (seen.has(at.type.name)) return [];
  seen.add(at.type.name);
  const values = isEnumType(at.type) ? at.type.getValues() : [];
  const fields = isInputObjectType(at.type) ? Object.values(at.type.getFields()) : [];
  return [
    open,
    ...[...values, ...fields].map(({ name }) => anywhere(useOfMember(name, at))),
    ...fields.flatMap(({ name }) => usesOfType(fieldSite(name, at) ?? at, seen)),
  ];
}

function anywhere(use: InputUse): InputUse {
  return { ...use, within: any, isNested: true };
}

function useOfType({ type, place, within }: Site): InputUse {
  return { coordinates: [type.name], name: null, within, isNested: false, place };
}

/** A field of an input object, or a value of an enum. */
function useOfMember(name: string, { type, within }: Site, isNested = false): InputUse {
  const place = `${type.name}.${name}`;
  return { coordinates: [place], name, within, isNested, place };
}

function fieldSite(name: string, { type, within }: Site): Site | null {
  const field = isInputObjectType(type) ? type.getFields()[name] : undefined;
  return field === undefined
    ? null
    : { type: namedOf(field), place: `${type.name}.${name}`, within: [...within, name] };
}

function namedOf({ type }: { readonly type: GraphQLInputType }): GraphQLNamedInputType {
  return getNamedType(type);
}

function mayNest(type: GraphQLNamedInputType): boolean {
  return isInputObjectType(type);
}

function isCustom(type: GraphQLNamedInputType): boolean {
  return !isEnumType(type) && !isInputObjectType(type) && !isSpecifiedScalarType(type);
}

/** Whether a value may name fields in a way of its own: a custom scalar, or a text of which its place says so. */
function isOpen(at: Site): boolean {
  return isCustom(at.type) || isClause(at);
}

/** `sort: "-salary"`, `orderBy: ["salary"]`, `where: "salary > 5000"`. */
function isClause({ type, within }: Site): boolean {
  return type.name === 'String' && clausePattern.test(within.at(-1) ?? '');
}

const clausePattern = /sort|order|group|filter|where|field|column|distinct|having/i;

/** Keys and strings of a custom scalar's literal: what they mean is known to the subgraph alone. */
function wordsOf(value: ValueNode, at: Site, options: InputOptions): readonly InputUse[] {
  switch (value.kind) {
    case Kind.OBJECT:
      return value.fields.flatMap(({ name: { value: name }, value: child }) => [
        ...usesOfKey(name, at, child.kind === Kind.OBJECT || child.kind === Kind.LIST || child.kind === Kind.VARIABLE),
        ...wordsOf(child, { ...at, within: [...at.within, name] }, options),
      ]);
    case Kind.LIST:
      return value.values.flatMap((item) => wordsOf(item, at, options));
    case Kind.STRING:
      return usesOfText(value.value, at);
    case Kind.ENUM:
      return usesOfKey(value.value, at, false);
    case Kind.VARIABLE:
      return usesOfVariable(value.name.value, at, options);
    default:
      return [];
  }
}

function wordsIn(value: Json | undefined, at: Site): readonly InputUse[] {
  if (typeof value === 'string') return usesOfText(value, at);
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => wordsIn(item, at));
  return Object.entries(value).flatMap(([name, child]) => [
    ...usesOfKey(name, at, typeof child === 'object' && child !== null),
    ...wordsIn(child, { ...at, within: [...at.within, name] }),
  ]);
}

/** A text names what is written as a name, as an order by one, or in JSON that it holds; JSON that is not gone into may name anything. */
function usesOfText(text: string, at: Site): readonly InputUse[] {
  if (isClause(at)) return pathsOfClause(text).flatMap((path) => usesOfPath(path, at, false));
  if (isDeep(text)) return [{ ...anywhere(useOfType(at)), coordinates: [], name: any }];
  return [...pathsOfText(text).flatMap((path) => usesOfPath(path, at, false)), ...wordsIn(jsonIn(text), at)];
}

function usesOfKey(key: string, at: Site, isNested: boolean): readonly InputUse[] {
  return usesOfPath(pathOfKey(key), at, isNested);
}

function usesOfPath(path: NamePath, { place, within }: Site, isNested: boolean): readonly InputUse[] {
  return path.flatMap((forms, index) => {
    const before = path.slice(0, index).flatMap(([name]) => name ?? []);
    const more = isNested || index < path.length - 1;
    return forms.map((name) => ({ coordinates: [], name, within: [...within, ...before], isNested: more, place }));
  });
}
