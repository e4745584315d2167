/**
 * Which fields require which others, so that an error of a field that only the gateway asked for is reported where a client
 * can see it: at the fields that wanted it.
 */
import { type DocumentNode, type FieldDefinitionNode, type SelectionSetNode, Kind, parse, visit } from 'graphql';

export interface RequiredBy {
  /**
   * Whether `Type.field` requires what stands under these field names of its own object: itself, by what it requires, or by what
   * that requires of other objects on the way.
   */
  requires(coordinate: string, names: readonly string[]): boolean;
}

/** Reads the requirements of supergraph schemas: one that is planned on in several ways. */
export function readRequiredBy(supergraphs: readonly DocumentNode[]): RequiredBy {
  const readers = supergraphs.map(readRequirementsIn);
  return { requires: (coordinate, names) => readers.some((reader) => reader.requires(coordinate, names)) };
}

function readRequirementsIn(supergraph: DocumentNode): RequiredBy {
  const direct = directRequirements(supergraph);
  const { interfacesOf, fieldTypes } = readTypes(supergraph);
  /** What an interface object requires, its implementations do. */
  const pathsOf = (type: string, field: string) =>
    [type, ...interfacesOf(type)].flatMap((owner) => direct.get(`${owner}.${field}`) ?? []);
  const requires = (coordinate: string, wanted: Wanted): boolean => {
    const asked = `${coordinate} ${wanted.names.length}`;
    if (wanted.met.has(asked)) return false;
    wanted.met.add(asked);
    const [type = '', field = ''] = coordinate.split('.');
    return pathsOf(type, field).some((path) => leadsTo(path, [type], wanted));
  };
  /** Whether required fields, from objects of these types on, are those of the names, or one of them requires these. */
  const leadsTo = ([first, ...path]: readonly string[], types: readonly string[], wanted: Wanted): boolean => {
    const [name, ...names] = wanted.names;
    if (first === undefined || name === undefined) return true;
    const coordinates = types.map((type) => `${type}.${first}`);
    if (coordinates.some((coordinate) => requires(coordinate, wanted))) return true;
    return first === name && leadsTo(path, coordinates.flatMap(fieldTypes), { ...wanted, names });
  };
  return { requires: (coordinate, names) => requires(coordinate, { names, met: new Set() }) };
}

interface Wanted {
  /** What is left of the field names on the way to what failed. */
  readonly names: readonly string[];
  /** What was asked already: chains of requirements may come back to where they began. */
  readonly met: Set<string>;
}

interface Types {
  interfacesOf(type: string): readonly string[];
  /** The types of the objects that a coordinate may give. */
  fieldTypes(coordinate: string): readonly string[];
}

function readTypes(supergraph: DocumentNode): Types {
  const interfaces = new Map<string, readonly string[]>();
  const members = new Map<string, string[]>();
  const named = new Map<string, string>();
  for (const type of supergraph.definitions) {
    if (type.kind === Kind.UNION_TYPE_DEFINITION) {
      members.set(
        type.name.value,
        (type.types ?? []).map(({ name }) => name.value),
      );
    }
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const names = (type.interfaces ?? []).map(({ name }) => name.value);
    interfaces.set(type.name.value, names);
    for (const name of names) members.set(name, [...(members.get(name) ?? []), type.name.value]);
    for (const field of type.fields ?? []) named.set(`${type.name.value}.${field.name.value}`, namedTypeOf(field));
  }
  return {
    interfacesOf: (type) => interfaces.get(type) ?? [],
    fieldTypes(coordinate) {
      const type = named.get(coordinate);
      return type === undefined ? [] : [type, ...(members.get(type) ?? [])];
    },
  };
}

function namedTypeOf({ type }: FieldDefinitionNode): string {
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type;
  return inner.name.value;
}

/** By coordinate the paths of field names that end at a leaf. */
function directRequirements(supergraph: DocumentNode): ReadonlyMap<string, readonly (readonly string[])[]> {
  const direct = new Map<string, readonly (readonly string[])[]>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      const coordinate = `${definition.name.value}.${field.name.value}`;
      visit(field, {
        Directive({ name, arguments: args = [] }) {
          const value = args.find((argument) => argument.name.value === 'requires')?.value;
          if (name.value !== 'join__field' || value?.kind !== Kind.STRING) return;
          direct.set(coordinate, [...(direct.get(coordinate) ?? []), ...leafPaths(value.value)]);
        },
      });
    }
  }
  return direct;
}

/** The paths of field names in some selections that end at a leaf. */
export function leafPaths(selections: string): readonly (readonly string[])[] {
  const [definition] = parse(`{ ${selections} }`, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION ? leavesOf(definition.selectionSet) : [];
}

function leavesOf({ selections }: SelectionSetNode): readonly (readonly string[])[] {
  return selections.flatMap((selection): readonly (readonly string[])[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const below = selection.selectionSet ? leavesOf(selection.selectionSet) : [[]];
    if (selection.kind === Kind.INLINE_FRAGMENT) return below;
    return below.map((path) => [selection.name.value, ...path]);
  });
}
