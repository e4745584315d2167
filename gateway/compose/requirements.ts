/** What a subgraph is given or gives beside what clients ask for: the field sets of `@key`, `@requires`, `@provides` and `@fromContext`. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql';
import type { SourceLocation } from '../../mesh/core/error.ts';
import { argumentOf, linksOf, placeOf, textOf } from '../../mesh/policy/directive.ts';
import { namespaceOf } from '../../mesh/policy/names.ts';
import type { ReadSubgraph } from './read-subgraph.ts';

export interface FieldSet {
  readonly directive: 'key' | 'requires' | 'provides' | 'fromContext';
  /** What it is for: a type for `@key`, else a field. */
  readonly coordinate: string;
  /** The fields that it selects, and the types that it goes through. */
  readonly selected: readonly string[];
  readonly at: SourceLocation;
}

/** All field sets of a subgraph, in coordinates of the supergraph. */
export function fieldSetsOf({ document, origin, typeName }: ReadSubgraph, schema: GraphQLSchema): readonly FieldSet[] {
  const names = federationNames(document);
  const contexts = contextsIn(document, names);
  return document.definitions.flatMap((definition): readonly FieldSet[] => {
    if (!('fields' in definition) || definition.name === undefined || /Input/.test(definition.kind)) return [];
    const type = typeName(definition.name.value);
    const read = (node: ConstDirectiveNode, found: Pick<FieldSet, 'directive' | 'coordinate'>, from: string) => ({
      ...found,
      selected: selectedBy(textOf(argumentOf(node, 'fields')) ?? '', typeName(from), schema),
      at: placeOf(node, origin),
    });
    const keys = applied(definition, names.key).map((node) => read(node, { directive: 'key', coordinate: type }, type));
    return [
      ...keys,
      ...(definition.fields ?? []).flatMap((field): readonly FieldSet[] => {
        const coordinate = `${type}.${field.name.value}`;
        return [
          ...applied(field, names.requires).map((node) => read(node, { directive: 'requires', coordinate }, type)),
          ...applied(field, names.provides).map((node) =>
            read(node, { directive: 'provides', coordinate }, namedTypeOf(field)),
          ),
          ...('arguments' in field ? (field.arguments ?? []) : []).flatMap((argument) =>
            applied(argument, names.fromContext).flatMap((node) => {
              const [, context = '', set = ''] =
                /^\$(\w+)\s*(.*)$/s.exec(textOf(argumentOf(node, 'field')) ?? '') ?? [];
              const types = (contexts.get(context) ?? []).map(typeName);
              const selected = types.flatMap((one) => [one, ...selectedBy(set.replace(/^\{/, '... {'), one, schema)]);
              return [{ directive: 'fromContext' as const, coordinate, selected, at: placeOf(node, origin) }];
            }),
          ),
        ];
      }),
    ];
  });
}

type Named = 'key' | 'requires' | 'provides' | 'fromContext' | 'context';

/** By which names a document calls Federation's directives. */
function federationNames(document: DocumentNode): Readonly<Record<Named, readonly string[]>> {
  const links = linksOf(document).filter(({ url }) => /\/federation\/v\d+\.\d+$/.test(url));
  const of = (name: Named): readonly string[] =>
    links.length === 0
      ? [name]
      : links.flatMap((link) => {
          const imported = link.imports.get(`@${name}`)?.slice(1);
          return [...(imported === undefined ? [] : [imported]), `${namespaceOf(link)}__${name}`];
        });
  return {
    key: of('key'),
    requires: of('requires'),
    provides: of('provides'),
    fromContext: of('fromContext'),
    context: of('context'),
  };
}

function applied(
  { directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] },
  names: readonly string[],
): readonly ConstDirectiveNode[] {
  return directives.filter(({ name }) => names.includes(name.value));
}

/** The types that set a context, by its name. */
function contextsIn(document: DocumentNode, { context }: Pick<ReturnType<typeof federationNames>, 'context'>) {
  const contexts = new Map<string, string[]>();
  for (const definition of document.definitions) {
    if (!('directives' in definition) || !('name' in definition) || definition.name === undefined) continue;
    for (const node of applied(definition as { directives?: readonly ConstDirectiveNode[] }, context)) {
      const name = textOf(argumentOf(node, 'name')) ?? '';
      contexts.set(name, [...(contexts.get(name) ?? []), definition.name.value]);
    }
  }
  return contexts;
}

function namedTypeOf({ type }: Pick<FieldDefinitionNode, 'type'>): string {
  let node = type;
  while (node.kind !== Kind.NAMED_TYPE) node = node.type;
  return node.name.value;
}

function selectedBy(fields: string, type: string, schema: GraphQLSchema): readonly string[] {
  const [operation] = parse(`{ ${fields.trim()} }`).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION
    ? selectedIn(operation.selectionSet, schema.getType(type), schema)
    : [];
}

function selectedIn(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  schema: GraphQLSchema,
): readonly string[] {
  return selections.flatMap((selection): readonly string[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value;
      const inner = name === undefined ? type : schema.getType(name);
      return [...(name === undefined ? [] : [name]), ...selectedIn(selection.selectionSet, inner, schema)];
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const field = type.getFields()[selection.name.value];
    if (field === undefined) return [];
    const given = getNamedType(field.type);
    const below = selection.selectionSet ? selectedIn(selection.selectionSet, given, schema) : [];
    return [`${type.name}.${field.name}`, given.name, ...below];
  });
}
