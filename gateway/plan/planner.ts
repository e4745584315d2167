/**
 * Plans operations. Names Apollo's query planner, alone in the house (Elastic-2.0), and turns its plans into ours.
 */
import {
  isCompositeType,
  isEnumType,
  operationFromDocument,
  possibleRuntimeTypes,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  type Schema,
  Supergraph,
} from '@apollo/federation-internals';
import {
  type FetchNode as ApolloFetchNode,
  type FetchDataKeyRenamer,
  type FetchDataRewrite,
  type PlanNode as ApolloPlanNode,
  type QueryPlan,
  QueryPlanner,
  type QueryPlanSelectionNode,
} from '@apollo/query-planner';
import { type DocumentNode, type GraphQLSchema, Kind, parse } from 'graphql';
import { messageOf, WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Entities, readEntities } from './entities.ts';
import { type SubgraphSchema, addMembers, entitiesIn, hasPartialUnions } from './member.ts';
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
import { separateChains } from './chain.ts';
import { addExecutableDirectives, dropUnknownDirectives } from './executable.ts';
import { type Hoist, type IsRuled, createHoist } from './hoist.ts';
import { type KeysOf, putResolvableKeysFirst, readKeys } from './key.ts';
import { type Labels, readLabels } from './label.ts';
import { type RequiredBy, readRequiredBy } from './required-by.ts';
import { once, rememberNames } from './remember.ts';
import { type Requirements, graphNames, readRequirements } from './requirement.ts';
import { readRisks } from './risk.ts';
import { nameRoots, readRoots } from './roots.ts';
import { replaceStandIns, replaceStandInsIn } from './stand-in.ts';
import { createVerifier } from './verify.ts';
import { runWithin } from './within.ts';

export interface Planner {
  /** The schema that clients see, `@defer` in it. */
  readonly apiSchema: GraphQLSchema;
  /** The same schema with what no client sees. */
  readonly wholeSchema: () => GraphQLSchema;
  /** Names and routing URLs of the subgraphs, as the supergraph has them. */
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
  /** Labels of progressive overrides. */
  readonly labels: Labels;
  readonly entities: Entities;
  /** Which fields require which. */
  readonly requiredBy: RequiredBy;
  /** The object types that a type of the supergraph may turn out to be. */
  possibleTypes(type: string): ReadonlySet<string>;
  /** The values of an enum of the supergraph, also those that no client sees. */
  enumValues(type: string): ReadonlySet<string>;
  /** Plans one operation of a document that is valid against `apiSchema`. No `@skip`, `@include` or `@defer` may be in it. */
  plan(document: DocumentNode, options: PlanOptions): Plan;
}

export interface PlanOptions {
  readonly operationName: string | null;
  /** Labels of progressive overrides that are on; the others are off. */
  readonly labels: ReadonlySet<string>;
  /** Whether it asks for what no client sees: then the document is valid against `wholeSchema`. Default false. */
  readonly asksHidden?: boolean;
  /** Default: nobody is denied anything. */
  readonly isRuled?: IsRuled;
}

/** Reads a supergraph. Throws `COMPOSITION_FAILED` when it is none, or needs a feature that is not supported. */
export function createPlanner(supergraphSdl: string): Planner {
  const asGiven = parseSupergraph(supergraphSdl);
  const roots = readRoots(asGiven);
  const document = nameRoots(asGiven, roots);
  const original = readSupergraph(document);
  const seen = document === asGiven ? original : readSupergraph(asGiven);
  const entities = readEntities(document);
  const apiSchema = addExecutableDirectives(seen.apiSchema().toGraphQLJSSchema({ includeDefer: true }), document);
  const hoist = createHoist(document, apiSchema);
  const drafting: Drafting = { document, original, hoist, complete: completerFor(original, document) };
  const { isFragile, isAtRisk } = readRisks(document);
  const plain = readRequirements(document);
  const careful = readRequirements(document, isFragile);
  const drafter = createDrafter(plain, drafting);
  const { supergraph, possibleTypes } = drafter;
  const carefully = once(() => createDrafter(careful, drafting));
  const verify = createVerifier({ supergraph: document, apiSchema, entities, possibleTypes });
  return {
    apiSchema,
    wholeSchema: once(() => seen.schema.toGraphQLJSSchema()),
    subgraphs: original.subgraphsMetadata(),
    entities,
    labels: readLabels(document),
    requiredBy: readRequiredBy([plain.supergraph, careful.supergraph]),
    possibleTypes,
    enumValues: rememberNames((name) => {
      const type = supergraph.schema.type(name);
      return type && isEnumType(type) ? type.values.map((value) => value.name) : [];
    }),
    plan(operationDocument, options) {
      const named = nameRoots(operationDocument, roots);
      const usual = () => verify(drafter.draft(named, options, limits.planMs));
      if (!isAtRisk(named)) return usual();
      try {
        return verify(carefully().draft(named, options, limits.planFirstMs));
      } catch {
        // Then what is at risk is taken: it is only lost when something fails.
        return usual();
      }
    },
  };
}

