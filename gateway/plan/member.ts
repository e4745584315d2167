/**
 * Unions whose members differ from subgraph to subgraph. Of a field that several subgraphs share, Apollo's planner takes a member
 * that one of them does not know for one that cannot come, and leaves out what is asked of it. But a subgraph that knows the
 * member may give it all the same; so what is asked, and what that subgraph has, is asked of it.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Kind,
  OverlappingFieldsCanBeMergedRule,
  getNamedType,
  isAbstractType,
  isObjectType,
  isUnionType,
  parse,
  print,
  stripIgnoredCharacters,
  validate,
  visit,
} from 'graphql';
import type { FetchNode, PlanNode } from './plan.ts';

export interface MemberOptions {
  /** What the client asks, under the keys that the plan has. */
  readonly operation: OperationDefinitionNode;
  readonly schemaOf: (subgraph: string) => SubgraphSchema;
  /** Members that can be looked up need nothing added. */
  readonly isEntity: (type: string) => boolean;
}

/** A subgraph's own schema. */
export interface SubgraphSchema {
  readonly schema: GraphQLSchema;
  /** Whether it can give a field without being given something first. */
  readonly isOwn: (type: string, field: string) => boolean;
}

/** Whether some union has other members in one subgraph than in another. */
export function hasPartialUnions(supergraph: DocumentNode): boolean {
  return supergraph.definitions.some((definition) => {
    if (definition.kind !== Kind.UNION_TYPE_DEFINITION) return false;
    const named = (directive: string) => definition.directives?.filter(({ name }) => name.value === directive) ?? [];
    const graphs = named('join__type').length;
    return graphs > 1 && named('join__unionMember').length < graphs * (definition.types?.length ?? 0);
  });
}

/** The types that can be looked up somewhere. */
export function entitiesIn(supergraph: DocumentNode): ReadonlySet<string> {
  const entities = new Set<string>();
  visit(supergraph, {
    ObjectTypeDefinition({ name, directives = [] }) {
      const keys = directives.filter((directive) =>
        directive.arguments?.some((argument) => argument.name.value === 'key'),
      );
      if (keys.length > 0) entities.add(name.value);
    },
  });
  return entities;
}

/** The plan with what it leaves out of members that a subgraph knows. */
export function addMembers(node: PlanNode, options: MemberOptions): PlanNode {
  if (node.kind !== 'fetch') return { ...node, nodes: node.nodes.map((child) => addMembers(child, options)) };
  const { schema, isOwn } = options.schemaOf(node.subgraph);
  const document = parse(node.operation, { noLocation: true });
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return node;
  const adding: Adding = { schema, isOwn, isEntity: options.isEntity, count: 0 };
  const sets = setsAt(node.path, options.operation.selectionSet);
  const root = schema.getRootType(operation.operation) ?? null;
  const selectionSet =
    node.requires === undefined
      ? addToSet(operation.selectionSet, { type: root, sets }, adding)
      : addToLookup(operation.selectionSet, sets, adding);
  if (adding.count === 0) return node;
  const definition = { ...operation, selectionSet };
  const added: DocumentNode = { ...document, definitions: [definition] };
  if (validate(schema, added, [OverlappingFieldsCanBeMergedRule]).length > 0) return node;
  return { ...node, operation: stripIgnoredCharacters(print(definition)) };
}

interface Adding extends SubgraphSchema {
  readonly isEntity: (type: string) => boolean;
  /** Fields added so far. */
  count: number;
}

function setsAt(path: FetchNode['path'], root: SelectionSetNode): readonly SelectionSetNode[] {
  return path.reduce<readonly SelectionSetNode[]>(
    (sets, step) => (step.kind === 'items' ? sets : setsBelow(sets, step.key)),
    [root],
  );
}

/** What is selected below a key, whatever the type. */
function setsBelow(sets: readonly SelectionSetNode[], key: string): readonly SelectionSetNode[] {
  return sets.flatMap(({ selections }) =>
    selections.flatMap((selection): readonly SelectionSetNode[] => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return setsBelow([selection.selectionSet], key);
      const isWanted = selection.kind === Kind.FIELD && keyOf(selection) === key && selection.selectionSet;
      return isWanted ? [isWanted] : [];
    }),
  );
}

