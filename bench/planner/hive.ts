/**
 * Hive's query planner behind our own port: its plans turned into ours. The schema that clients see, the possible types and
 * what `@requires` names are read as ever, so that only plans differ. Loaded from the benchmark's peers.
 */
import { type FieldNode, type OperationDefinitionNode, type SelectionNode, Kind, parse, print, visit } from 'graphql';
import { normaliseOperation } from '../../gateway/plan/normalise.ts';
import type { FetchNode, PathStep, Plan, PlanNode, RequiredSelection, Rewrite } from '../../gateway/plan/plan.ts';
import { type Planner, createPlanner as createApollo } from '../../gateway/plan/planner.ts';
import type { HiveBatch, HiveFetch, HiveNode, HivePlanner, HiveRequired, HiveRewrite, HiveStep } from './hive-plan.ts';
import { deepenLists } from './list-depth.ts';

const peer = new URL('.peers/node_modules/@graphql-hive/router-query-planner/dist/index.js', import.meta.url);

/** Loads the native library; the peers are installed. */
export async function loadHive(): Promise<new (supergraphSdl: string) => HivePlanner> {
  const { QueryPlanner } = (await import(peer.href)) as { QueryPlanner: new (supergraphSdl: string) => HivePlanner };
  return QueryPlanner;
}

/** A planner whose plans are Hive's. */
export function createHive(QueryPlanner: new (supergraphSdl: string) => HivePlanner, supergraphSdl: string): Planner {
  const hive = new QueryPlanner(supergraphSdl);
  const ours = createApollo(supergraphSdl);
  return {
    ...ours,
    plan(document) {
      const { root, subscription } = takePlan(askHive(hive, print(document)));
      return { root: root && deepen(root, (path) => deepenLists(path, document, ours.apiSchema)), subscription };
    },
  };
}

/**
 * Hive's plan of a document with one operation. Every field stays where it is until an override's label is gone: 100 % is
 * below no label.
 */
export function askHive(hive: HivePlanner, text: string): HiveNode | undefined {
  return hive.plan(text, null, new Set(), 100).node;
}

/** A plan of Hive's as one of ours. */
export function takePlan(node: HiveNode | undefined): Plan {
  if (node === undefined) return { root: null, subscription: null };
  if (node.kind === 'Subscription') return { root: null, subscription: fetchNode(node.primary, []) };
  const [first, ...rest] = node.kind === 'Sequence' ? node.nodes : [];
  if (first?.kind !== 'Subscription') return { root: planNode(node, []), subscription: null };
  return {
    root: rest.length === 0 ? null : { kind: 'sequence', nodes: rest.map((child) => planNode(child, [])) },
    subscription: fetchNode(first.primary, []),
  };
}

/** Requests that Hive's own executor would send: what it puts into one operation is one. */
export function countRequests(node: HiveNode | undefined): number {
  switch (node?.kind) {
    case 'Fetch':
    case 'BatchFetch':
      return 1;
    case 'Flatten':
      return countRequests(node.node);
    case 'Sequence':
    case 'Parallel':
      return node.nodes.reduce((sum, child) => sum + countRequests(child), 0);
    default:
      return 0;
  }
}

function deepen(node: PlanNode, path: (path: FetchNode['path']) => FetchNode['path']): PlanNode {
  if (node.kind === 'fetch') return { ...node, path: path(node.path) };
  return { ...node, nodes: node.nodes.map((child) => deepen(child, path)) };
}

function planNode(node: HiveNode, path: readonly PathStep[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Flatten':
      return planNode(node.node, [...path, ...pathSteps(node.path)]);
    case 'Fetch':
      return fetchNode(node, path);
    case 'BatchFetch':
      return { kind: 'parallel', nodes: batchedFetches(node) };
    default:
      throw new Error(`Hive gave a ${node.kind} node for an operation without conditions.`);
  }
}

function fetchNode(node: HiveFetch, path: readonly PathStep[]): FetchNode {
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operationKind: node.operationKind ?? 'query',
    operation: print(spreadOut(node.operation)),
    variables: node.variableUsages ?? [],
    path,
    ...(node.requires ? { requires: node.requires.map(requiredSelection) } : {}),
    inputRewrites: (node.inputRewrites ?? []).flatMap(rewrites),
    outputRewrites: (node.outputRewrites ?? []).flatMap(rewrites),
  };
}

