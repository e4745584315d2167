/** Makes smaller fetches of one: with some of its selections, or of entities inside it. */
import {
  type FieldNode,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { type Leaf, parseOperation, stepKeys } from './branches.ts';
import type { KeyedType } from './entities.ts';
import type { FetchNode, PathStep, RequiredSelection, Rewrite } from './plan.ts';

/** A fetch with some of its selections. */
export function narrowFetch({ fetch, definition }: Leaf, selections: readonly SelectionNode[]): FetchNode {
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
  const [lookup] = definition.selectionSet.selections;
  if (fetch.requires === undefined) return { ...fetch, ...operationOf({ ...definition, selectionSet }, fetch) };
  if (lookup?.kind !== Kind.FIELD) throw new Error(`An entity fetch has no field: ${fetch.operation}`);
  const whole = { kind: Kind.SELECTION_SET, selections: [{ ...lookup, selectionSet }] } as const;
  return { ...fetch, ...operationOf({ ...definition, selectionSet: whole }, fetch) };
}

export interface LookupOptions {
  /** The object types that may stand there, one or more. */
  readonly keyed: readonly KeyedType[];
  /** What to ask of each. */
  readonly selections: readonly SelectionNode[];
  /** The way from the place of the fetch to the entities. */
  readonly steps: readonly PathStep[];
  /** Its keys, as the fetch has them. */
  readonly below: readonly string[];
}

/** A fetch that looks up entities inside the result of another one, in the same subgraph. */
export function lookupFetch(
  { fetch, definition }: Leaf,
  { keyed, selections, steps, below }: LookupOptions,
): FetchNode {
  const set = { kind: Kind.SELECTION_SET, selections } as const;
  const selectionSet = {
    kind: Kind.SELECTION_SET,
    selections: keyed.map(({ type }) => fragmentOn(type, set)),
  } as const;
  const [lookup] = entitiesOperation.selectionSet.selections;
  if (lookup?.kind !== Kind.FIELD) throw new Error('The lookup has no field.');
  const operation: OperationDefinitionNode = {
    ...entitiesOperation,
    variableDefinitions: [
      ...(entitiesOperation.variableDefinitions ?? []),
      ...(definition.variableDefinitions ?? []).filter(({ variable }) => variable.name.value !== 'representations'),
    ],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [{ ...lookup, selectionSet }] },
  };
  return {
    kind: 'fetch',
    subgraph: fetch.subgraph,
    operationKind: 'query',
    ...operationOf(operation, fetch),
    path: [...fetch.path, ...steps],
    requires: keyed.map(({ type, key }): RequiredSelection => {
      return { kind: 'fragment', type, selections: [{ kind: 'field', key: '__typename' }, ...required(key)] };
    }),
    inputRewrites: [],
    outputRewrites: fetch.outputRewrites.flatMap((rewrite) => rewriteBelow(rewrite, below) ?? []),
  };
}

/** `... on Type { … }` */
export function fragmentOn(type: string, selectionSet: SelectionSetNode): InlineFragmentNode {
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } } as const;
  return { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet };
}

/** `__typename` */
export const typenameField: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

const entitiesOperation = parseOperation(
  'query($representations:[_Any!]!){_entities(representations:$representations){__typename}}',
);

/** The text of an operation with the variables that it uses, and which of these are the client's. */
function operationOf(
  definition: OperationDefinitionNode,
  { variables }: FetchNode,
): Pick<FetchNode, 'operation' | 'variables'> {
  const used = new Set<string>();
  visit(definition.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  return {
    operation: stripIgnoredCharacters(print({ ...definition, variableDefinitions })),
    variables: variables.filter((name) => used.has(name)),
  };
}

function required({ selections }: SelectionSetNode): readonly RequiredSelection[] {
  return selections.flatMap((selection): readonly RequiredSelection[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = selection.typeCondition?.name.value;
      return [
        { kind: 'fragment', ...(type === undefined ? {} : { type }), selections: required(selection.selectionSet) },
      ];
    }
    const key = selection.name.value;
    const inner = selection.selectionSet;
    return [{ kind: 'field', key, ...(inner === undefined ? {} : { selections: required(inner) }) }];
  });
}

/** A rewrite as it reads from an object inside; `null` when it is about another place. */
function rewriteBelow(rewrite: Rewrite, below: readonly string[]): Rewrite | null {
  const keys = stepKeys(rewrite.path);
  if (keys.length <= below.length || below.some((key, index) => keys[index] !== key)) return null;
  let left = below.length;
  const path = rewrite.path.filter((step) => {
    if (left === 0) return true;
    if (step.kind === 'key') left -= 1;
    return false;
  });
  return { ...rewrite, path };
}
