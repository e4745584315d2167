/**
 * Cuts a plan into what is answered first and what deferred fragments add. The planner knows nothing of `@defer`: it plans
 * the whole operation, and each of its fetches is cut by who wants which of its fields. Fields that only a deferred
 * fragment wants are asked for by a fetch of their own, at the root of the fetch or, by key, at an entity inside it.
 * Where an object cannot be asked for again, its fields stay with the part before.
 */
import { type FieldNode, type OperationDefinitionNode, type SelectionNode, type SelectionSetNode, Kind } from 'graphql';
import { type Branch, type FieldBranch, type Growing, type Leaf, growLeaves, partsOf } from './branches.ts';
import { hasDefer } from './defer.ts';
import type { Entities, KeyedType } from './entities.ts';
import { type Owners, type Part, firstOf, readOwners } from './owners.ts';
import type { DeferredPlan, FetchNode, PathStep, PlanNode, SlicedPlan } from './plan.ts';
import { fragmentOn, lookupFetch, narrowFetch, typenameField } from './narrow.ts';

/** One fetch of the sliced plan. */
interface Piece {
  readonly leaf: Leaf;
  readonly part: Part;
  /** Whether it asks by key for entities that another piece of its leaf brings. */
  readonly isLookup: boolean;
  readonly fetch: FetchNode;
}

export interface SliceOptions {
  /** The labelled operation, its keys as they are inside the mesh. */
  readonly operation: OperationDefinitionNode;
  readonly entities: Entities;
}

/** Cuts the plan of an operation that was planned as if nothing in it were deferred. */
export function slicePlan(root: PlanNode | null, { operation, entities }: SliceOptions): SlicedPlan {
  if (root === null || !hasDefer(operation)) return { root, deferred: [] };
  const growing: Growing = { owners: readOwners(operation), entities };
  const leaves = growLeaves(root, growing);
  const claims = createClaims(growing.owners);
  const pieces = leaves.flatMap((leaf) => sliceLeaf(leaf, { ...growing, claims }));
  const byFetch = Map.groupBy(pieces, ({ leaf }) => leaf.fetch);
  return {
    root: planOf(root, null, byFetch),
    deferred: Array.from(growing.owners.enclosing.keys(), (label): DeferredPlan => {
      return { label, depends: dependsOf(label, pieces, growing.owners), root: planOf(root, label, byFetch) };
    }),
  };
}

/** The plan's tree with the pieces of one part. */
function planOf(node: PlanNode, part: Part, pieces: ReadonlyMap<FetchNode, readonly Piece[]>): PlanNode | null {
  const nodes =
    node.kind === 'fetch'
      ? (pieces.get(node) ?? []).filter((piece) => piece.part === part).map(({ fetch }) => fetch)
      : node.nodes.flatMap((child) => planOf(child, part, pieces) ?? []);
  const [only, ...others] = nodes;
  if (only === undefined || others.length === 0) return only ?? null;
  return { kind: node.kind === 'fetch' ? 'parallel' : node.kind, nodes };
}

/** The fetches of the parts around that come before those of a part. */
function dependsOf(label: string, pieces: readonly Piece[], owners: Owners): readonly string[] {
  const own = pieces.filter(({ part }) => part === label);
  const isBefore = ({ leaf }: Piece): boolean =>
    own.some((piece) => piece.leaf.before.has(leaf.position) || (piece.isLookup && piece.leaf === leaf));
  return pieces
    .filter((piece) => piece.part !== label && owners.isWithin(label, piece.part) && isBefore(piece))
    .flatMap(({ fetch }) => fetch.id ?? []);
}

interface Slicing extends Growing {
  readonly claims: (branch: FieldBranch) => Claims;
  readonly leaf: Leaf;
  readonly pieces: Piece[];
}

/** The first parts, of those inside each other, that have a claim to a field. */
interface Claims {
  readonly wanted: readonly Part[];
  /** Those that want it and those whose fetches need it. */
  readonly all: readonly Part[];
  /** Those whose fetches need it though no part around them wants it. */
  readonly early: readonly Part[];
}

