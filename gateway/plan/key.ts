/**
 * Puts the keys by which a subgraph can be entered before those that it only names (`resolvable: false`). Apollo's planner, coming
 * back to a subgraph with what a field requires, takes the first key that the subgraph has, whether or not it can be entered by it.
 */
import { type ConstDirectiveNode, type DocumentNode, Kind, parse, visit } from 'graphql';

/** The supergraph with each type's keys in that order; the document itself when they are. */
export function putResolvableKeysFirst(supergraph: DocumentNode): DocumentNode {
  const reorder = <Node extends { readonly directives?: readonly ConstDirectiveNode[] | undefined }>(type: Node) => {
    const { directives = [] } = type;
    const last = directives.findLastIndex((directive) => isKey(directive) && isResolvable(directive));
    const isOrdered = directives.every(
      (directive, index) => index > last || !isKey(directive) || isResolvable(directive),
    );
    if (isOrdered) return undefined;
    const rest = directives.filter((directive) => !isKey(directive) || isResolvable(directive));
    return { ...type, directives: [...rest, ...directives.filter((directive) => !rest.includes(directive))] };
  };
  return visit(supergraph, { ObjectTypeDefinition: reorder, InterfaceTypeDefinition: reorder });
}

/** Gives the names of the fields of each key that a type has in a subgraph, be it as an implementation of an interface. */
export type KeysOf = (subgraph: string, type: string) => readonly (readonly string[])[];

/** Reads the keys of a supergraph; `graphs` are the subgraphs' names by those that the supergraph gives them. */
export function readKeys(supergraph: DocumentNode, graphs: ReadonlyMap<string, string>): KeysOf {
  const keys = new Map<string, (readonly string[])[]>();
  const interfaces = new Map<string, readonly string[]>();
  const read = (name: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives.filter(isKey)) {
      const [graph, key] = ['graph', 'key'].map((wanted) => textOf(directive, wanted));
      const place = `${graphs.get(graph ?? '') ?? ''} ${name}`;
      keys.set(place, [...(keys.get(place) ?? []), namesIn(key ?? '')]);
    }
  };
  visit(supergraph, {
    InterfaceTypeDefinition: ({ name, directives }) => read(name.value, directives),
    ObjectTypeDefinition(type) {
      read(type.name.value, type.directives);
      interfaces.set(
        type.name.value,
        (type.interfaces ?? []).map(({ name }) => name.value),
      );
    },
  });
  return (subgraph, type) =>
    [type, ...(interfaces.get(type) ?? [])].flatMap((name) => keys.get(`${subgraph} ${name}`) ?? []);
}

function namesIn(selections: string): readonly string[] {
  const [definition] = parse(`{ ${selections} }`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return [];
  return definition.selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []));
}

function textOf({ arguments: args = [] }: ConstDirectiveNode, name: string): string | null {
  const value = args.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : null;
}

function isKey({ name, arguments: args = [] }: ConstDirectiveNode): boolean {
  return name.value === 'join__type' && args.some((argument) => argument.name.value === 'key');
}

function isResolvable({ arguments: args = [] }: ConstDirectiveNode): boolean {
  return !args.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value);
}