/** What all that is drafted on one supergraph has in common. */
interface Drafting {
  readonly document: DocumentNode;
  readonly original: Supergraph;
  readonly hoist: Hoist;
  /** Adds to a plan what the planner leaves out. */
  readonly complete: (root: PlanNode, asked: DocumentNode) => PlanNode;
}

/** Makes plans that nobody has verified yet. */
interface Drafter {
  /** What is planned on. */
  readonly supergraph: Supergraph;
  readonly possibleTypes: Planner['possibleTypes'];
  draft(document: DocumentNode, options: PlanOptions, milliseconds: number): Plan;
}

function createDrafter(requirements: Requirements, { document, original, hoist, complete }: Drafting): Drafter {
  const chains = separateChains(putResolvableKeysFirst(requirements.supergraph));
  const supergraph = chains.supergraph === document ? original : buildRewritten(chains.supergraph);
  const schema = supergraph.apiSchema();
  const debug = { bypassPlannerForSingleSubgraph: false, maxEvaluatedPlans: limits.plansComparedMax };
  const planner = new QueryPlanner(supergraph, { debug });
  const subgraphOf = (name: string) => chains.branches.get(name) ?? name;
  const possibleTypes = rememberNames((name) => {
    const type = supergraph.schema.type(name);
    return type && isCompositeType(type) ? possibleRuntimeTypes(type).map((possible) => possible.name) : [];
  });
  const from: Place = { path: [], subgraphOf, possibleTypes, keysOf: readKeys(document, graphNames(document)) };
  const standing = { requirements, relatedTypes: relatedTypesIn(supergraph) };
  return {
    supergraph,
    possibleTypes,
    draft(whole, options, milliseconds) {
      const known = dropUnknownDirectives(whole, (name) => schema.directive(name) !== undefined);
      const asked = { schema: options.asksHidden === true ? supergraph.schema : schema, document: known };
      const node = planOperation(planner, { ...asked, hoist, milliseconds, ...options });
      if (node === undefined) return { root: null, subscription: null };
      const rest = node.kind === 'Subscription' ? node.rest : node;
      const root = rest === undefined ? null : planNode(rest, from);
      return {
        root: root && replaceStandIns(complete(root, known), standing),
        subscription: node.kind === 'Subscription' ? replaceStandInsIn(fetchNode(node.primary, from), standing) : null,
      };
    },
  };
}

interface Planning extends PlanOptions {
  /** How long the operation may be planned. */
  readonly milliseconds: number;
  readonly schema: Schema;
  readonly document: DocumentNode;
  readonly hoist: Hoist;
}

/** Where the planner may lose its way and another is known, it is not followed for long. */
function planOperation(planner: QueryPlanner, planning: Planning): QueryPlan['node'] {
  const hoisted = planning.hoist(planning.document, planning.isRuled ?? (() => false));
  if (hoisted === null) return planWithin(planning.milliseconds, planner, planning);
  try {
    return planWithin(limits.planFirstMs, planner, planning);
  } catch {
    return planWithin(planning.milliseconds, planner, { ...planning, document: hoisted });
  }
}

function planWithin(milliseconds: number, planner: QueryPlanner, planning: Planning): QueryPlan['node'] {
  const { schema, document, operationName, labels } = planning;
  const named = operationName === null ? {} : { operationName };
  const overrideConditions = new Map([...labels].map((label) => [label, true]));
  const plan = () => {
    const operation = operationFromDocument(schema, document, named);
    return planner.buildQueryPlan(operation, { overrideConditions }).node;
  };
  let done: { readonly value: QueryPlan['node'] } | null;
  try {
    done = runWithin(milliseconds, plan);
  } catch (error) {
    throw unplanned('no way to all of its fields', error);
  }
  if (done === null) throw unplanned(`no plan within ${milliseconds} ms`);
  return done.value;
}

/** What the planner loses its way in: some operations at once, others by growing with every field. */
function unplanned(found: string, cause?: unknown): WeftError {
  return new WeftError('OPERATION_NOT_PLANNED', {
    action: 'Cannot plan the operation',
    found,
    fix: 'Ask for fewer fields at once, or for those of one type in operations of their own.',
    cause,
  });
}

