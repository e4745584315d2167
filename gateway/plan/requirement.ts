/**
 * What fields require of other subgraphs (`@requires`) with arguments. The planner asks for it under the field's own name,
 * so one plan cannot hold two answers of a field: an operation in which two fields require one field differently is parted,
 * each part planned for itself. Parts are found by name, so now and then one too many is made.
 */
import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  Kind,
  TypeInfo,
  isAbstractType,
  parse,
  print,
  visit,
  visitWithTypeInfo,
} from 'graphql';

export interface Requirements {
  /** Names of required fields that take arguments. A client's field of such a name is asked for under another key. */
  readonly names: ReadonlySet<string>;
  /** Parts of an operation that can be planned one by one; the operation itself when nothing is at odds. */
  split(operation: OperationDefinitionNode, schema: GraphQLSchema): readonly OperationDefinitionNode[];
}

/** The arguments with which a field requires others: texts by field name. */
type Demands = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the requirements of a supergraph schema. */
export function readRequirements(supergraph: DocumentNode): Requirements {
  const required = requiredSelections(supergraph);
  const withArguments = fieldsWithArguments(supergraph);
  const names = new Set<string>();
  for (const fields of required.values()) {
    for (const { name } of fields) if (withArguments.has(name.value)) names.add(name.value);
  }
  const demands = new Map(
    [...required.keys()].map((coordinate) => [coordinate, demandsOf(coordinate, required, names)]),
  );
  return {
    names,
    split: (operation, schema) => (names.size === 0 ? [operation] : splitOperation(operation, schema, demands)),
  };
}

/** For each coordinate with `@requires` all fields that it selects, at any depth. */
function requiredSelections(supergraph: DocumentNode): ReadonlyMap<string, readonly FieldNode[]> {
  const required = new Map<string, readonly FieldNode[]>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      for (const directive of field.directives ?? []) {
        const value = directive.arguments?.find(({ name }) => name.value === 'requires')?.value;
        if (directive.name.value !== 'join__field' || value?.kind !== Kind.STRING) continue;
        const coordinate = `${definition.name.value}.${field.name.value}`;
        const selected = fieldsIn(parse(`{ ${value.value} }`, { noLocation: true }));
        required.set(coordinate, [...(required.get(coordinate) ?? []), ...selected]);
      }
    }
  }
  return required;
}

function fieldsIn(node: ASTNode): readonly FieldNode[] {
  const fields: FieldNode[] = [];
  visit(node, { Field: (field) => void fields.push(field) });
  return fields;
}

function fieldsWithArguments(supergraph: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(supergraph, { FieldDefinition: (field) => void (field.arguments?.length && names.add(field.name.value)) });
  return names;
}

/** What a field requires, and what the fields it requires do, and so on. */
function demandsOf(
  coordinate: string,
  required: ReadonlyMap<string, readonly FieldNode[]>,
  names: ReadonlySet<string>,
): Demands {
  const demands = new Map<string, Set<string>>();
  const met = new Set<string>();
  const follow = (owner: string): void => {
    if (met.has(owner)) return;
    met.add(owner);
    for (const field of required.get(owner) ?? []) {
      const name = field.name.value;
      if (names.has(name)) {
        const text = (field.arguments ?? []).map(print).toSorted().join();
        demands.set(name, (demands.get(name) ?? new Set()).add(text));
      }
      for (const other of required.keys()) if (other.endsWith(`.${name}`)) follow(other);
    }
  };
  follow(coordinate);
  return demands;
}

/** A field with what it and its selections demand: it stays in one part. */
interface Unit {
  readonly field: FieldNode;
  readonly coordinates: ReadonlySet<string>;
}

interface Part {
  /** Fields of all units. */
  readonly all: ReadonlySet<FieldNode>;
  readonly own: ReadonlySet<FieldNode>;
  readonly isFirst: boolean;
}

type AllDemands = ReadonlyMap<string, Demands>;

function splitOperation(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  demands: AllDemands,
): readonly OperationDefinitionNode[] {
  const parts: Unit[][] = [];
  for (const unit of unitsIn(operation, schema, demands)) {
    const part = parts.find((others) => !others.some((other) => isAtOdds(unit, other, demands)));
    if (part) part.push(unit);
    else parts.push([unit]);
  }
  if (parts.length < 2) return [operation];
  const all = new Set(parts.flat().map(({ field }) => field));
  return parts.map((part, index) => {
    const own = new Set(part.map(({ field }) => field));
    return keepPart(operation, { all, own, isFirst: index === 0 });
  });
}

function unitsIn(operation: OperationDefinitionNode, schema: GraphQLSchema, demands: AllDemands): readonly Unit[] {
  const units: Unit[] = [];
  const typeInfo = new TypeInfo(schema);
  let open: { readonly field: FieldNode; readonly coordinates: Set<string> } | null = null;
  const visitor = {
    enter(field: FieldNode) {
      const parent = typeInfo.getParentType();
      const owners = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : parent ? [parent] : [];
      const found = owners
        .map((owner) => `${owner.name}.${field.name.value}`)
        .filter((name) => demands.get(name)?.size);
      if (found.length > 0) open ??= { field, coordinates: new Set() };
      for (const coordinate of found) open?.coordinates.add(coordinate);
    },
    leave(field: FieldNode) {
      if (open?.field !== field) return;
      units.push(open);
      open = null;
    },
  };
  visit(operation, visitWithTypeInfo(typeInfo, { Field: visitor }));
  return units;
}

/** Whether two units require one field with different arguments. Fields of one coordinate require the same. */
function isAtOdds(a: Unit, b: Unit, demands: AllDemands): boolean {
  for (const one of a.coordinates) {
    for (const other of b.coordinates) {
      if (one === other) continue;
      for (const [name, texts] of demands.get(one) ?? []) {
        const others = demands.get(other)?.get(name);
        if (others && texts.union(others).size > 1) return true;
      }
    }
  }
  return false;
}

/** Part of an operation: a unit is kept whole or left out; other fields stay in the first part, and as the way to a unit. */
function keepPart(operation: OperationDefinitionNode, part: Part): OperationDefinitionNode {
  return visit(operation, {
    Field: {
      enter(field) {
        if (part.all.has(field)) return part.own.has(field) ? false : null;
        return part.isFirst || field.selectionSet ? undefined : null;
      },
      leave: (field) => (field.selectionSet?.selections.length === 0 ? null : undefined),
    },
    InlineFragment: { leave: (fragment) => (fragment.selectionSet.selections.length === 0 ? null : undefined) },
  });
}
