/** What stands at a coordinate of a schema. */
import {
  type GraphQLArgument,
  type GraphQLEnumValue,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

export type SchemaElement =
  | { readonly kind: 'type'; readonly type: GraphQLNamedType }
  | { readonly kind: 'field'; readonly type: GraphQLNamedType; readonly field: GraphQLField<unknown, unknown> }
  | { readonly kind: 'argument'; readonly argument: GraphQLArgument }
  | { readonly kind: 'input field'; readonly field: GraphQLInputField }
  | { readonly kind: 'enum value'; readonly value: GraphQLEnumValue };

/** `null` when nothing does. */
export function elementAt(schema: GraphQLSchema, coordinate: string): SchemaElement | null {
  const [, typeName = '', memberName, argumentName] = /^(\w+)(?:\.(\w+))?(?:\((\w+):\))?$/.exec(coordinate) ?? [];
  const type = schema.getType(typeName);
  if (type === undefined || type.name.startsWith('__')) return null;
  if (memberName === undefined) return argumentName === undefined ? { kind: 'type', type } : null;
  if (isObjectType(type) || isInterfaceType(type)) {
    const field = type.getFields()[memberName];
    if (field === undefined) return null;
    if (argumentName === undefined) return { kind: 'field', type, field };
    const argument = field.args.find(({ name }) => name === argumentName);
    return argument === undefined ? null : { kind: 'argument', argument };
  }
  if (argumentName !== undefined) return null;
  if (isEnumType(type)) {
    const value = type.getValue(memberName);
    return value ? { kind: 'enum value', value } : null;
  }
  const field = isInputObjectType(type) ? type.getFields()[memberName] : undefined;
  return field === undefined ? null : { kind: 'input field', field };
}

/** The type that a coordinate belongs to. */
export function typeNameOf(coordinate: string): string {
  return coordinate.split('.', 1)[0] ?? coordinate;
}
