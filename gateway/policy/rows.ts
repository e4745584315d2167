/**
 * Row conditions in operations: what they read of objects is asked for along with what the client asks, under response keys
 * that no client can choose. Whoever else is denied a field, a condition reads it as it is.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  TypeNameMetaFieldDef,
  getNamedType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';
import type { FieldTree } from '../../mesh/policy/reads.ts';
import type { RowsRule } from '../../mesh/policy/rules.ts';

export interface RowsOptions {
  readonly schema: GraphQLSchema;
  /** The rules by which some objects of a type do not exist for a subject. */
  readonly filtersOf: (type: string) => readonly RowsRule[];
}

/** Documents with aliases that begin with two underscores are refused. */
const prefix = '__rows_';

/** The response key of a field that a condition on a type reads. */
export function rowKey(type: string, field: string): string {
  return `${prefix}${type}_${field}`;
}

/** Whether a key of a result is a condition's, whatever the planner has put behind it. */
export function isRowKey(key: string | number): boolean {
  return typeof key === 'string' && key.startsWith(prefix);
}

/** Adds what the conditions read to an operation whose fragments all stand in place. */
export function addRowFields(
  operation: OperationDefinitionNode,
  { schema, filtersOf }: RowsOptions,
): OperationDefinitionNode {
  const rowFields = (type: GraphQLObjectType) => readFields(type, filtersOf(type.name), schema);
  const fieldsOf = (type: GraphQLObjectType): readonly FieldNode[] => {
    const node = edgeNode(type);
    if (node === null || filtersOf(node.name).length === 0) return rowFields(type);
    return [...rowFields(type), nodeField(type, onTypes(node, schema, rowFields))];
  };
  return overObjects(operation, schema, (declared) => onTypes(declared, schema, fieldsOf));
}

/** Adds the nodes of edges: for whoever asks for edges alone, the rules of their nodes matter as well. */
export function addEdgeNodes(operation: OperationDefinitionNode, schema: GraphQLSchema): OperationDefinitionNode {
  const fieldsOf = (type: GraphQLObjectType) => (edgeNode(type) === null ? [] : [nodeField(type, [])]);
  return overObjects(operation, schema, (declared) => onTypes(declared, schema, fieldsOf));
}

function nodeField(edge: GraphQLObjectType, selections: readonly SelectionNode[]): FieldNode {
  return fieldNode('node', {
    key: rowKey(edge.name, 'node'),
    set: setOf([fieldNode(TypeNameMetaFieldDef.name), ...selections]),
  });
}

/** Selections of fields that differ between the objects that may stand at a place. */
function onTypes(
  declared: GraphQLCompositeType,
  schema: GraphQLSchema,
  fieldsOf: (type: GraphQLObjectType) => readonly FieldNode[],
): readonly SelectionNode[] {
  return possibleIn(schema, declared).flatMap((type): readonly SelectionNode[] => {
    const fields = fieldsOf(type);
    if (fields.length === 0 || type === declared) return fields;
    return [fragmentOn(type, fields)];
  });
}

/**
 * The type of the node of an edge (GraphQL Cursor Connections Specification, section 3), which its name or its cursor tells;
 * `null` for what is no edge.
 */
export function edgeNode(type: GraphQLObjectType): GraphQLCompositeType | null {
  const { node, cursor } = type.getFields();
  if (!type.name.endsWith('Edge') && cursor === undefined) return null;
  const given = getNamedType(node?.type);
  return node?.args.some(isRequiredArgument) === false && isCompositeType(given) ? given : null;
}

/** Adds something to the selections of all objects below the root. */
function overObjects(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  addedTo: (declared: GraphQLCompositeType) => readonly SelectionNode[],
): OperationDefinitionNode {
  const inSet = (set: SelectionSetNode, parent: GraphQLCompositeType): readonly SelectionNode[] =>
    set.selections.map((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) throw new Error('A normalised operation has no fragment spreads.');
      if (selection.kind === Kind.FIELD) return inField(selection, parent);
      const type = schema.getType(selection.typeCondition?.name.value ?? parent.name);
      if (!isCompositeType(type)) return selection;
      return { ...selection, selectionSet: setOf(inSet(selection.selectionSet, type)) };
    });
  const inField = (field: FieldNode, parent: GraphQLCompositeType): FieldNode => {
    const type = getNamedType((isUnionType(parent) ? undefined : parent.getFields()[field.name.value])?.type);
    if (field.selectionSet === undefined || !isCompositeType(type)) return field;
    return { ...field, selectionSet: setOf([...inSet(field.selectionSet, type), ...addedTo(type)]) };
  };
  const root = schema.getRootType(operation.operation);
  return root ? { ...operation, selectionSet: setOf(inSet(operation.selectionSet, root)) } : operation;
}

/** What the conditions on a type read, all of them together. What the type does not have, they lack. */
function readFields(type: GraphQLObjectType, rules: readonly RowsRule[], schema: GraphQLSchema): readonly FieldNode[] {
  return [...treeOf(rules.map(({ condition }) => condition.fields))].flatMap(([name, below]) => {
    const field = selectField(type, name, { below, schema });
    return field === null ? [] : [{ ...field, alias: { kind: Kind.NAME, value: rowKey(type.name, name) } as const }];
  });
}

function treeOf(trees: readonly FieldTree[]): FieldTree {
  const names = new Set(trees.flatMap((tree) => [...tree.keys()]));
  return new Map(Array.from(names, (name) => [name, treeOf(trees.flatMap((tree) => tree.get(name) ?? []))]));
}

interface Below {
  readonly below: FieldTree;
  readonly schema: GraphQLSchema;
}

/** `null` for a field that is not there, or cannot be asked for without arguments. */
function selectField(parent: GraphQLCompositeType, name: string, { below, schema }: Below): FieldNode | null {
  const field = isUnionType(parent) ? undefined : parent.getFields()[name];
  if (field === undefined || field.args.some(isRequiredArgument)) return null;
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return fieldNode(name);
  return fieldNode(name, { set: setOf([fieldNode(TypeNameMetaFieldDef.name), ...selectBelow(type, below, schema)]) });
}

function selectBelow(type: GraphQLCompositeType, tree: FieldTree, schema: GraphQLSchema): readonly SelectionNode[] {
  return [...tree].flatMap(([name, below]): readonly SelectionNode[] => {
    const field = selectField(type, name, { below, schema });
    if (field !== null) return [field];
    return onTypes(type, schema, (possible) => fieldsNamed(possible, name, { below, schema }));
  });
}

function fieldsNamed(type: GraphQLObjectType, name: string, below: Below): readonly FieldNode[] {
  const field = selectField(type, name, below);
  return field === null ? [] : [field];
}

function possibleIn(schema: GraphQLSchema, type: GraphQLCompositeType): readonly GraphQLObjectType[] {
  return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
}

interface FieldParts {
  /** Default: the name. */
  readonly key?: string;
  readonly set?: SelectionSetNode;
}

function fieldNode(name: string, { key, set }: FieldParts = {}): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: name },
    ...(key === undefined ? {} : { alias: { kind: Kind.NAME, value: key } }),
    ...(set === undefined ? {} : { selectionSet: set }),
  };
}

function fragmentOn(type: GraphQLObjectType, selections: readonly SelectionNode[]): InlineFragmentNode {
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } } as const;
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: setOf(selections) };
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}
