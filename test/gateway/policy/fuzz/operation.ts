/** Operations as the oracle reads them: what is selected of an object, and what its arguments are given. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  parse,
  typeFromAST,
} from 'graphql';
import type { Question } from '../../federation/fuzz/oracle.ts';
import { type GivenInput, type Sight, objectsOf } from './standing.ts';

export interface Reading {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

export function readQuestion({ query, variables }: Question, schema: GraphQLSchema): Reading {
  const { definitions } = parse(query);
  const operation = definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('There is no operation.');
  const fragments = definitions.flatMap((one) =>
    one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
  );
  return { schema, operation, fragments: new Map(fragments), variables };
}

/** Places at which policy denies something: response keys from the root, without places in lists. */
export function deniedPlaces(reading: Reading, sight: Sight): ReadonlySet<string> {
  const places = new Set<string>();
  const root = reading.schema.getRootType(reading.operation.operation);
  if (root) deniedBelow([reading.operation.selectionSet], [root.name], { reading, sight, places, path: [] });
  return places;
}

interface Noting {
  readonly reading: Reading;
  readonly sight: Sight;
  readonly places: Set<string>;
  readonly path: readonly string[];
}

function deniedBelow(sets: readonly SelectionSetNode[], types: readonly string[], noting: Noting): void {
  const { reading, sight, places } = noting;
  for (const name of types) {
    const type = reading.schema.getType(name) as GraphQLObjectType;
    for (const [key, nodes] of collect(sets, type, reading)) {
      const field = type.getFields()[nodes[0]?.name.value ?? ''];
      if (field === undefined) continue;
      const path = [...noting.path, key];
      const { isDenied, mask } = sight.field(name, field.name);
      const isNull = mask?.name === 'NULL';
      if (isDenied || (!isNull && isInputRefused(nodes, { type, field, reading, sight }))) {
        places.add(path.join('.'));
        continue;
      }
      const given = getNamedType(field.type);
      if (isNull || !isCompositeType(given)) continue;
      const objects = objectsOf(given, reading.schema);
      if (objects.some((object) => sight.isTypeDenied(object))) places.add(path.join('.'));
      const shown = objects.filter((object) => !sight.isTypeDenied(object));
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      deniedBelow(below, shown, { ...noting, path });
    }
  }
}

interface Selected {
  readonly type: GraphQLObjectType;
  readonly field: GraphQLField<unknown, unknown>;
  readonly reading: Reading;
  readonly sight: Sight;
}

/** Whether a field is given something that the subject may not use. */
export function isInputRefused(nodes: readonly FieldNode[], { type, field, reading, sight }: Selected): boolean {
  return nodes.some((node) =>
    givenTo(node, field, reading).some((input) => sight.isRefused(type.name, field.name, input)),
  );
}

function givenTo(node: FieldNode, field: GraphQLField<unknown, unknown>, reading: Reading): readonly GivenInput[] {
  return (node.arguments ?? []).flatMap(({ name: { value: name }, value }) => {
    const argument = field.args.find((one) => one.name === name);
    const read = valueOf(value, reading);
    if (argument === undefined || read === undefined) return [];
    return [{ name, coordinate: name, type: argument.type, value: read }];
  });
}

/** `undefined` for a variable that nobody gives a value. */
function valueOf(node: ValueNode, reading: Reading): unknown {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const name = node.name.value;
      if (Object.hasOwn(reading.variables, name)) return reading.variables[name];
      const definition = reading.operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
      return definition?.defaultValue && valueOf(definition.defaultValue, reading);
    }
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, valueOf(value, reading)]));
    case Kind.LIST:
      return node.values.map((value) => valueOf(value, reading));
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}

/** GraphQL specification, section 6.3.2. */
function collect(
  sets: readonly SelectionSetNode[],
  type: GraphQLObjectType,
  reading: Reading,
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const add = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      const skipped = getDirectiveValues(GraphQLSkipDirective, selection, reading.variables);
      const included = getDirectiveValues(GraphQLIncludeDirective, selection, reading.variables);
      if (skipped?.['if'] === true || included?.['if'] === false) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        fields.set(key, [...(fields.get(key) ?? []), selection]);
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? reading.fragments.get(selection.name.value) : selection;
      if (fragment === undefined || !applies(fragment, type, reading.schema)) continue;
      add(fragment.selectionSet);
    }
  };
  for (const set of sets) add(set);
  return fields;
}

function applies(
  { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
  schema: GraphQLSchema,
): boolean {
  const on = typeCondition && typeFromAST(schema, typeCondition);
  return on === undefined || on === type || (isAbstractType(on) && schema.isSubType(on, type));
}
