/**
 * A batch of facts made order-free: each node, edge and occurrence once, as it stands after the last fact about it. Stores
 * that write in sets then end up where applying fact by fact would have led.
 */
import type { JsonObject, Json } from '../core/json.ts';
import { isJsonObject } from '../core/json.ts';
import type { EventOccurrence, ExecutionOccurrence, Fact, LineageEdge, LineageNode } from './store.ts';

/** What to write, in this order. */
export interface Change {
  /** Made where missing. Properties replace those stored, but empty ones replace none. */
  readonly nodes: readonly LineageNode[];
  /** Stored declared edges into `node` that are still valid end at `at`. */
  readonly ended: readonly { readonly node: string; readonly at: string }[];
  /** Stored anew; one that is there already keeps its `validFrom`. */
  readonly edges: readonly LineageEdge[];
  readonly executions: readonly ExecutionOccurrence[];
  readonly events: readonly EventOccurrence[];
}

/** What a batch of facts comes to. */
export function changeOf(facts: readonly Fact[]): Change {
  const nodes = new Map<string, LineageNode>();
  const ended = new Map<string, string>();
  const edges = new Map<string, LineageEdge>();
  const executions = new Map<string, ExecutionOccurrence>();
  const events = new Map<string, EventOccurrence>();
  const end = (node: string, at: string): void => {
    if (!ended.has(node)) ended.set(node, at);
    for (const [key, edge] of edges) {
      if (edge.to === node && edge.kind === 'DECLARED' && edge.validTo === null)
        edges.set(key, { ...edge, validTo: at });
    }
  };
  for (const fact of facts) {
    switch (fact.fact) {
      case 'node':
        if (!nodes.has(fact.node.id) || isDescribed(fact.node)) nodes.set(fact.node.id, fact.node);
        break;
      case 'redeclared':
        end(fact.node, fact.at);
        break;
      case 'edge': {
        const key = JSON.stringify([fact.edge.from, fact.edge.to, fact.edge.kind]);
        edges.set(key, { ...fact.edge, validFrom: edges.get(key)?.validFrom ?? fact.edge.validFrom });
        break;
      }
      case 'execution':
        executions.set(fact.execution.id, fact.execution);
        break;
      case 'event':
        events.set(fact.event.id, fact.event);
    }
  }
  return {
    nodes: [...nodes.values()],
    ended: Array.from(ended, ([node, at]) => ({ node, at })),
    edges: [...edges.values()],
    executions: [...executions.values()],
    events: [...events.values()],
  };
}

/** Whether a deployment described the node; otherwise it was but mentioned. */
export function isDescribed(node: LineageNode): boolean {
  return Object.keys(node.properties).length > 0;
}

/** What a search for a node looks into, in lower case. Stores keep it, as their own lower case need not be ours. */
export function searchTextOf({ name, domain, properties }: LineageNode): string {
  return [name, domain ?? '', ...textsIn(properties)].join('\n').toLowerCase();
}

/** The words of a search, as `searchTextOf` spells them. */
export function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
}

function textsIn(value: Json | JsonObject | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJsonObject(value) ? Object.values(value).flatMap(textsIn) : [];
}
