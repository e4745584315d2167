/** Which coordinates bind together: what stands at an interface stands at all that implements it. */
import {
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

/** A type with fields, and the interfaces that it implements. Nothing for other types. */
export function ownersOf(name: string, schema: GraphQLSchema): readonly (GraphQLObjectType | GraphQLInterfaceType)[] {
  const type = schema.getType(name);
  return isObjectType(type) || isInterfaceType(type) ? [type, ...type.getInterfaces()] : [];
}

/** The coordinates of a type that bind its objects. */
export function typeCoordinates(name: string, schema: GraphQLSchema): readonly string[] {
  return [...new Set([name, ...ownersOf(name, schema).map((owner) => owner.name)])];
}

/** The coordinates of a field: of the type, and of the interfaces that have it. */
export function fieldCoordinates(type: string, field: string, schema: GraphQLSchema): readonly string[] {
  const owners = ownersOf(type, schema).filter((owner) => owner.getFields()[field] !== undefined);
  return [...new Set([`${type}.${field}`, ...owners.map((owner) => `${owner.name}.${field}`)])];
}

/** The types that a field is said to give, by the type or an interface of it. */
export function givenTypes(type: string, field: string, schema: GraphQLSchema): readonly GraphQLNamedType[] {
  const given = ownersOf(type, schema).flatMap((owner) => owner.getFields()[field] ?? []);
  return [...new Set(given.map((one) => getNamedType(one.type)))];
}

/** The object types that a type may turn out to be; itself when there are none. */
export function possibleTypes(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name);
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  if (possible.length > 0) return possible.map((one) => one.name);
  return isCompositeType(type) ? [name] : [];
}
