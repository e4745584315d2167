/** What of a schema the answer to a document depends on, as text: where two schemas give one text, clients see no difference. */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  TypeInfo,
  getNamedType,
  isAbstractType,
  isEnumType,
  isUnionType,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** The document is valid against the schema. Time and size are linear in the document. */
export function describeView(document: DocumentNode, schema: GraphQLSchema): string {
  const facts = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  const noteType = (type: GraphQLOutputType | null | undefined): void => {
    const named = getNamedType(type);
    if (isEnumType(named)) facts.add(`${named.name} = ${sorted(named.getValues().map((value) => value.name))}`);
    if (isAbstractType(named)) facts.add(`${named.name} = ${sorted(objectNames(named, schema))}`);
  };
  const noteField = (field: FieldNode): void => {
    const parent = typeInfo.getParentType();
    const owners = parent ? [parent, ...(isAbstractType(parent) ? schema.getPossibleTypes(parent) : [])] : [];
    for (const owner of owners) {
      const declared = isUnionType(owner) ? undefined : owner.getFields()[field.name.value];
      if (declared) facts.add(`${owner.name}.${declared.name}: ${String(declared.type)}`);
    }
    noteType(typeInfo.getType());
  };
  const noteCondition = (): void => noteType(typeInfo.getType());
  const visitor = { Field: noteField, InlineFragment: noteCondition, FragmentDefinition: noteCondition };
  visit(document, visitWithTypeInfo(typeInfo, visitor));
  return [...facts].toSorted().join('\n');
}

function objectNames(type: GraphQLCompositeType, schema: GraphQLSchema): readonly string[] {
  return isAbstractType(type) ? schema.getPossibleTypes(type).map((possible) => possible.name) : [type.name];
}

function sorted(names: readonly string[]): string {
  return names.toSorted().join(' | ');
}
