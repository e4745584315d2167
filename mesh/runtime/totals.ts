/** Which rows an answer tells of together: in a count, a sum, a page. */
import {
  type GraphQLFieldMap,
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { pageFields, totalFields } from '../policy/page-names.ts';
import type { Declaration } from './declarations.ts';

type Fields = Readonly<GraphQLFieldMap<unknown, unknown>>;

/** The fields of a type; none of one that has none. */
export function fieldsOf(type: GraphQLType | undefined): Fields {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
}

/** The object types that an interface or a union stands for; none for another type. */
export function concreteTypes(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name);
  return isAbstractType(type) ? schema.getPossibleTypes(type).map((possible) => possible.name) : [];
}

/**
 * The types whose rows an answer tells of together: those that it, or a part of it, is declared to be derived from, and those of
 * connections and pages, which are known by their form. Parts that other processes answer are theirs to account for.
 */
export function totalledTypes(
  answer: Pick<Declaration, 'coordinate' | 'type' | 'field'>,
  schema: GraphQLSchema,
  declarations: readonly Declaration[],
): ReadonlySet<string> {
  const declared = new Map(declarations.map((declaration) => [declaration.coordinate, declaration]));
  const found = new Set<string>();
  const seen = new Set<string>();
  const note = (coordinate: string): void => {
    for (const source of declared.get(coordinate)?.derivedFrom ?? []) found.add(source.coordinate.split('.')[0] ?? '');
  };
  const visit = (type: GraphQLNamedType): void => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    note(type.name);
    for (const row of pagedRows(type, schema)) found.add(row);
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    for (const field of Object.values(fieldsOf(type))) {
      const coordinate = `${type.name}.${field.name}`;
      if (declared.get(coordinate)?.process) continue;
      note(coordinate);
      visit(getNamedType(field.type));
    }
  };
  note(answer.coordinate);
  const owner = schema.getType(answer.type);
  const given = answer.field === null ? owner : fieldsOf(owner)[answer.field]?.type;
  if (given) visit(getNamedType(given));
  return found;
}

/** Of a connection or a page, the types of its rows, if it tells anything beside them. */
function pagedRows(type: GraphQLNamedType, schema: GraphQLSchema): readonly string[] {
  const fields = Object.values(fieldsOf(type));
  const rows = new Set(fields.flatMap(({ name, type: given }) => rowsIn(name, given)));
  if (rows.size === 0) return [];
  const isRow = (given: GraphQLType): boolean => rows.has(getNamedType(given).name);
  const others = fields.filter(({ name, type: given }) => !isRow(given) && rowsIn(name, given).length === 0);
  // What has a key is a thing in itself, whose fields mostly tell of itself.
  const tells = isEntity(type, schema) ? others.some(({ name }) => totalFields.has(name)) : others.length > 0;
  return tells ? [...rows].flatMap((name) => [name, ...concreteTypes(name, schema)]) : [];
}

function rowsIn(name: string, given: GraphQLType): readonly string[] {
  const type = getNamedType(given);
  if (!isListType(getNullableType(given)) || !isCompositeType(type)) return [];
  if (pageFields.has(name)) return [type.name];
  const node = name === 'edges' ? fieldsOf(type)['node'] : undefined;
  return node === undefined ? [] : [getNamedType(node.type).name];
}

function isEntity(type: GraphQLNamedType, schema: GraphQLSchema): boolean {
  const entities = schema.getType('_Entity');
  return isUnionType(entities) && entities.getTypes().some(({ name }) => name === type.name);
}
