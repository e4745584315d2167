/**
 * Brings an operation into the one form that policy, planner and answer are made from: conditions decided, fragments in
 * the place where they are spread, so that every selection has one position.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  visit,
} from 'graphql';

/** Names of the variables that `@skip`, `@include` and `@defer` read: their values decide the form. */
export function conditionVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive(directive) {
      const condition = conditionOf(directive) ?? deferCondition(directive);
      if (condition?.kind === Kind.VARIABLE) names.add(condition.name.value);
    },
  });
  return [...names].toSorted();
}

/**
 * The operation without fragments by name and without conditions; a `@defer` remains where it holds. The document is valid
 * and of bounded size.
 */
export function normaliseOperation(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): OperationDefinitionNode {
  const fragments = new Map(
    document.definitions.flatMap((definition): [string, FragmentDefinitionNode][] =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const normal: Normalising = { fragments, variables };
  const definition = { ...operation, selectionSet: flattenRoot(normaliseSet(operation.selectionSet, normal)) };
  return dropUnusedVariables(definition);
}

/**
 * A fragment at the root is on the root type, so its fields can stand in its place: mutations happen in the order in which their
 * fields stand, and whoever sees a fragment may take what is in it together.
 */
function flattenRoot(set: SelectionSetNode): SelectionSetNode {
  const flatten = (selection: SelectionNode): readonly SelectionNode[] =>
    selection.kind === Kind.INLINE_FRAGMENT && !selection.directives?.length
      ? selection.selectionSet.selections.flatMap(flatten)
      : [selection];
  return { ...set, selections: set.selections.flatMap(flatten) };
}

interface Normalising {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

function normaliseSet(set: SelectionSetNode, normal: Normalising): SelectionSetNode {
  return {
    kind: Kind.SELECTION_SET,
    selections: set.selections.flatMap((selection) => normaliseSelection(selection, normal)),
  };
}

function normaliseSelection(selection: SelectionNode, normal: Normalising): readonly SelectionNode[] {
  if (!isIncluded(selection, normal.variables)) return [];
  const directives = (selection.directives ?? []).flatMap((directive) => normaliseDirective(directive, normal));
  if (selection.kind === Kind.FIELD) return normaliseField({ ...selection, directives }, normal);
  const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? normal.fragments.get(selection.name.value) : selection;
  if (fragment === undefined) return [];
  const selectionSet = normaliseSet(fragment.selectionSet, normal);
  if (selectionSet.selections.length === 0) return [];
  const condition = fragment.typeCondition ? { typeCondition: fragment.typeCondition } : {};
  return [{ kind: Kind.INLINE_FRAGMENT, ...condition, directives, selectionSet }];
}

/** A field whose every selection is left out still answers an object: an empty one. */
function normaliseField(field: FieldNode, normal: Normalising): readonly SelectionNode[] {
  if (field.selectionSet === undefined) return [field];
  return [{ ...field, selectionSet: normaliseSet(field.selectionSet, normal) }];
}

/** What is decided goes: conditions, and a `@defer` that does nothing. Of one that does, its label remains. */
function normaliseDirective(directive: DirectiveNode, { variables }: Normalising): readonly DirectiveNode[] {
  if (conditionOf(directive) !== undefined) return [];
  if (directive.name.value !== 'defer') return [directive];
  const condition = deferCondition(directive);
  const isOff =
    condition?.kind === Kind.VARIABLE
      ? variables[condition.name.value] === false
      : condition?.kind === Kind.BOOLEAN && !condition.value;
  if (isOff) return [];
  return [{ ...directive, arguments: directive.arguments?.filter(({ name }) => name.value !== 'if') }];
}

/** GraphQL specification, section 3.13: `@skip` wins over `@include`. */
function isIncluded(selection: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  return (selection.directives ?? []).every((directive) => {
    const condition = conditionOf(directive);
    if (condition === undefined) return true;
    const value =
      condition.kind === Kind.VARIABLE
        ? variables[condition.name.value]
        : condition.kind === Kind.BOOLEAN && condition.value;
    return directive.name.value === 'include' ? value === true : value !== true;
  });
}

function conditionOf(directive: DirectiveNode) {
  return directive.name.value === 'skip' || directive.name.value === 'include' ? ifArgument(directive) : undefined;
}

function deferCondition(directive: DirectiveNode) {
  return directive.name.value === 'defer' ? ifArgument(directive) : undefined;
}

function ifArgument(directive: DirectiveNode) {
  return directive.arguments?.find((argument) => argument.name.value === 'if')?.value;
}

function dropUnusedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, { Variable: (variable) => void used.add(variable.name.value) });
  const variableDefinitions = operation.variableDefinitions?.filter((definition) =>
    used.has(definition.variable.name.value),
  );
  return { ...operation, variableDefinitions };
}
