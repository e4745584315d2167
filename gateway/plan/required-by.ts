/**
 * Which fields require which others, so that an error of a field that only the gateway asked for is reported where a client
 * can see it: at the fields that wanted it.
 */
import { type DocumentNode, type SelectionSetNode, Kind, parse, visit } from 'graphql';

export interface RequiredBy {
  /** Whether `Type.field` requires what stands under these field names of its own object, itself or by what it requires. */
  requires(coordinate: string, names: readonly string[]): boolean;
}

/** Reads the requirements of a supergraph schema. */
export function readRequiredBy(supergraph: DocumentNode): RequiredBy {
  const direct = directRequirements(supergraph);
  const interfaces = interfacesIn(supergraph);
  /** What an interface object requires, its implementations do. */
  const pathsOf = (type: string, field: string) =>
    [type, ...(interfaces.get(type) ?? [])].flatMap((owner) => direct.get(`${owner}.${field}`) ?? []);
  const requires = (coordinate: string, names: readonly string[], met: ReadonlySet<string>): boolean => {
    const [type = '', field = ''] = coordinate.split('.');
    return pathsOf(type, field).some((path) => {
      if (path.every((name, index) => index >= names.length || name === names[index])) return true;
      const next = `${type}.${path[0] ?? ''}`;
      return !met.has(next) && requires(next, names, new Set([...met, next]));
    });
  };
  return { requires: (coordinate, names) => requires(coordinate, names, new Set()) };
}

function interfacesIn(supergraph: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const interfaces = new Map<string, readonly string[]>();
  visit(supergraph, {
    ObjectTypeDefinition: (type) =>
      void interfaces.set(
        type.name.value,
        (type.interfaces ?? []).map(({ name }) => name.value),
      ),
  });
  return interfaces;
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
