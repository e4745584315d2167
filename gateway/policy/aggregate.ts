/**
 * Fields that tell of rows together: counts and pages. Those of a connection are known by its form, others by what they
 * declare to be derived from.
 */
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import { pageFields, totalFields } from '../../mesh/policy/page-names.ts';

export interface AggregateOptions {
  readonly schema: GraphQLSchema;
  /** Whether objects of a type have a key. */
  readonly isEntity: (type: string) => boolean;
}

/** The types whose rows a field of a type tells of together; none for a field that is no aggregate. */
export function aggregatedRows(
  typeName: string,
  fieldName: string,
  { schema, isEntity }: AggregateOptions,
): readonly string[] {
  const type = schema.getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const field = type.getFields()[fieldName];
  if (field === undefined || isRoot(typeName, schema)) return [];
  const rows = rowsOf(type);
  const given = getNamedType(field.type);
  if (rows.size === 0 || rows.has(given) || rowsIn(field).length > 0) return [];
  // What has a key is a thing in itself, whose other fields tell of itself.
  if (isEntity(typeName) && !totalFields.has(fieldName)) return [];
  return [...rows].map((row) => row.name);
}

/** The types of the rows that a connection or a page gives: of `edges { node }`, `nodes`, `items` and the like. */
export function rowsOf(type: GraphQLNamedType): ReadonlySet<GraphQLNamedType> {
  const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  return new Set(fields.flatMap(rowsIn));
}

function rowsIn(field: GraphQLField<unknown, unknown>): readonly GraphQLNamedType[] {
  const type = getNamedType(field.type);
  if (!isListType(getNullableType(field.type)) || !isCompositeType(type)) return [];
  if (pageFields.has(field.name)) return [type];
  if (field.name !== 'edges' || !('getFields' in type)) return [];
  const node = type.getFields()['node'];
  return node === undefined ? [] : [getNamedType(node.type)];
}

function isRoot(name: string, schema: GraphQLSchema): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].some(
    (root) => root?.name === name,
  );
}
