/**
 * Holds a plan against what it needs, once, when it is made. Apollo's planner has been seen to ask for a field before there is what
 * the field requires, in chains of requirements that come back to their own type; such a plan brings wrong data without a word. So
 * of each lookup it is checked that what represents its entities is fetched before, and of each field with `@requires` that what it
 * requires is there when it is asked for.
 */
import { type DocumentNode, type GraphQLSchema, Kind, isInterfaceType, isObjectType } from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import { type Branch, type FieldBranch, type Leaf, growLeaves, keysOf, rootTypes } from './branches.ts';
import type { Entities } from './entities.ts';
import type { Owners } from './owners.ts';
import type { Plan, PlanNode, RequiredSelection } from './plan.ts';
import { dropUnprovided } from './repair.ts';
import { leafPaths } from './required-by.ts';
import { graphNames } from './requirement.ts';

/** The plan, mended where it can be. Throws `OPERATION_NOT_PLANNED` when a fetch needs what the plan has not fetched by then. */
export type Verifier = (plan: Plan) => Plan;

export interface VerifierOptions {
  readonly supergraph: DocumentNode;
  readonly entities: Entities;
  readonly possibleTypes: (type: string) => ReadonlySet<string>;
  /** The schema that clients see. */
  readonly apiSchema: GraphQLSchema;
}

/** Reads the requirements of a supergraph schema as it was composed. */
export function createVerifier({ supergraph, ...options }: VerifierOptions): Verifier {
  const checking: Checking = {
    ...options,
    requirements: readPaths(supergraph, 'requires'),
    provisions: readPaths(supergraph, 'provides'),
  };
  const leavesOf = ({ subscription, root }: Plan): readonly Leaf[] => {
    const nodes: readonly PlanNode[] = [subscription ?? [], root ?? []].flat();
    return growLeaves({ kind: 'sequence', nodes }, { owners: nobody, entities: options.entities });
  };
  const faultIn = (leaves: readonly Leaf[]): Leaf | undefined => {
    const facts = factsOf(leaves);
    return leaves.find(
      (leaf) =>
        !hasRequired(leaf, facts, checking) ||
        unprovided(leaf, checking).length > 0 ||
        foreignIn(leaf, checking).length > 0,
    );
  };
  return (plan) => {
    const leaves = leavesOf(plan);
    if (faultIn(leaves) === undefined) return plan;
    const inner = (leaf: Leaf) => unprovided(leaf, checking).filter(({ isTop }) => !isTop);
    const nodesOf = (leaf: Leaf) =>
      new Set([...inner(leaf), ...foreignIn(leaf, checking)].map(({ field }) => field.node));
    const mended = { ...plan, root: plan.root && dropUnprovided(plan.root, leaves, nodesOf) };
    const fault = faultIn(leavesOf(mended));
    if (fault !== undefined) throw refusal(fault, checking);
    return mended;
  };
}

/** Nothing is deferred here. */
const nobody: Owners = { at: () => new Set(), enclosing: new Map(), isWithin: () => false };

interface Checking extends Omit<VerifierOptions, 'supergraph'> {
  /** By subgraph and coordinate, the paths of field names that a field requires. */
  readonly requirements: ReadonlyMap<string, readonly Path[]>;
  /** Likewise, those that it brings along of what it gives. */
  readonly provisions: ReadonlyMap<string, readonly Path[]>;
}

type Path = readonly string[];

function readPaths(supergraph: DocumentNode, argument: 'requires' | 'provides'): Checking['requirements'] {
  const graphs = graphNames(supergraph);
  const found = new Map<string, readonly Path[]>();
  for (const type of supergraph.definitions) {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const { name, directives = [] } of type.fields ?? []) {
      for (const directive of directives) {
        const [graph, requires] = ['graph', argument].map(
          (wanted) => directive.arguments?.find(({ name: known }) => known.value === wanted)?.value,
        );
        if (graph?.kind !== Kind.ENUM || requires?.kind !== Kind.STRING) continue;
        const key = `${graphs.get(graph.value) ?? ''} ${type.name.value}.${name.value}`;
        found.set(key, leafPaths(requires.value));
      }
    }
  }
  return found;
}

/** A field that some fetch brings: which, of what type's objects, by the place where it stands. */
interface Fact {
  readonly position: number;
  readonly type: string | null;
}

type Facts = ReadonlyMap<string, readonly Fact[]>;

function factsOf(leaves: readonly Leaf[]): Facts {
  const facts = new Map<string, Fact[]>();
  for (const leaf of leaves) {
    const { position } = leaf;
    for (const { field, type } of fieldsIn(leaf)) {
      const known = facts.get(field.place);
      if (known === undefined) facts.set(field.place, [{ position, type }]);
      else known.push({ position, type });
    }
  }
  return facts;
}

interface Selected {
  readonly field: FieldBranch;
  /** Of the objects that it is selected of; `null` where that is not said. */
  readonly type: string | null;
  /** All that is selected of the same objects. */
  readonly beside: readonly Branch[];
  /** Whether it is asked of the entities that a fetch looks up, not below them. */
  readonly isTop: boolean;
  /** Names of fields that the field around brings along, though they are another subgraph's. */
  readonly provided: readonly Path[];
}

