/**
 * Fields of interface objects that require others, selected of one implementation (`... on Book { stars }`). To learn which objects
 * are books, and what `stars` requires, Apollo's planner asks the same subgraph for the same objects twice, takes the two lookups
 * for one although the second waits for the first, and goes round in that circle. Where that happens, such fields are asked of the
 * interface instead, as the plans that it finds do too; the answer is written from what the client selected.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  TypeInfo,
  getNamedType,
  isInterfaceType,
  isObjectType,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { typenameField } from './narrow.ts';

/** The operation with those fields where the interface is selected of, or `null` when it has none. */
export type Hoist = (document: DocumentNode, isRuled: IsRuled) => DocumentNode | null;

/** Whether somebody may be denied a type or a field: of such an implementation nothing is asked that was not asked of itself. */
export type IsRuled = (coordinate: string) => boolean;

/** Reads which fields of interface objects have requirements. The documents are valid against the schema that clients see. */
export function createHoist(supergraph: DocumentNode, schema: GraphQLSchema): Hoist {
  const hoistable = requiringFields(supergraph);
  if (hoistable.size === 0) return () => null;
  return (document, isRuled) => {
    let count = 0;
    const typeInfo = new TypeInfo(schema);
    const leave = (set: SelectionSetNode): SelectionSetNode | undefined => {
      const type = getNamedType(typeInfo.getType());
      const requiring = isInterfaceType(type) ? hoistable.get(type.name) : undefined;
      if (!isInterfaceType(type) || requiring === undefined) return undefined;
      const objects = schema.getPossibleTypes(type).map(({ name }) => name);
      if (objects.some(isRuled)) return undefined;
      const names = new Set([...requiring].filter((name) => !objects.some((object) => isRuled(`${object}.${name}`))));
      const isBelow = ({ typeCondition }: InlineFragmentNode): boolean => {
        const condition = typeCondition && schema.getType(typeCondition.name.value);
        return isObjectType(condition) && schema.isSubType(type, condition);
      };
      const { kept, hoisted } = part(set, { names, isBelow });
      count += hoisted.length;
      return hoisted.length === 0 ? undefined : { ...set, selections: [...hoisted, ...kept] };
    };
    const changed = visit(document, visitWithTypeInfo(typeInfo, { SelectionSet: { leave } }));
    return count === 0 ? null : changed;
  };
}

/** By interface the names of its fields that require others. */
function requiringFields(supergraph: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const type of supergraph.definitions) {
    if (type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const requiring = (type.fields ?? []).filter(({ directives }) =>
      directives?.some((directive) => directive.arguments?.some(({ name }) => name.value === 'requires')),
    );
    if (requiring.length > 0) found.set(type.name.value, new Set(requiring.map(({ name }) => name.value)));
  }
  return found;
}

interface Parting {
  readonly names: ReadonlySet<string>;
  /** Whether a fragment is on an implementation of the interface. */
  readonly isBelow: (fragment: InlineFragmentNode) => boolean;
}

interface Parts {
  readonly kept: readonly SelectionNode[];
  readonly hoisted: readonly FieldNode[];
}

/** Fragments on implementations without the fields, and these; of what type an object is is asked all the same. */
function part({ selections }: SelectionSetNode, { names, isBelow }: Parting): Parts {
  const hoisted: FieldNode[] = [];
  const strip = (selection: SelectionNode, isInside: boolean): readonly SelectionNode[] => {
    if (selection.kind === Kind.FIELD) {
      if (!isInside || !names.has(selection.name.value)) return [selection];
      hoisted.push(selection);
      return [];
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const inside = isInside || isBelow(selection);
    const kept = selection.selectionSet.selections.flatMap((inner) => strip(inner, inside));
    const selectionSet = { ...selection.selectionSet, selections: kept.length === 0 ? [typenameField] : kept };
    return [{ ...selection, selectionSet }];
  };
  return { kept: selections.flatMap((selection) => strip(selection, false)), hoisted };
}
