/**
 * Compiles a plan into what runs per request: groups of fetches with the text of their operation ready to send, and
 * functions that collect entities, write their representations and merge what comes back.
 */
import {
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableDefinitionNode,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
} from 'graphql';
import type { FetchNode, PathStep, PlanNode, RequiredSelection } from '../plan/plan.ts';
import { isRowKey } from '../policy/rows.ts';
import { type Collector, type ResultObject, compileCollector } from './collect.ts';
import { type ContextLot, collectByContext } from './context.ts';
import { type Merge, compileMerge, compileRenames } from './merge.ts';
import { type PossibleTypes, type Representations, compileRepresentations } from './represent.ts';
import { scheduleFetches } from './schedule.ts';

/** One request to one subgraph. */
export interface CompiledGroup {
  /** Ids of its fetches that deferred parts wait for. */
  readonly ids: readonly string[];
  readonly subgraph: string;
  readonly operationKind: FetchNode['operationKind'];
  readonly query: string;
  readonly queryJson: string;
  /** Names of the client's variables that it uses. */
  readonly variables: readonly string[];
  readonly parts: readonly CompiledPart[];
  /** Whether it asks for what row conditions read. */
  readonly asksRows: boolean;
  /** How many groups have to answer first, and which wait for this one. */
  readonly dependencyCount: number;
  readonly dependents: readonly number[];
}

export type CompiledPart = RootPart | EntitiesPart;

interface PartBase {
  /** What is asked of the root or of each entity. */
  readonly selections: readonly SelectionNode[];
  /** Values are set or renamed on their way to the subgraph or back. */
  readonly isRewritten: boolean;
}

/** Fields of a root type, merged into the result as they come. */
export interface RootPart extends PartBase {
  readonly kind: 'root';
  /** Where they stand: at the root, or below a field that gives a root type once more. */
  readonly path: readonly PathStep[];
  /** Finds what stands there; `null` for the root itself. */
  readonly collect: Collector | null;
  /** Response keys of the root fields. */
  readonly asked: readonly string[];
  /** All keys that are taken over. */
  readonly keys: readonly string[];
  readonly rename: (source: Record<string, unknown>) => void;
  readonly merge: Merge;
}

/** One `_entities` lookup for the entities at one or more places of the result. */
export interface EntitiesPart extends PartBase {
  readonly kind: 'entities';
  /** What a representation is made of. */
  readonly requires: readonly RequiredSelection[];
  /** Response key of the lookup. */
  readonly key: string;
  /** `"representations":` as the JSON of the variables begins it. */
  readonly variablePrefix: string;
  readonly places: readonly { readonly path: readonly PathStep[]; readonly collect: Collector }[];
  /** For arguments that come from above: collects instead of `places`. */
  readonly collectByContext: ((root: ResultObject) => readonly ContextLot[]) | null;
  readonly represent: Representations;
  readonly rename: (source: Record<string, unknown>) => void;
  readonly merge: Merge;
}

/** Compiles the fetches below a node, in an order in which each group comes after those it depends on. */
export function compilePlan(root: PlanNode | null, possibleTypes: PossibleTypes): readonly CompiledGroup[] {
  const groups = scheduleFetches(root);
  const isContextual = groups.some(({ fetches }) => fetches.some((fetch) => fetch.contexts !== undefined));
  return groups.map(({ fetches, dependencies }, position) => ({
    ...compileGroup(fetches, possibleTypes, isContextual),
    dependencyCount: dependencies.length,
    dependents: groups.flatMap((other, index) => (other.dependencies.includes(position) ? [index] : [])),
  }));
}

type GroupText = Omit<CompiledGroup, 'dependencyCount' | 'dependents'>;

/**
 * Compiles fetches that travel as one operation. Also serves a subscription's own fetch. In a contextual plan one entity
 * may come to read differently in each place, so places never share what they hold.
 */
export function compileGroup(
  fetches: readonly FetchNode[],
  possibleTypes: PossibleTypes,
  isContextual = false,
): GroupText {
  const [first] = fetches;
  if (first === undefined) throw new Error('A group has no fetch.');
  const lookups = first.requires === undefined ? [] : distinctLookups(fetches);
  const parts =
    first.requires === undefined
      ? [compileRoot(first, possibleTypes)]
      : lookups.map((lookup, index) =>
          compileEntities(lookup, { index, count: lookups.length, possibleTypes, isContextual }),
        );
  const query = lookups.length > 1 ? joinOperations(lookups) : first.operation;
  return {
    ids: fetches.flatMap((fetch) => fetch.id ?? []),
    subgraph: first.subgraph,
    operationKind: first.operationKind,
    query,
    queryJson: JSON.stringify(query),
    variables: [...new Set(fetches.flatMap((fetch) => fetch.variables))],
    parts,
    asksRows: parts.some(({ selections }) => selections.some(asksRows)),
  };
}

function asksRows(selection: SelectionNode): boolean {
  if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
  if (selection.kind === Kind.FIELD && isRowKey(selection.alias?.value ?? '')) return true;
  return selection.selectionSet?.selections.some(asksRows) ?? false;
}

