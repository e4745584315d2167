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
  isAbstractType,
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

/** All field sets of a subgraph, in coordinates of the supergraph: those of an interface object for each type that it may stand for. */
export function fieldSetsOf({ document, origin, typeName }: ReadSubgraph, schema: GraphQLSchema): readonly FieldSet[] {
  const names = federationNames(document);
  const contexts = contextsIn(document, names);
  return document.definitions.flatMap((definition): readonly FieldSet[] => {
    if (!('fields' in definition) || definition.name === undefined || /Input/.test(definition.kind)) return [];
    return ownersOf(typeName(definition.name.value), schema).flatMap((owner): readonly FieldSet[] => {
      const read = (node: ConstDirectiveNode, found: Pick<FieldSet, 'directive' | 'coordinate'>, from: string) => ({
        ...found,
        selected: selectedBy(textOf(argumentOf(node, 'fields')) ?? '', from, schema),
        at: placeOf(node, origin),
      });
      const ofField = (field: FieldDefinitionNode): readonly FieldSet[] => {
        const coordinate = `${owner}.${field.name.value}`;
        const given = typeName(namedTypeOf(field));
        return [
          ...applied(field, names.requires).map((node) => read(node, { directive: 'requires', coordinate }, owner)),
          ...applied(field, names.provides).map((node) => read(node, { directive: 'provides', coordinate }, given)),
          ...(field.arguments ?? []).flatMap((argument) =>
            applied(argument, names.fromContext).map((node): FieldSet => {
              const [, context = '', set = ''] =
                /^\$(\w+)\s*(.*)$/s.exec(textOf(argumentOf(node, 'field')) ?? '') ?? [];
              const types = (contexts.get(context) ?? []).flatMap((one) => ownersOf(typeName(one), schema));
              const selected = types.flatMap((one) => [one, ...selectedBy(set.replace(/^\{/, '... {'), one, schema)]);
              return { directive: 'fromContext', coordinate, selected, at: placeOf(node, origin) };
            }),
          ),
        ];
      };
      return [
        ...applied(definition, names.key).map((node) => read(node, { directive: 'key', coordinate: owner }, owner)),
        ...(definition.fields ?? []).flatMap((field) => (field.kind === Kind.FIELD_DEFINITION ? ofField(field) : [])),
      ];
    });
  });
}

/** A type and, where it is abstract, every one that its objects may be of. */
export function ownersOf(name: string, schema: GraphQLSchema): readonly string[] {
  const type = schema.getType(name);
  return isAbstractType(type) ? [name, ...schema.getPossibleTypes(type).map((possible) => possible.name)] : [name];
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

/** The fields that a field set selects of a type, and the types that it goes through. */
export function selectedBy(fields: string, type: string, schema: GraphQLSchema): readonly string[] {
  const [operation] = parse(`{ ${fields.trim()} }`).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION
    ? selectedIn(operation.selectionSet, schema.getType(type), { schema, isTop: true })
    : [];
}

interface Selecting {
  readonly schema: GraphQLSchema;
  /** At the top it is known which type an object is of: each is asked for by itself. */
  readonly isTop: boolean;
}

function selectedIn(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  { schema, isTop }: Selecting,
): readonly string[] {
  return selections.flatMap((selection): readonly string[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value;
      const inner = name === undefined ? type : schema.getType(name);
      return [...(name === undefined ? [] : [name]), ...selectedIn(selection.selectionSet, inner, { schema, isTop })];
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    const field = type.getFields()[selection.name.value];
    if (field === undefined) return [];
    const given = getNamedType(field.type);
    const below = selection.selectionSet ? selectedIn(selection.selectionSet, given, { schema, isTop: false }) : [];
    const own = (isTop ? [type.name] : ownersOf(type.name, schema)).map((owner) => `${owner}.${field.name}`);
    return [...own, ...ownersOf(given.name, schema), ...below];
  });
}
