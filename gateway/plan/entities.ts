/** What of each type a subgraph can be asked for again, as the supergraph schema says (`join__type`, `join__field`). */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
  type TypeNode,
  Kind,
  parse,
  parseType,
} from 'graphql';

/** The type of a field, lists counted. */
export interface FieldType {
  readonly name: string;
  readonly lists: number;
}

/** One object type with a key by which a subgraph looks its objects up. */
export interface KeyedType {
  readonly type: string;
  readonly key: SelectionSetNode;
}

export interface Entities {
  /** The object types that a type may turn out to be in a subgraph, each with a key; `null` when one has none. */
  keyed(subgraph: string, type: string): readonly KeyedType[] | null;
  /** The type of a field in a subgraph; `undefined` when it has no such field. */
  fieldType(subgraph: string, type: string, field: string): FieldType | undefined;
  /** Whether a subgraph gives a field of every such object, not only where another field provides it. */
  isOwn(subgraph: string, type: string, field: string): boolean;
  /** Whether a subgraph only names a field that others give: it can be asked for it where another field provides it, or not at all. */
  isForeign(subgraph: string, type: string, field: string): boolean;
  isObject(type: string): boolean;
  /** Whether some subgraph knows a type's objects by a key. */
  isEntity(type: string): boolean;
}

interface Field {
  readonly type: FieldType;
  readonly joins: readonly Join[];
}

/** The arguments of one `join__…` directive. */
type Join = Readonly<Record<string, string | boolean | undefined>>;

interface Type {
  readonly isObject: boolean;
  readonly joins: readonly Join[];
  readonly members: readonly { readonly graph: string; readonly type: string }[];
  readonly fields: ReadonlyMap<string, Field>;
}

/** Reads a supergraph schema. */
export function readEntities(supergraph: DocumentNode): Entities {
  const graphs = readGraphs(supergraph);
  const types = readTypes(supergraph);
  const keyOf = (graph: string, type: string): SelectionSetNode | null => {
    for (const join of types.get(type)?.joins ?? []) {
      if (join['graph'] !== graph || join['resolvable'] === false || join['isInterfaceObject'] === true) continue;
      if (typeof join['key'] === 'string') return selectionOf(join['key']);
    }
    return null;
  };
  const joinsOf = (subgraph: string, type: string, field: string): readonly Join[] => {
    const graph = graphs.get(subgraph) ?? '';
    const found = types.get(type)?.fields.get(field);
    const joins = found?.joins.filter((join) => join['graph'] !== undefined) ?? [];
    // Without a directive of its own, a field is wherever its type is.
    return (joins.length === 0 ? (types.get(type)?.joins ?? []) : joins).filter((join) => join['graph'] === graph);
  };
  return {
    keyed(subgraph, type) {
      const graph = graphs.get(subgraph) ?? '';
      const members = types.get(type)?.members.filter((member) => member.graph === graph) ?? [];
      const names = types.get(type)?.isObject === true ? [type] : members.map((member) => member.type);
      const keyed = names.flatMap((name): KeyedType[] => {
        const key = keyOf(graph, name);
        return key === null ? [] : [{ type: name, key }];
      });
      return keyed.length === 0 || keyed.length < names.length ? null : keyed;
    },
    fieldType(subgraph, type, field) {
      const [join] = joinsOf(subgraph, type, field);
      const own = join?.['type'];
      return typeof own === 'string' ? typeOf(parseType(own)) : types.get(type)?.fields.get(field)?.type;
    },
    isOwn(subgraph, type, field) {
      const joins = joinsOf(subgraph, type, field);
      return joins.length > 0 && joins.every((join) => join['external'] !== true && join['usedOverridden'] !== true);
    },
    isForeign(subgraph, type, field) {
      const joins = joinsOf(subgraph, type, field);
      if (joins.length === 0 || joins.some((join) => join['external'] !== true)) return false;
      const graph = graphs.get(subgraph) ?? '';
      const keys = types.get(type)?.joins.filter((join) => join['graph'] === graph) ?? [];
      // What objects are told apart by is known wherever they are.
      return !keys.some(({ key }) => typeof key === 'string' && namesIn(selectionOf(key)).has(field));
    },
    isObject: (type) => types.get(type)?.isObject === true,
    isEntity: (type) => types.get(type)?.joins.some(({ key }) => typeof key === 'string') === true,
  };
}

/** Names of `join__Graph` by subgraph. */
function readGraphs(supergraph: DocumentNode): ReadonlyMap<string, string> {
  const graphs = new Map<string, string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [join] = joins(value.directives, 'join__graph');
      graphs.set(String(join?.['name']), value.name.value);
    }
  }
  return graphs;
}

function readTypes(supergraph: DocumentNode): ReadonlyMap<string, Type> {
  const members = new Map<string, { graph: string; type: string }[]>();
  const addMember = (abstract: unknown, graph: unknown, type: unknown): void => {
    const known = members.get(String(abstract)) ?? [];
    known.push({ graph: String(graph), type: String(type) });
    members.set(String(abstract), known);
  };
  const types = new Map<string, Type>();
  for (const definition of supergraph.definitions) {
    const isObject = definition.kind === Kind.OBJECT_TYPE_DEFINITION;
    const isUnion = definition.kind === Kind.UNION_TYPE_DEFINITION;
    if (!isObject && !isUnion && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const name = definition.name.value;
    const fields = (isUnion ? [] : (definition.fields ?? [])).map((field): [string, Field] => [
      field.name.value,
      { type: typeOf(field.type), joins: joins(field.directives, 'join__field') },
    ]);
    for (const join of isObject ? joins(definition.directives, 'join__implements') : []) {
      addMember(join['interface'], join['graph'], name);
    }
    for (const join of joins(definition.directives, 'join__unionMember'))
      addMember(name, join['graph'], join['member']);
    const own = members.get(name) ?? [];
    members.set(name, own);
    types.set(name, {
      isObject,
      joins: joins(definition.directives, 'join__type'),
      members: own,
      fields: new Map(fields),
    });
  }
  return types;
}

function joins(directives: readonly ConstDirectiveNode[] | undefined, name: string): readonly Join[] {
  return (directives ?? [])
    .filter((directive) => directive.name.value === name)
    .map((directive) =>
      Object.fromEntries(
        (directive.arguments ?? []).flatMap(({ name: argument, value }) =>
          'value' in value ? [[argument.value, value.value]] : [],
        ),
      ),
    );
}

function typeOf(node: TypeNode, lists = 0): FieldType {
  if (node.kind === Kind.NON_NULL_TYPE) return typeOf(node.type, lists);
  return node.kind === Kind.LIST_TYPE ? typeOf(node.type, lists + 1) : { name: node.name.value, lists };
}

function namesIn({ selections }: SelectionSetNode): ReadonlySet<string> {
  return new Set(selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : [])));
}

function selectionOf(fields: string): SelectionSetNode {
  const [definition] = parse(`{ ${fields} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`A key is no selection: ${fields}`);
  return definition.selectionSet;
}