function createClaims(owners: Owners): (branch: FieldBranch) => Claims {
  const known = new Map<FieldBranch, Claims>();
  return (branch) => {
    let claims = known.get(branch);
    if (claims === undefined) {
      const [wanted, needed] = [firstOf(branch.wanted, owners), firstOf(branch.needed, owners)];
      const early = needed.filter((reader) => !wanted.some((other) => owners.isWithin(reader, other)));
      claims = { wanted, all: firstOf([...wanted, ...needed], owners), early };
      known.set(branch, claims);
    }
    return claims;
  };
}

function sliceLeaf(leaf: Leaf, growing: Growing & Pick<Slicing, 'claims'>): readonly Piece[] {
  const slicing: Slicing = { ...growing, leaf, pieces: [] };
  for (const part of partsOf(leaf)) {
    const stand: Stand = { part, at: 'fetch', type: '', steps: [], below: [] };
    const { selections, isWanted } = take(leaf.branches, stand, slicing);
    if (isWanted) addPiece(slicing, { part, isLookup: false, fetch: narrowFetch(leaf, selections) });
  }
  // What nobody in particular wants is not taken apart.
  if (slicing.pieces.length === 0) addPiece(slicing, { part: null, isLookup: false, fetch: leaf.fetch });
  return slicing.pieces;
}

function addPiece({ leaf, pieces }: Slicing, piece: Omit<Piece, 'leaf'>): void {
  pieces.push({ ...piece, leaf, fetch: { ...piece.fetch, id: `${leaf.position}.${pieces.length}` } });
}

/** Where in a leaf selections are taken, and for which part. */
interface Stand {
  readonly part: Part;
  /** At the root of a leaf, at an entity that is looked up anew, or inside an object that the part gets. */
  readonly at: 'fetch' | 'lookup' | 'inside';
  readonly type: string;
  /** The way from the root of the leaf. */
  readonly steps: readonly PathStep[];
  /** Its keys, as the leaf has them. */
  readonly below: readonly string[];
}

interface Taken {
  readonly selections: readonly SelectionNode[];
  /** Whether any is there for its own sake. */
  readonly isWanted: boolean;
}

/** The selections of one object that a part gets. */
function take(branches: readonly Branch[], stand: Stand, slicing: Slicing): Taken {
  const kept: SelectionNode[] = [];
  const later: FieldBranch[] = [];
  let isWanted = false;
  for (const branch of branches) {
    if (branch.kind === 'fragment') {
      const inner = take(branch.branches, { ...stand, type: branch.type }, slicing);
      isWanted ||= inner.isWanted;
      const isKept = stand.at === 'inside' ? inner.selections.length > 0 : inner.isWanted;
      if (isKept) kept.push({ ...branch.node, selectionSet: setOf(inner.selections) });
      continue;
    }
    const fate = fateOf(branch, stand, slicing);
    isWanted ||= fate === 'taken';
    if (fate === 'taken' || fate === 'along') kept.push(takeField(branch, stand, slicing));
    else if (fate === 'later') later.push(branch);
  }
  if (later.length === 0) return { selections: kept, isWanted };
  const keys = lookUpLater(later, stand, slicing);
  const rest = keys?.filter((key) => !kept.some((other) => isSameLeaf(key, other)));
  return {
    selections: [...kept, ...(rest ?? later.map((branch) => takeField(branch, stand, slicing)))],
    isWanted: true,
  };
}

/** Whether two selections are one field of one name, without more to it: such are the parts of most keys. */
function isSameLeaf(a: SelectionNode, b: SelectionNode): boolean {
  if (a.kind !== Kind.FIELD || b.kind !== Kind.FIELD || a.selectionSet !== undefined) return false;
  return a.name.value === b.name.value && b.alias === undefined;
}