/** Lookups that Hive sends as one operation are parted, since our schedule puts together what travels together. */
function batchedFetches(node: HiveBatch): readonly FetchNode[] {
  const operation = spreadOut(node.operation);
  return node.entityBatch.aliases.flatMap(({ alias, paths, ...entity }) => {
    const field = operation.selectionSet.selections.find(
      (selection) => selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === alias,
    );
    if (field?.kind !== Kind.FIELD) throw new Error(`Hive gave a batch without "${alias}": ${node.operation}`);
    const alone = lookupAlone(operation, field, entity.representationsVariableName);
    const variables = (node.variableUsages ?? []).filter((name) => alone.includes(`$${name}:`));
    return paths.map((path) =>
      fetchNode({ ...node, ...entity, kind: 'Fetch', operation: alone, variableUsages: variables }, pathSteps(path)),
    );
  });
}

function lookupAlone(operation: OperationDefinitionNode, field: FieldNode, representations: string): string {
  const { alias: _, ...bare } = field;
  const selectionSet = { kind: Kind.SELECTION_SET, selections: [bare] } as const;
  const alone = spreadOut(print({ ...operation, selectionSet }));
  return print(alone).replaceAll(`$${representations}`, '$representations');
}

/**
 * Our executor takes operations without fragments by name and without variables that nothing uses, and reads an object's
 * type under its own name wherever it is asked for under another.
 */
function spreadOut(text: string): OperationDefinitionNode {
  const document = parse(text, { noLocation: true });
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error(`Hive gave a fetch without an operation: ${text}`);
  const isAliased = (selection: SelectionNode): boolean =>
    selection.kind === Kind.FIELD && selection.name.value === '__typename' && selection.alias !== undefined;
  return visit(normaliseOperation(operation, document, {}), {
    SelectionSet: {
      leave: (set) =>
        set.selections.some(isAliased) ? { ...set, selections: [typename, ...set.selections] } : undefined,
    },
  });
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** A condition on types belongs to the step before it. */
function pathSteps(path: readonly HiveStep[]): readonly PathStep[] {
  const steps: PathStep[] = [];
  for (const step of path) {
    if (step === '@') steps.push({ kind: 'items' });
    else if ('Field' in step) steps.push({ kind: 'field', key: step.Field });
    else {
      const last = steps.pop();
      if (last) steps.push({ ...last, types: step.TypeCondition });
    }
  }
  return steps;
}

function requiredSelection(node: HiveRequired): RequiredSelection {
  if (node.kind === 'InlineFragment') {
    return { kind: 'fragment', type: node.typeCondition, selections: node.selections.map(requiredSelection) };
  }
  return {
    kind: 'field',
    key: node.alias ?? node.name,
    // Where requirements are at odds Hive reads one key and sends it as another.
    ...(node.alias ? { name: node.name } : {}),
    ...(node.selections?.length ? { selections: node.selections.map(requiredSelection) } : {}),
  };
}

/** Where a step is for one of several types there is one rewrite of ours for each. */
function rewrites(node: HiveRewrite): readonly Rewrite[] {
  const { path } = 'ValueSetter' in node ? node.ValueSetter : 'KeyRenamer' in node ? node.KeyRenamer : node;
  const paths = path.reduce<readonly Rewrite['path'][]>(
    (before, step) =>
      'Key' in step
        ? before.map((steps) => [...steps, { kind: 'key', key: step.Key }])
        : before.flatMap((steps) => step.TypenameEquals.map((type) => [...steps, { kind: 'type', type } as const])),
    [[]],
  );
  if ('KeyRenamer' in node)
    return paths.map((steps) => ({ kind: 'rename', path: steps, to: node.KeyRenamer.renameKeyTo }));
  const value = 'ValueSetter' in node ? node.ValueSetter.setValueTo : node.setValueTo;
  return paths.map((steps) => ({ kind: 'set', path: steps, value }));
}
