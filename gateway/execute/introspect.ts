/** Answers `__schema` and `__type` from the schema as it is shown to whoever asks; no subgraph is asked. */
import { type GraphQLSchema, type OperationDefinitionNode, type SelectionNode, Kind, execute, visit } from 'graphql';
import type { ResultObject } from './collect.ts';

export type Introspection = (variables: Readonly<Record<string, unknown>>) => ResultObject;

/** Splits a normalised operation: what subgraphs answer, and a function for the rest, if there is any. */
export function splitIntrospection(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): { readonly rest: OperationDefinitionNode; readonly introspect: Introspection | null } {
  const meta = selectionsWhere(operation.selectionSet.selections, (name) => name === '__schema' || name === '__type');
  const data = selectionsWhere(operation.selectionSet.selections, (name) => !name.startsWith('__'));
  const rest = withSelections(operation, data);
  if (meta.length === 0) return { rest, introspect: null };
  const document = { kind: Kind.DOCUMENT, definitions: [withOwnVariables(withSelections(operation, meta))] } as const;
  return {
    rest,
    introspect(variables) {
      const result = execute({ schema, document, variableValues: variables });
      return 'then' in result ? {} : { ...result.data };
    },
  };
}

/** Whether a normalised operation asks for the schema. */
export function isIntrospecting({ selectionSet }: OperationDefinitionNode): boolean {
  return selectionsWhere(selectionSet.selections, (name) => name === '__schema' || name === '__type').length > 0;
}

function selectionsWhere(
  selections: readonly SelectionNode[],
  isWanted: (name: string) => boolean,
): readonly SelectionNode[] {
  return selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isWanted(selection.name.value) ? [selection] : [];
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const inner = selectionsWhere(selection.selectionSet.selections, isWanted);
    return inner.length === 0 ? [] : [{ ...selection, selectionSet: { kind: Kind.SELECTION_SET, selections: inner } }];
  });
}

/** Variables of the other fields may be of types that the schema as it is shown does not have. */
function withOwnVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const own = operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value)) ?? [];
  return { ...operation, variableDefinitions: own };
}

function withSelections(
  operation: OperationDefinitionNode,
  selections: readonly SelectionNode[],
): OperationDefinitionNode {
  return { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}
