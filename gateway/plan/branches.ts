/** The fetches of a plan as trees of what they select, each field with the parts of the answer that want it. */
import {
  type FieldNode,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Kind,
  parse,
} from 'graphql';
import type { Entities, FieldType } from './entities.ts';
import { type Owners, type Part, firstOf } from './owners.ts';
import type { FetchNode, PathStep, PlanNode, RequiredSelection, RewriteStep } from './plan.ts';

export type Branch = FieldBranch | FragmentBranch;

export interface FieldBranch {
  readonly kind: 'field';
  readonly node: FieldNode;
  /** Its key in the result. */
  readonly key: string;
  /** All keys from the root of the result. */
  readonly place: string;
  /** Parts of the client's operation that select it. */
  readonly wanted: ReadonlySet<Part>;
  /** Parts whose fetches need it. */
  readonly needed: Set<Part>;
  readonly type: FieldType | undefined;
  readonly branches: readonly Branch[];
}

export interface FragmentBranch {
  readonly kind: 'fragment';
  readonly node: InlineFragmentNode;
  readonly type: string;
  readonly branches: readonly Branch[];
}

/** One fetch of a plan. */
export interface Leaf {
  readonly fetch: FetchNode;
  readonly position: number;
  /** Positions of the fetches that have answered before it is sent. */
  readonly before: ReadonlySet<number>;
  readonly definition: OperationDefinitionNode;
  /** What it selects of a root type, or of entities. */
  readonly branches: readonly Branch[];
}

export interface Growing {
  readonly owners: Owners;
  readonly entities: Entities;
}

/** All fetches below a node, each after those it reads from, and who wants what of them. */
export function growLeaves(root: PlanNode, growing: Growing): readonly Leaf[] {
  const leaves: Leaf[] = [];
  gatherLeaves(root, new Set(), { leaves, growing });
  const places = Map.groupBy(leaves.flatMap(fieldsOf), ({ place }) => place);
  for (const leaf of leaves.toReversed()) {
    const parts = firstOf(partsOf(leaf), growing.owners);
    for (const place of placesReadBy(leaf)) {
      for (const field of places.get(place) ?? []) for (const part of parts) field.needed.add(part);
    }
  }
  return leaves;
}

/** Every part that wants or needs a field of a fetch. */
export function partsOf(leaf: Leaf): ReadonlySet<Part> {
  return new Set(fieldsOf(leaf).flatMap(({ wanted, needed }) => [...wanted, ...needed]));
}

interface Gathering {
  readonly leaves: Leaf[];
  readonly growing: Growing;
}

function gatherLeaves(node: PlanNode, before: ReadonlySet<number>, gathering: Gathering): ReadonlySet<number> {
  if (node.kind === 'sequence') {
    return node.nodes.reduce((known, child) => gatherLeaves(child, known, gathering), before);
  }
  if (node.kind === 'parallel') {
    return new Set([...before, ...node.nodes.flatMap((child) => [...gatherLeaves(child, before, gathering)])]);
  }
  const position = gathering.leaves.length;
  gathering.leaves.push(growLeaf(node, { position, before, growing: gathering.growing }));
  return new Set([...before, position]);
}

function growLeaf(
  fetch: FetchNode,
  { position, before, growing }: Pick<Leaf, 'position' | 'before'> & { readonly growing: Growing },
): Leaf {
  const definition = parseOperation(fetch.operation);
  const [first] = definition.selectionSet.selections;
  const isLookup = fetch.requires !== undefined && first?.kind === Kind.FIELD;
  const set = isLookup ? first.selectionSet : definition.selectionSet;
  const root = rootTypes[definition.operation];
  const grower = { ...growing, fetch, names: renames(fetch) };
  const branches =
    set === undefined ? [] : grow(set, { type: isLookup ? null : root, keys: keysOf(fetch.path), below: [] }, grower);
  return { fetch, position, before, definition, branches };
}

/** Composition gives root types these names, whatever subgraphs call them; a supergraph with others is planned on with these. */
export const rootTypes = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

