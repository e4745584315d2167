/** Random operations, and the same ones written in another way. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  doTypesOverlap,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isUnionType,
  print,
} from 'graphql';

/** A number below another one. */
export type Draw = (below: number) => number;

export interface Writing {
  readonly schema: GraphQLSchema;
  readonly draw: Draw;
}

/** A selection set on a type, some levels deep. */
export function drawSet(type: GraphQLCompositeType, depth: number, writing: Writing): SelectionSetNode {
  const { schema, draw } = writing;
  const selections: SelectionNode[] = draw(3) === 0 ? [fieldOf('__typename')] : [];
  for (const field of isUnionType(type) ? [] : Object.values(type.getFields())) {
    if (draw(3) === 0) continue;
    const given = getNamedType(field.type);
    if (!isCompositeType(given)) selections.push(fieldOf(field.name));
    else if (depth > 0) selections.push(fieldOf(field.name, drawSet(given, depth - 1, writing)));
  }
  const below = isAbstractType(type) ? [...schema.getPossibleTypes(type)] : [];
  for (const one of below) if (draw(3) > 0) selections.push(fragmentOn(one, drawSet(one, depth - 1, writing)));
  return setOf(selections.length > 0 ? selections : [fieldOf('__typename')]);
}

/** The text of a query that asks for the same as a set on the root, in other words. */
export function rewritten(set: SelectionSetNode, { schema, draw }: Writing): string {
  const fragments: FragmentDefinitionNode[] = [];
  const rewriteSet = ({ selections }: SelectionSetNode, type: GraphQLCompositeType): SelectionSetNode => {
    const written = selections.flatMap((selection) => rewriteSelection(selection, type));
    // The order of selections does not matter to what stands in the answer.
    const set = draw(2) === 0 ? written : written.toReversed();
    return setOf(
      set.length > 0 ? set : [{ ...fieldOf('__typename'), alias: { kind: Kind.NAME, value: 'also_typename' } }],
    );
  };
  const rewriteSelection = (selection: SelectionNode, type: GraphQLCompositeType): readonly SelectionNode[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const on = schema.getType(selection.typeCondition?.name.value ?? '');
      return isCompositeType(on) && doTypesOverlap(schema, on, type)
        ? [wrap(rewriteSet(selection.selectionSet, on), on)]
        : [];
    }
    const field = (on: GraphQLCompositeType): FieldNode => {
      const given = selection.selectionSet && !isUnionType(on) && on.getFields()[selection.name.value]?.type;
      const inner = given && getNamedType(given);
      if (!selection.selectionSet || !isCompositeType(inner)) return selection;
      return { ...selection, selectionSet: rewriteSet(selection.selectionSet, inner) };
    };
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    switch (draw(4)) {
      case 0:
        return possible.map((one) => wrap(setOf([field(one)]), one));
      case 1:
        return [wrap(setOf([field(type)]), type)];
      case 2:
        return [
          field(type),
          { ...field(type), alias: { kind: Kind.NAME, value: `also_${selection.name.value.replaceAll('_', '')}` } },
        ];
      default:
        return [field(type)];
    }
  };
  const wrap = (selectionSet: SelectionSetNode, on: GraphQLCompositeType): SelectionNode => {
    if (draw(2) === 0) return fragmentOn(on, selectionSet);
    const name = { kind: Kind.NAME, value: `f${fragments.length}` } as const;
    fragments.push({ kind: Kind.FRAGMENT_DEFINITION, name, typeCondition: named(on), selectionSet });
    return { kind: Kind.FRAGMENT_SPREAD, name };
  };
  const root = schema.getQueryType();
  if (!root) throw new Error('The schema has no queries.');
  return [print(rewriteSet(set, root)), ...fragments.map(print)].join('\n');
}

function fieldOf(name: string, selectionSet?: SelectionSetNode): FieldNode {
  return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name }, ...(selectionSet ? { selectionSet } : {}) };
}

function fragmentOn(type: GraphQLCompositeType, selectionSet: SelectionSetNode): InlineFragmentNode {
  return { kind: Kind.INLINE_FRAGMENT, typeCondition: named(type), selectionSet };
}

function named(type: GraphQLCompositeType) {
  return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } } as const;
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}
