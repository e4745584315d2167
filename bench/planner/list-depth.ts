/** How deep the lists of a response key are. Hive's paths say `@` once for lists of lists, ours once for each. */
import {
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLType,
  TypeInfo,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { PathStep } from '../../gateway/plan/plan.ts';

/** Repeats the steps into items as often as the lists at their place are deep. */
export function deepenLists(
  path: readonly PathStep[],
  document: DocumentNode,
  schema: GraphQLSchema,
): readonly PathStep[] {
  const known = typesByKey(document, schema);
  let type = rootOf(document, schema);
  return path.flatMap((step, index) => {
    if (step.kind === 'items') return [step];
    type = fieldType(type, step.key, { known, schema });
    const next = path[index + 1];
    const extra = next?.kind === 'items' ? Math.max(0, listDepth(type) - 1) : 0;
    return [step, ...Array.from({ length: extra }, () => ({ kind: 'items' }) as const)];
  });
}

function rootOf(document: DocumentNode, schema: GraphQLSchema): GraphQLOutputType | null {
  const [operation] = document.definitions;
  return operation?.kind === 'OperationDefinition' ? (schema.getRootType(operation.operation) ?? null) : null;
}

/** The types of an operation's fields, by parent and response key. */
function typesByKey(document: DocumentNode, schema: GraphQLSchema): ReadonlyMap<string, GraphQLOutputType> {
  const known = new Map<string, GraphQLOutputType>();
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Field(field) {
        const type = typeInfo.getType();
        if (type) known.set(`${typeInfo.getParentType()?.name}.${(field.alias ?? field.name).value}`, type);
      },
    }),
  );
  return known;
}

interface Known {
  readonly known: ReadonlyMap<string, GraphQLOutputType>;
  readonly schema: GraphQLSchema;
}

/** A key may stand on any type that the object can be of, or on an interface of it. */
function fieldType(parent: GraphQLOutputType | null, key: string, { known, schema }: Known): GraphQLOutputType | null {
  if (parent === null) return null;
  const type = getNamedType(parent);
  const possible = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  const names = possible.flatMap((one) => [
    one.name,
    ...(isObjectType(one) ? one.getInterfaces().map((each) => each.name) : []),
  ]);
  for (const name of names) {
    const found = known.get(`${name}.${key}`);
    if (found) return found;
  }
  for (const one of possible) {
    const field = isObjectType(one) ? one.getFields()[key] : undefined;
    if (field) return field.type;
  }
  return null;
}

function listDepth(type: GraphQLType | null): number {
  if (isNonNullType(type)) return listDepth(type.ofType);
  return isListType(type) ? 1 + listDepth(type.ofType) : 0;
}