function fieldsIn({ branches, fetch }: Leaf, provisions: Checking['provisions'] = new Map()): readonly Selected[] {
  type Around = Pick<Selected, 'beside' | 'isTop' | 'provided'>;
  const walk = (among: readonly Branch[], on: string | null, around: Around): Selected[] =>
    among.flatMap((branch): Selected[] => {
      if (branch.kind === 'fragment') return walk(branch.branches, branch.type, around);
      const name = branch.node.name.value;
      const own = provisions.get(`${fetch.subgraph} ${on}.${name}`) ?? [];
      const inner = around.provided.filter(([first]) => first === name).map(([, ...rest]) => rest);
      const below = { beside: branch.branches, isTop: false, provided: [...own, ...inner] };
      return [{ field: branch, type: on, ...around }, ...walk(branch.branches, branch.type?.name ?? null, below)];
    });
  const root = fetch.requires === undefined ? rootTypes[fetch.operationKind] : null;
  return walk(branches, root, { beside: branches, isTop: true, provided: [] });
}

/** Whether all that a fetch represents entities by is fetched before it. */
function hasRequired({ fetch, before }: Leaf, facts: Facts, { possibleTypes }: Checking): boolean {
  const isThere = (place: string, type: string | null): boolean =>
    (facts.get(place) ?? []).some((fact) => before.has(fact.position) && overlap(fact.type, type, possibleTypes));
  const hasAll = (selections: readonly RequiredSelection[], keys: Path, type: string | null): boolean =>
    selections.every((selection) => {
      if (selection.kind === 'fragment') return hasAll(selection.selections, keys, selection.type ?? type);
      const below = [...keys, selection.key];
      return isThere(below.join('/'), type) && hasAll(selection.selections ?? [], below, null);
    });
  return hasAll(fetch.requires ?? [], keysOf(fetch.path), null);
}

/** Fields that a fetch asks for without giving what they require: in the representation, or beside them. */
function unprovided(leaf: Leaf, checking: Checking): readonly Selected[] {
  const { subgraph, requires = [] } = leaf.fetch;
  if (checking.requirements.size === 0) return [];
  return fieldsIn(leaf, checking.provisions).filter((selected) => {
    const { field, type, beside, isTop, provided } = selected;
    const required = checking.requirements.get(`${subgraph} ${type}.${field.node.name.value}`);
    if (type === null || required === undefined) return false;
    const represented = isTop ? namesRepresented(requires, type, checking) : [];
    const known = namesSelected(beside, type, checking).filter(
      ([name = '']) => checking.entities.isOwn(subgraph, type, name) || provided.some(([first]) => first === name),
    );
    const given = new Set([...represented, ...known].map((path) => path.join('/')));
    return required.some((path) => !given.has(path.join('/')));
  });
}

/** Fields that are asked of a subgraph which only names them. */
function foreignIn(leaf: Leaf, { entities, provisions }: Checking): readonly Selected[] {
  const { subgraph } = leaf.fetch;
  return fieldsIn(leaf, provisions).filter(({ field, type, provided }) => {
    const name = field.node.name.value;
    return type !== null && entities.isForeign(subgraph, type, name) && !provided.some(([first]) => first === name);
  });
}

function namesRepresented(
  selections: readonly RequiredSelection[],
  type: string | null,
  checking: Checking,
): readonly Path[] {
  return selections.flatMap((selection): readonly Path[] => {
    if (selection.kind === 'fragment') {
      const applies = overlap(selection.type ?? null, type, checking.possibleTypes);
      return applies ? namesRepresented(selection.selections, type, checking) : [];
    }
    const name = selection.name ?? selection.key;
    const below = namesRepresented(selection.selections ?? [], null, checking);
    return [[name], ...below.map((path) => [name, ...path])];
  });
}

function namesSelected(branches: readonly Branch[], type: string | null, checking: Checking): readonly Path[] {
  return branches.flatMap((branch): readonly Path[] => {
    if (branch.kind === 'fragment') {
      const applies = overlap(branch.type, type, checking.possibleTypes);
      return applies ? namesSelected(branch.branches, type, checking) : [];
    }
    const name = branch.node.name.value;
    return [[name], ...namesSelected(branch.branches, null, checking).map((path) => [name, ...path])];
  });
}

/** Whether an object may be of both types; where one is not known, it may. */
function overlap(a: string | null, b: string | null, possibleTypes: Checking['possibleTypes']): boolean {
  if (a === null || b === null || a === b) return true;
  return !possibleTypes(a).isDisjointFrom(possibleTypes(b));
}

/** Names what clients know of the fetch that cannot be made. */
function refusal(leaf: Leaf, { apiSchema }: Checking): WeftError {
  const coordinates = fieldsIn(leaf).flatMap(({ type: name, field, isTop }): string[] => {
    const type = apiSchema.getType(name ?? '');
    if (!isTop || !(isObjectType(type) || isInterfaceType(type))) return [];
    const known = type.getFields()[field.node.name.value];
    return known === undefined ? [] : [`${type.name}.${known.name}`];
  });
  const fields = [...new Set(coordinates)];
  return new WeftError('OPERATION_NOT_PLANNED', {
    action: 'Cannot plan the operation',
    found: `no order of requests in which there is what ${fields.join(', ') || 'a field'} requires`,
    fix: 'Ask for these fields in an operation of their own, or for fewer of the fields that lead to them.',
    details: { fields },
  });
}
