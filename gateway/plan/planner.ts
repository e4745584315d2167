/**
 * Plans operations. Names Apollo's query planner, alone in the house (Elastic-2.0), and turns its plans into ours.
 */
import {
  isCompositeType,
  operationFromDocument,
  possibleRuntimeTypes,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals';
import {
  type FetchNode as ApolloFetchNode,
  type FetchDataKeyRenamer,
  type FetchDataRewrite,
  type PlanNode as ApolloPlanNode,
  QueryPlanner,
  type QueryPlanSelectionNode,
} from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import { messageOf, WeftError } from '../../mesh/core/error.ts';
import { type Entities, readEntities } from './entities.ts';
import type {
  ContextArgument,
  FetchNode,
  PathStep,
  Plan,
  PlanNode,
  RequiredSelection,
  Rewrite,
  RewriteStep,
} from './plan.ts';
import { type Requirements, readRequirements } from './requirement.ts';

export interface Planner {
  /** The schema that clients see, `@defer` in it. */
  readonly apiSchema: GraphQLSchema;
  /** Names and routing URLs of the subgraphs, as the supergraph has them. */
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
  readonly requirements: Requirements;
  readonly entities: Entities;
  /** The object types that a type of the supergraph may turn out to be. */
  possibleTypes(type: string): ReadonlySet<string>;
  /** Plans one operation of a document that is valid against `apiSchema`. No `@skip`, `@include` or `@defer` may be in it. */
  plan(document: DocumentNode, operationName: string | null): Plan;
}

/** Reads a supergraph. Throws `COMPOSITION_FAILED` when it is none, or needs a feature that is not supported. */
export function createPlanner(supergraphSdl: string): Planner {
  const supergraph = readSupergraph(supergraphSdl);
  const document = parse(supergraphSdl, { noLocation: true });
  const schema = supergraph.apiSchema();
  const planner = new QueryPlanner(supergraph, { debug: { bypassPlannerForSingleSubgraph: false } });
  return {
    apiSchema: schema.toGraphQLJSSchema({ includeDefer: true }),
    subgraphs: supergraph.subgraphsMetadata(),
    requirements: readRequirements(document),
    entities: readEntities(document),
    possibleTypes: rememberTypes((name) => {
      const type = supergraph.schema.type(name);
      return type && isCompositeType(type) ? possibleRuntimeTypes(type).map((possible) => possible.name) : [];
    }),
    plan(asked, operationName) {
      const operation = operationFromDocument(schema, asked, operationName === null ? {} : { operationName });
      const { node } = planner.buildQueryPlan(operation);
      if (node === undefined) return { root: null, subscription: null };
      if (node.kind !== 'Subscription') return { root: planNode(node, []), subscription: null };
      return {
        root: node.rest === undefined ? null : planNode(node.rest, []),
        subscription: fetchNode(node.primary, []),
      };
    },
  };
}

function rememberTypes(find: (name: string) => readonly string[]): (name: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (name) => {
    const types = known.get(name) ?? new Set(find(name));
    known.set(name, types);
    return types;
  };
}

function readSupergraph(sdl: string): Supergraph {
  try {
    return Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
  } catch (error) {
    throw new WeftError('COMPOSITION_FAILED', {
      action: 'Cannot read the supergraph',
      found: messageOf(error),
      wanted: 'a supergraph schema of Apollo Federation 2',
      fix: 'Compose it with `weft compose`, or with another composer of Federation 2.',
      cause: error,
    });
  }
}

function planNode(node: ApolloPlanNode, path: readonly PathStep[]): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => planNode(child, path)) };
    case 'Flatten':
      return planNode(node.node, [...path, ...node.path.flatMap(pathSteps)]);
    case 'Fetch':
      return fetchNode(node, path);
    case 'Condition':
    case 'Defer':
      throw new Error(`The planner gave a ${node.kind} node for an operation without conditions.`);
    default:
      throw new Error(`The planner gave a node of an unknown kind: ${JSON.stringify(node satisfies never)}.`);
  }
}

function fetchNode(node: ApolloFetchNode, path: readonly PathStep[]): FetchNode {
  return {
    kind: 'fetch',
    subgraph: node.serviceName,
    operationKind: node.operationKind,
    operation: node.operation,
    variables: node.variableUsages ?? [],
    path,
    ...(node.requires ? { requires: node.requires.map(requiredSelection) } : {}),
    ...(node.contextRewrites?.length ? { contexts: node.contextRewrites.map(contextArgument) } : {}),
    inputRewrites: (node.inputRewrites ?? []).map(rewrite),
    outputRewrites: (node.outputRewrites ?? []).map(rewrite),
  };
}

/** A step reads `key`, `@` for the items of a list, with `|[A,B]` behind it to keep objects of some types. */
function pathSteps(step: string | number): PathStep[] {
  const match = /^(.*?)(?:\|\[(.*)\])?$/.exec(String(step));
  const key = match?.[1] ?? '';
  const types = match?.[2] === undefined ? {} : { types: match[2].split(',').map((type) => type.trim()) };
  if (key === '@') return [{ kind: 'items', ...types }];
  return [{ kind: 'field', key, ...types }];
}

function requiredSelection(node: QueryPlanSelectionNode): RequiredSelection {
  if (node.kind === 'InlineFragment') {
    return {
      kind: 'fragment',
      ...(node.typeCondition === undefined ? {} : { type: node.typeCondition }),
      selections: node.selections.map(requiredSelection),
    };
  }
  return {
    kind: 'field',
    key: node.alias ?? node.name,
    ...(node.selections?.length ? { selections: node.selections.map(requiredSelection) } : {}),
  };
}

function rewrite(node: FetchDataRewrite): Rewrite {
  const path = node.path.map(rewriteStep);
  return node.kind === 'ValueSetter'
    ? { kind: 'set', path, value: node.setValueTo }
    : { kind: 'rename', path, to: node.renameKeyTo };
}

/** The path goes up first, a `..` for each field, then down. */
function contextArgument({ path, renameKeyTo }: FetchDataKeyRenamer): ContextArgument {
  const down = path.filter((step) => step !== '..');
  return { variable: renameKeyTo, levels: path.length - down.length, path: down.map(rewriteStep) };
}

function rewriteStep(step: string): RewriteStep {
  return step.startsWith('... on ') ? { kind: 'type', type: step.slice('... on '.length) } : { kind: 'key', key: step };
}