function addToLookup(set: SelectionSetNode, sets: readonly SelectionSetNode[], adding: Adding): SelectionSetNode {
  const selections = set.selections.map((lookup) =>
    lookup.kind === Kind.FIELD && lookup.selectionSet
      ? { ...lookup, selectionSet: addToSet(lookup.selectionSet, { type: null, sets }, adding) }
      : lookup,
  );
  return { ...set, selections };
}

interface Place {
  /** The type in the subgraph. */
  readonly type: GraphQLOutputType | null;
  /** What the client selects here. */
  readonly sets: readonly SelectionSetNode[];
}

function addToSet(set: SelectionSetNode, { type, sets }: Place, adding: Adding): SelectionSetNode {
  const selections = set.selections.map((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value;
      const on = name === undefined ? type : ((adding.schema.getType(name) ?? null) as GraphQLOutputType | null);
      return { ...selection, selectionSet: addToSet(selection.selectionSet, { type: on, sets }, adding) };
    }
    if (selection.kind !== Kind.FIELD || selection.selectionSet === undefined) return selection;
    const below = { type: typeOf(selection, type), sets: setsBelow(sets, keyOf(selection)) };
    return { ...selection, selectionSet: addToSet(selection.selectionSet, below, adding) };
  });
  if (!isUnionType(type)) return { ...set, selections };
  const members = type.getTypes().filter((member) => !adding.isEntity(member.name));
  const added = members.flatMap((member) => missingOf(member, set, { sets, adding }));
  return { ...set, selections: [...selections, ...added] };
}

interface Missing {
  readonly sets: readonly SelectionSetNode[];
  readonly adding: Adding;
}

function missingOf(member: GraphQLObjectType, set: SelectionSetNode, { sets, adding }: Missing) {
  const known = new Set(fieldsFor(member, [set], adding.schema).map(keyOf));
  const missing = fieldsFor(member, sets, adding.schema).filter(
    (field) => !known.has(keyOf(field)) && isLocal(field, member, adding.isOwn),
  );
  adding.count += missing.length;
  if (missing.length === 0) return [];
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: member.name } } as const;
  const selectionSet = { kind: Kind.SELECTION_SET, selections: missing } as const;
  return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet } as const];
}

/** The fields that are selected of objects of a type. */
function fieldsFor(
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  schema: GraphQLSchema,
): readonly FieldNode[] {
  return sets.flatMap(({ selections }) =>
    selections.flatMap((selection): readonly FieldNode[] => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      const condition = selection.typeCondition && schema.getType(selection.typeCondition.name.value);
      const applies =
        selection.typeCondition === undefined ||
        condition === type ||
        (isAbstractType(condition) && schema.isSubType(condition, type));
      return applies ? fieldsFor(type, [selection.selectionSet], schema) : [];
    }),
  );
}

/** Whether a subgraph has a field with all that is asked below it; variables would have to be declared. */
function isLocal(field: FieldNode, parent: GraphQLObjectType, isOwn: SubgraphSchema['isOwn']): boolean {
  const type = typeOf(field, parent);
  let hasVariables = false;
  visit(field, { Variable: () => void (hasVariables = true) });
  if (type === null || hasVariables || !isOwn(parent.name, field.name.value)) return false;
  if (field.selectionSet === undefined) return true;
  const { selections } = field.selectionSet;
  return isObjectType(type) && selections.every((inner) => inner.kind === Kind.FIELD && isLocal(inner, type, isOwn));
}

function typeOf({ name }: FieldNode, parent: GraphQLOutputType | null): GraphQLOutputType | null {
  const field = parent !== null && 'getFields' in parent ? parent.getFields()[name.value] : undefined;
  return field && 'args' in field ? getNamedType(field.type) : null;
}

function keyOf({ alias, name }: FieldNode): string {
  return alias?.value ?? name.value;
}
