/**
 * What the fields of a supergraph are given of other fields before they are worked out (`@requires`, `@fromContext`). It may show in
 * what they give. Composition sees to it that they are bound as strictly; whoever else has composed may not have.
 */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  Kind,
} from 'graphql';
import { argumentOf, textOf } from '../../mesh/policy/directive.ts';
import { ownersOf, selectedBy } from '../compose/requirements.ts';

/** Coordinates of the fields that are given, and of the types of objects that they lead through, by the field they are given to. */
export function readRequired(
  supergraph: DocumentNode,
  schema: () => GraphQLSchema,
): ReadonlyMap<string, readonly string[]> {
  const required = new Map<string, string[]>();
  const contexts = contextsOf(supergraph);
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    for (const field of definition.fields ?? []) {
      const given = [
        ...joinsOf(field).flatMap((join) => {
          const set = textOf(argumentOf(join, 'requires'));
          return set === null ? [] : selectedBy(set, type, schema());
        }),
        ...fromContexts(field).flatMap(({ context, selection }) =>
          (contexts.get(context) ?? []).flatMap((above) =>
            ownersOf(above, schema()).flatMap((one) => selectedBy(`... ${selection}`, one, schema())),
          ),
        ),
      ];
      if (given.length > 0) required.set(`${type}.${field.name.value}`, [...new Set(given)]);
    }
  }
  return required;
}

function joinsOf({ directives = [] }: FieldDefinitionNode): readonly ConstDirectiveNode[] {
  return directives.filter(({ name }) => name.value === 'join__field');
}

interface FromContext {
  readonly context: string;
  /** In braces. */
  readonly selection: string;
}

function fromContexts(field: FieldDefinitionNode): readonly FromContext[] {
  return joinsOf(field).flatMap((join) => {
    const list = argumentOf(join, 'contextArguments');
    return (list?.kind === Kind.LIST ? list.values : []).flatMap((one): readonly FromContext[] => {
      const values = new Map(one.kind === Kind.OBJECT ? one.fields.map(({ name, value }) => [name.value, value]) : []);
      const [context, selection] = [textOf(values.get('context')), textOf(values.get('selection'))];
      return context === null || selection === null ? [] : [{ context, selection: selection.trim() }];
    });
  });
}

/** The types that set a context, by its name. */
function contextsOf({ definitions }: DocumentNode): ReadonlyMap<string, readonly string[]> {
  const contexts = new Map<string, string[]>();
  for (const definition of definitions) {
    if (!('directives' in definition) || !('name' in definition) || definition.name === undefined) continue;
    const directives = (definition.directives ?? []) as readonly ConstDirectiveNode[];
    for (const directive of directives.filter(({ name }) => name.value === 'context')) {
      const name = textOf(argumentOf(directive, 'name')) ?? '';
      contexts.set(name, [...(contexts.get(name) ?? []), definition.name.value]);
    }
  }
  return contexts;
}