interface Grower extends Growing {
  readonly fetch: FetchNode;
  /** Names that keys of the fetch get in the result. */
  readonly names: ReadonlyMap<string, string>;
}

interface Ground {
  readonly type: string | null;
  /** Response keys from the root of the answer. */
  readonly keys: readonly string[];
  /** Those of them below the place of the fetch, as the fetch has them. */
  readonly below: readonly string[];
}

function grow(set: SelectionSetNode, ground: Ground, grower: Grower): readonly Branch[] {
  return set.selections.map((selection): Branch => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) throw new Error('The planner gave a fetch with named fragments.');
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = selection.typeCondition?.name.value ?? ground.type ?? '';
      return {
        kind: 'fragment',
        node: selection,
        type,
        branches: grow(selection.selectionSet, { ...ground, type }, grower),
      };
    }
    return growField(selection, ground, grower);
  });
}

function growField(node: FieldNode, ground: Ground, grower: Grower): FieldBranch {
  const { owners, entities, fetch, names } = grower;
  const own = (node.alias ?? node.name).value;
  const below = [...ground.below, own];
  const key = names.get(below.join('/')) ?? own;
  const keys = [...ground.keys, key];
  const type = entities.fieldType(fetch.subgraph, ground.type ?? '', node.name.value);
  const set = node.selectionSet;
  return {
    kind: 'field',
    node,
    key,
    place: keys.join('/'),
    wanted: node.name.value === '__typename' ? typenameOwners(ground, grower) : owners.at(keys),
    needed: new Set(),
    type,
    branches: set === undefined ? [] : grow(set, { type: type?.name ?? null, keys, below }, grower),
  };
}

/** The name of a type goes along with whatever else is asked; where a fetch is made for it alone, an interface wants it. */
function typenameOwners({ type, keys, below }: Ground, { owners, entities }: Grower): ReadonlySet<Part> {
  return below.length === 0 && keys.length > 0 && type !== null && !entities.isObject(type)
    ? owners.at(keys)
    : new Set();
}

function renames({ outputRewrites }: FetchNode): ReadonlyMap<string, string> {
  return new Map(
    outputRewrites.flatMap((rewrite) =>
      rewrite.kind === 'rename' ? [[stepKeys(rewrite.path).join('/'), rewrite.to]] : [],
    ),
  );
}

/** The keys among the steps of a rewrite. */
export function stepKeys(path: readonly RewriteStep[]): readonly string[] {
  return path.flatMap((step) => (step.kind === 'key' ? [step.key] : []));
}

/** The keys among the steps of a path. */
export function keysOf(path: readonly PathStep[]): readonly string[] {
  return path.flatMap((step) => (step.kind === 'field' ? [step.key] : []));
}

function fieldsOf({ branches }: { readonly branches: readonly Branch[] }): readonly FieldBranch[] {
  return branches.flatMap((branch) => [...(branch.kind === 'field' ? [branch] : []), ...fieldsOf(branch)]);
}

/** Places of the result that a fetch reads: the way to its entities, and what represents them. */
function placesReadBy({ fetch: { path, requires = [], contexts = [] } }: Leaf): readonly string[] {
  const keys = keysOf(path);
  const way = keys.map((_, index) => keys.slice(0, index + 1).join('/'));
  const above = contexts.map(({ levels, path: down }) => {
    return [...keys.slice(0, keys.length - levels), ...stepKeys(down)];
  });
  return [
    ...way,
    ...requiredPlaces(requires, keys),
    ...above.flatMap((place) => place.map((_, index) => place.slice(0, index + 1).join('/'))),
  ];
}

function requiredPlaces(selections: readonly RequiredSelection[], keys: readonly string[]): readonly string[] {
  return selections.flatMap((selection): readonly string[] => {
    if (selection.kind === 'fragment') return requiredPlaces(selection.selections, keys);
    const below = [...keys, selection.key];
    return [below.join('/'), ...requiredPlaces(selection.selections ?? [], below)];
  });
}

/** The operation of a text that has nothing else. */
export function parseOperation(text: string): OperationDefinitionNode {
  const [definition] = parse(text, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`The text is no operation: ${text}`);
  return definition;
}