function takeField({ node, key, type, branches }: FieldBranch, stand: Stand, slicing: Slicing): FieldNode {
  if (node.selectionSet === undefined) return node;
  const items = Array.from({ length: type?.lists ?? 0 }, (): PathStep => ({ kind: 'items' }));
  const { selections } = take(
    branches,
    {
      part: stand.part,
      at: 'inside',
      type: type?.name ?? '',
      steps: [...stand.steps, { kind: 'field', key }, ...items],
      below: [...stand.below, (node.alias ?? node.name).value],
    },
    slicing,
  );
  return { ...node, selectionSet: setOf(selections.length > 0 ? selections : [typenameField]) };
}

/** `along`: it costs nothing beside others. `later`: only parts inside this one want it. */
function fateOf(
  branch: FieldBranch,
  { part, at }: Stand,
  { claims, owners }: Slicing,
): 'taken' | 'along' | 'later' | 'left' {
  const { wanted, all, early } = claims(branch);
  if (at === 'inside' && early.some((reader) => owners.isWithin(reader, part))) return 'taken';
  const parts = at === 'fetch' ? all : wanted;
  if (parts.length === 0) return at === 'lookup' ? 'left' : 'along';
  const inside = parts.filter((other) => owners.isWithin(other, part));
  if (inside.includes(part)) return 'taken';
  return inside.length === 0 || at !== 'inside' ? 'left' : 'later';
}

/** Makes fetches by key for fields of an object; gives what has to be selected of it for that, `null` when there is no way. */
function lookUpLater(later: readonly FieldBranch[], stand: Stand, slicing: Slicing): readonly SelectionNode[] | null {
  const { leaf, entities, owners, claims } = slicing;
  const keyed = leaf.fetch.contexts === undefined ? entities.keyed(leaf.fetch.subgraph, stand.type) : null;
  if (keyed === null) return null;
  if (!keyed.every(({ type }) => later.every((branch) => isOwn(branch, type, slicing)))) return null;
  const rest = later.filter((branch) => !keyed.every(({ key }) => isInKey(branch, key)));
  const parts = rest.flatMap((branch) => claims(branch).wanted);
  for (const part of new Set(parts.filter((other) => owners.isWithin(other, stand.part)))) {
    addLookup(rest, { ...stand, part, at: 'lookup' }, { keyed, slicing });
  }
  const keys = keyed.flatMap(({ type, key }) => (type === stand.type ? key.selections : [fragmentOn(type, key)]));
  return [typenameField, ...keys];
}

/** Whether a field is had with the key: nobody has to look it up. */
function isInKey({ node, key: name }: FieldBranch, key: SelectionSetNode): boolean {
  return (
    node.selectionSet === undefined &&
    key.selections.some((selection) => selection.kind === Kind.FIELD && selection.name.value === name)
  );
}

interface Looking {
  readonly keyed: readonly KeyedType[];
  readonly slicing: Slicing;
}

function addLookup(later: readonly FieldBranch[], stand: Stand, { keyed, slicing }: Looking): void {
  const { selections, isWanted } = take(later, stand, slicing);
  if (!isWanted) return;
  const { part, steps, below } = stand;
  const fetch = lookupFetch(slicing.leaf, { keyed, selections, steps, below });
  addPiece(slicing, { part, isLookup: true, fetch });
}

/** Whether a subgraph gives all of a field wherever the object comes from: what is provided along one way has no other. */
function isOwn(branch: Branch, type: string, slicing: Slicing): boolean {
  if (branch.kind === 'fragment') return branch.branches.every((child) => isOwn(child, branch.type, slicing));
  const name = branch.node.name.value;
  if (name === '__typename') return true;
  return (
    slicing.entities.isOwn(slicing.leaf.fetch.subgraph, type, name) &&
    branch.branches.every((child) => isOwn(child, branch.type?.name ?? '', slicing))
  );
}

function setOf(selections: readonly SelectionNode[]) {
  return { kind: Kind.SELECTION_SET, selections } as const;
}
