/** What a plan comes to when it runs. */
import { type DocumentNode, type SelectionSetNode, Kind, parse } from 'graphql';
import { type FetchGroup, scheduleFetches } from '../../gateway/execute/schedule.ts';
import type { FetchNode, Plan, PlanNode } from '../../gateway/plan/plan.ts';
import type { Planner } from '../../gateway/plan/planner.ts';

export interface Weight {
  /** Fetches of the plan. */
  readonly fetches: number;
  /** Requests to subgraphs, after our schedule has put together what travels together. */
  readonly requests: number;
  /** Requests one after another, on the longest way. */
  readonly depth: number;
  /** Fields asked for by more than one fetch at one place of the answer, keys and type names aside. */
  readonly twice: number;
}

/** The plan of a document with one operation. */
export function planAlone(planner: Planner, document: DocumentNode): Plan {
  return planner.plan(document, { operationName: null, labels: new Set() });
}

/** Weighs a plan; a subscription's own fetch counts as none. */
export function weigh({ root }: Plan): Weight {
  const groups = scheduleFetches(root);
  const fetches = fetchesIn(root);
  return { fetches: fetches.length, requests: groups.length, depth: depthOf(groups), twice: countTwice(fetches) };
}

function fetchesIn(node: PlanNode | null): readonly FetchNode[] {
  if (node === null) return [];
  return node.kind === 'fetch' ? [node] : node.nodes.flatMap(fetchesIn);
}

function depthOf(groups: readonly FetchGroup[]): number {
  const depths: number[] = [];
  for (const { dependencies } of groups) {
    depths.push(1 + Math.max(0, ...dependencies.map((position) => depths[position] ?? 0)));
  }
  return Math.max(0, ...depths);
}

function countTwice(fetches: readonly FetchNode[]): number {
  const asked = new Map<string, number>();
  for (const fetch of fetches) {
    for (const place of new Set(placesOf(fetch))) asked.set(place, (asked.get(place) ?? 0) + 1);
  }
  return [...asked.values()].filter((times) => times > 1).length;
}

/** Where in the answer each leaf of a fetch comes to stand. */
function placesOf(fetch: FetchNode): readonly string[] {
  const keys = new Set((fetch.requires ?? []).flatMap(keysOf));
  const prefix = fetch.path.map((step) => (step.kind === 'items' ? '@' : step.key)).join('.');
  const walk = (set: SelectionSetNode, place: string): readonly string[] =>
    set.selections.flatMap((selection) => {
      if (selection.kind !== Kind.FIELD) return 'selectionSet' in selection ? walk(selection.selectionSet, place) : [];
      const key = (selection.alias ?? selection.name).value;
      if (selection.name.value === '__typename' || keys.has(key)) return [];
      const inner = key === '_entities' ? place : `${place}.${key}`;
      return selection.selectionSet ? walk(selection.selectionSet, inner) : [inner];
    });
  return parse(fetch.operation, { noLocation: true }).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? walk(definition.selectionSet, prefix) : [],
  );
}

function keysOf(selection: NonNullable<FetchNode['requires']>[number]): readonly string[] {
  return selection.kind === 'field' ? [selection.key] : selection.selections.flatMap(keysOf);
}