function compileRoot(fetch: FetchNode, possibleTypes: PossibleTypes): RootPart {
  const operation = operationOf(parse(fetch.operation, { noLocation: true }));
  const keys = responseKeys(operation.selectionSet.selections, fetch);
  return {
    kind: 'root',
    selections: operation.selectionSet.selections,
    isRewritten: isRewritten(fetch),
    path: fetch.path,
    collect: fetch.path.length > 0 ? compileCollector(fetch.path) : null,
    asked: fetch.outputRewrites.length > 0 ? [] : keys,
    keys,
    rename: compileRenames(fetch.outputRewrites, possibleTypes),
    merge: compileMerge(keys, fetch.path.length > 0, possibleTypes),
  };
}

/** An `_entities` lookup and the fetches of the plan that ask exactly this. */
interface Lookup {
  readonly operation: OperationDefinitionNode;
  readonly field: FieldNode;
  readonly fetches: readonly [FetchNode, ...FetchNode[]];
}

/** Fetches that ask for the same fields of entities told apart the same way become one lookup. */
function distinctLookups(fetches: readonly FetchNode[]): readonly Lookup[] {
  const lookups = new Map<string, Lookup>();
  for (const fetch of fetches) {
    const operation = operationOf(parse(fetch.operation, { noLocation: true }));
    const field = operation.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
    if (field === undefined) throw new Error(`The planner gave an entity fetch without a field: ${fetch.operation}`);
    const key = JSON.stringify([print(field), fetch.requires, fetch.inputRewrites, fetch.outputRewrites]);
    const known = lookups.get(key);
    lookups.set(key, { operation, field, fetches: known ? [...known.fetches, fetch] : [fetch] });
  }
  return [...lookups.values()];
}

interface LookupOptions {
  readonly index: number;
  readonly count: number;
  readonly possibleTypes: PossibleTypes;
  readonly isContextual: boolean;
}

function compileEntities(
  { field, fetches }: Lookup,
  { index, count, possibleTypes, isContextual }: LookupOptions,
): EntitiesPart {
  const [fetch] = fetches;
  return {
    kind: 'entities',
    selections: field.selectionSet?.selections ?? [],
    requires: fetch.requires ?? [],
    isRewritten: isRewritten(fetch),
    key: count > 1 ? `e${index}` : '_entities',
    variablePrefix: `${JSON.stringify(count > 1 ? `r${index}` : 'representations')}:`,
    places: fetches.map(({ path }) => ({ path, collect: compileCollector(path) })),
    collectByContext: contextCollector(fetch, possibleTypes),
    represent: compileRepresentations({
      requires: fetch.requires ?? [],
      keys: fetch.keys,
      rewrites: fetch.inputRewrites,
      possibleTypes,
    }),
    rename: compileRenames(fetch.outputRewrites, possibleTypes),
    merge: compileMerge(
      responseKeys(field.selectionSet?.selections ?? [], fetch),
      isContextual || fetches.length > 1,
      possibleTypes,
    ),
  };
}

function isRewritten({ inputRewrites, outputRewrites }: FetchNode): boolean {
  return inputRewrites.length > 0 || outputRewrites.length > 0;
}

function contextCollector(
  { path, contexts }: FetchNode,
  possibleTypes: PossibleTypes,
): EntitiesPart['collectByContext'] {
  return contexts ? (root) => collectByContext(root, { path, contexts, possibleTypes }) : null;
}

/** Keys that a result may bring, after renaming. */
function responseKeys(selections: readonly SelectionNode[], fetch: FetchNode): readonly string[] {
  const keys = selections.flatMap((selection): readonly string[] => {
    if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return responseKeys(selection.selectionSet.selections, fetch);
    throw new Error('The planner gave a fetch with named fragments.');
  });
  const renamed = fetch.outputRewrites.flatMap((rewrite) => (rewrite.kind === 'rename' ? [rewrite.to] : []));
  return [...new Set([...keys, ...renamed])];
}

/** `query($r0:[_Any!]!,$r1:[_Any!]!){e0:_entities(representations:$r0){…}e1:_entities(representations:$r1){…}}` */
function joinOperations(lookups: readonly Lookup[]): string {
  const definitions = new Map<string, VariableDefinitionNode>();
  const selections = lookups.map(({ operation, field }, index): FieldNode => {
    for (const definition of operation.variableDefinitions ?? []) {
      const name = definition.variable.name.value;
      const renamed = name === 'representations' ? `r${index}` : name;
      const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: renamed } } as const;
      definitions.set(renamed, { ...definition, variable });
    }
    return {
      ...field,
      alias: { kind: Kind.NAME, value: `e${index}` },
      arguments: [
        {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: 'representations' },
          value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: `r${index}` } },
        },
      ],
    };
  });
  const operation: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: 'query' as OperationDefinitionNode['operation'],
    variableDefinitions: [...definitions.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  return stripIgnoredCharacters(print(operation));
}

function operationOf(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error('The planner gave a fetch without an operation.');
  return operation;
}