/** Adds to plans what they leave out of unions; mostly there is nothing to add. */
function completerFor(
  supergraph: Supergraph,
  document: DocumentNode,
): (root: PlanNode, asked: DocumentNode) => PlanNode {
  if (!hasPartialUnions(document)) return (root) => root;
  const known = new Map<string, SubgraphSchema>();
  const schemaOf = (name: string): SubgraphSchema => {
    const schema = known.get(name) ?? subgraphSchema(supergraph, name);
    known.set(name, schema);
    return schema;
  };
  const entities = entitiesIn(document);
  return (root, { definitions: [operation] }) =>
    operation?.kind === Kind.OPERATION_DEFINITION
      ? addMembers(root, { operation, schemaOf, isEntity: (type) => entities.has(type) })
      : root;
}

function subgraphSchema(supergraph: Supergraph, name: string): SubgraphSchema {
  const subgraph = supergraph.subgraphs().get(name);
  if (subgraph === undefined) throw new Error(`The supergraph has no subgraph "${name}".`);
  const metadata = subgraph.metadata();
  return {
    schema: subgraph.schema.toGraphQLJSSchema(),
    isOwn(typeName, fieldName) {
      const type = subgraph.schema.type(typeName);
      const field = type?.kind === 'ObjectType' ? type.field(fieldName) : undefined;
      if (field === undefined || metadata.isFieldExternal(field)) return false;
      return !field.hasAppliedDirective(metadata.requiresDirective());
    },
  };
}

function relatedTypesIn({ schema }: Supergraph): (name: string) => readonly string[] {
  return (name) => {
    const type = schema.type(name);
    if (type === undefined || !isCompositeType(type)) return [];
    const interfaces = type.kind === 'UnionType' ? [] : type.interfaces();
    return [...interfaces, ...possibleRuntimeTypes(type)].map((related) => related.name);
  };
}

/** What the mesh's own directives guard is guarded here. */
const supportedFeatures = new Set([...ROUTER_SUPPORTED_SUPERGRAPH_FEATURES, 'https://weft.dev/weft/v1.0']);

function readSupergraph(document: DocumentNode): Supergraph {
  try {
    const supergraph = Supergraph.build(document, { supportedFeatures });
    supergraph.subgraphs();
    return supergraph;
  } catch (error) {
    throw noSupergraph(error);
  }
}

/** The original has been found valid; in its subgraphs some fields are now external to nobody's use, which is no mistake. */
function buildRewritten(document: DocumentNode): Supergraph {
  return Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });
}

function parseSupergraph(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true });
  } catch (error) {
    throw noSupergraph(error);
  }
}

function noSupergraph(error: unknown): WeftError {
  return new WeftError('COMPOSITION_FAILED', {
    action: 'Cannot read the supergraph',
    found: messageOf(error),
    wanted: 'a supergraph schema of Apollo Federation 2',
    fix: 'Compose it with `weft compose`, or with another composer of Federation 2.',
    cause: error,
  });
}

interface Place {
  readonly path: readonly PathStep[];
  /** A subgraph's own name. */
  readonly subgraphOf: (name: string) => string;
  readonly possibleTypes: Planner['possibleTypes'];
  readonly keysOf: KeysOf;
}

function planNode(node: ApolloPlanNode, place: Place): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => planNode(child, place)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => planNode(child, place)) };
    case 'Flatten':
      return planNode(node.node, { ...place, path: [...place.path, ...node.path.flatMap(pathSteps)] });
    case 'Fetch':
      return fetchNode(node, place);
    case 'Condition':
    case 'Defer':
      throw new Error(`The planner gave a ${node.kind} node for an operation without conditions.`);
    default:
      throw new Error(`The planner gave a node of an unknown kind: ${JSON.stringify(node satisfies never)}.`);
  }
}

function fetchNode(node: ApolloFetchNode, place: Place): FetchNode {
  const subgraph = place.subgraphOf(node.serviceName);
  const { path } = place;
  return {
    kind: 'fetch',
    subgraph,
    operationKind: node.operationKind,
    operation: node.operation,
    variables: node.variableUsages ?? [],
    path,
    ...(node.requires ? { requires: node.requires.map(requiredSelection) } : {}),
    ...(node.requires && node.requires.length > 1 ? { keys: keysFor(node.requires, subgraph, place) } : {}),
    ...(node.contextRewrites?.length ? { contexts: node.contextRewrites.map(contextArgument) } : {}),
    inputRewrites: (node.inputRewrites ?? []).map(rewrite),
    outputRewrites: (node.outputRewrites ?? []).map(rewrite),
  };
}

/** The planner may ask for what one type requires in a fragment that other types meet too. */
function keysFor(
  requires: readonly QueryPlanSelectionNode[],
  subgraph: string,
  { possibleTypes, keysOf }: Place,
): FetchNode['keys'] {
  const types = requires.flatMap((node) =>
    node.kind === 'InlineFragment' && node.typeCondition ? [...possibleTypes(node.typeCondition)] : [],
  );
  const known = types.map((type) => [type, keysOf(subgraph, type)] as const).filter(([, keys]) => keys.length > 0);
  return new Map(known);
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
