/**
 * What the platform knows of the mesh, as one subject is told of it. A node of the lineage stands for the coordinates that it
 * answers, feeds or is; where the subject sees none of them there is no such node, nor an execution or event of it.
 */
import type { DataFlow, ExecutionFinished, StoredEvent } from '../core/event.ts';
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import type { SchemaSight } from '../core/schema-sight.ts';
import type { Subject } from '../core/subject.ts';
import type { EventOccurrence, ExecutionOccurrence, Lineage, LineageEdge, LineageNode } from '../lineage/store.ts';

/** The scope of those who see who read what. */
export const auditScope = 'audit:read';

export interface PlatformSightOptions {
  readonly sight: SchemaSight;
  readonly subject: Subject;
  /** The coordinates that a node of the lineage, by its id, stands for; `null` where it is not known. */
  readonly placesOf: (node: string) => readonly string[] | null;
}

/** Filters what the stores give for one subject, as of when it was made. */
export class PlatformSight {
  readonly #options: PlatformSightOptions;

  constructor(options: PlatformSightOptions) {
    this.#options = options;
  }

  /** Whether a rule may bear on a node at all. What stands for no coordinate is hidden only by what it hangs on. */
  isBound(node: Pick<LineageNode, 'id' | 'properties'>): boolean {
    return this.#coordinatesOf(node.id, node.properties)?.length !== 0;
  }

  sees({ id, properties }: Pick<LineageNode, 'id' | 'properties'>): boolean {
    const coordinates = this.#coordinatesOf(id, properties);
    return coordinates !== null && this.#seesAny(coordinates);
  }

  /** A node without what its record says of others that are not seen. */
  node<Node extends LineageNode>(node: Node): Node {
    return { ...node, properties: this.#properties(node) };
  }

  /** The part of a graph that is seen. */
  graph({ nodes, edges }: Pick<Lineage, 'nodes' | 'edges'>): {
    readonly nodes: ReadonlyMap<string, LineageNode>;
    readonly edges: readonly LineageEdge[];
  } {
    const seen = new Map(nodes.filter((node) => this.sees(node)).map((node) => [node.id, this.node(node)]));
    return { nodes: seen, edges: edges.filter(({ from, to }) => seen.has(from) && seen.has(to)) };
  }

  execution(execution: ExecutionOccurrence): ExecutionOccurrence | null {
    const { domain, process } = execution;
    if (!this.#seesId(`process:${domain}/${process}`)) return null;
    return this.#finished(domain, execution);
  }

  occurrence(event: EventOccurrence): EventOccurrence | null {
    const places = this.#placesOf(`label:${event.domain}/${event.label}`);
    const isPartial = places.some((place) => this.#options.sight.sees(place) && this.#options.sight.isPartial(place));
    return this.#seesAny(places) && !isPartial ? event : null;
  }

  event(event: StoredEvent): StoredEvent | null {
    return event.type.startsWith('weft.') ? this.#record(event) : this.#dataEvent(event);
  }

  /** Deployments and executions are of nodes; all else that the platform records is about who did what. */
  #record(event: StoredEvent): StoredEvent | null {
    const { type, domain, process, payload } = event;
    const { subject } = this.#options;
    switch (type) {
      case 'weft.domain.deployed':
        return event;
      case 'weft.product.deployed':
      case 'weft.process.deployed': {
        const kind = type === 'weft.product.deployed' ? 'product' : 'process';
        const name = String(payload['name']);
        const node: LineageNode = { id: `${kind}:${domain}/${name}`, kind, name, domain, properties: payload };
        return this.sees(node) ? { ...event, payload: this.#properties(node) } : null;
      }
      case 'weft.execution.queued':
      case 'weft.execution.finished': {
        if (!this.#seesId(`process:${domain}/${process ?? ''}`)) return null;
        const finished = this.#finished(domain, payload as Partial<ExecutionFinished>);
        return finished && { ...event, payload: { ...finished } as unknown as JsonObject };
      }
      default: {
        if (subject.scopes.includes(auditScope)) return event;
        const isOwn = event.subject !== null && event.subject === subject.id;
        return isOwn && type.startsWith('weft.access.') ? { ...event, payload: this.#own(event.payload) } : null;
      }
    }
  }

  /**
   * A record of what a subject did itself, as far as it knew what it did: not how many objects it did not see, nor what
   * stands where it named nothing.
   */
  #own(payload: JsonObject): JsonObject {
    const { sight } = this.#options;
    const decisions = Array.isArray(payload['decisions']) ? payload['decisions'].filter(isJsonObject) : [];
    const told = decisions.flatMap((decision): readonly JsonObject[] => {
      const coordinates = textsIn(decision['coordinates']).filter((one) => sight.isAskable(one));
      const { rule, ruleAt, reason } = decision;
      if (coordinates.length === 0) return [];
      const isPlain = typeof ruleAt !== 'string' || coordinates.includes(ruleAt) || sight.sees(ruleAt);
      const isSaid = typeof rule !== 'string' || !sight.isUntold(rule);
      const words = isPlain ? { reason, ruleAt } : { reason: 'a rule of another place denies it', ruleAt: null };
      return [{ ...decision, ...words, rule: isSaid ? rule : null, coordinates }];
    });
    return { ...payload, rowsHidden: null, decisions: told };
  }

  /** What was emitted was emitted for everybody: it is shown as the fields that it feeds would show it. */
  #dataEvent(event: StoredEvent): StoredEvent | null {
    const { sight, subject } = this.#options;
    const places = this.#placesOf(`label:${event.domain}/${event.label}`);
    const isOfUnseen = event.process !== null && !this.#seesId(`process:${event.domain}/${event.process}`);
    if (!this.#seesAny(places) || (places.length === 0 && isOfUnseen)) return null;
    const place = places.find((one) => sight.sees(one));
    // Nobody has said what may be seen of what feeds no field.
    if (place === undefined) return subject.scopes.includes(auditScope) ? event : { ...event, payload: {} };
    const shown = sight.show(place, event.payload);
    return shown === undefined ? null : { ...event, payload: isJsonObject(shown) ? shown : {} };
  }

  /** What is known of an execution that has just begun is less. `null` where it was started by what is not seen. */
  #finished<Known extends Partial<ExecutionFinished>>(domain: string, known: Known): Known | null {
    const { trigger, from = '', inputs, outputs, timeline, error } = known;
    const isSeen =
      trigger === 'query'
        ? this.#options.sight.sees(from)
        : trigger !== 'event' || this.#seesId(`label:${domain}/${from}`);
    if (!isSeen) return null;
    const seen = (flows: readonly DataFlow[]): readonly DataFlow[] => flows.filter((flow) => this.#seesId(idOf(flow)));
    return {
      ...known,
      ...(inputs && { inputs: seen(inputs) }),
      ...(outputs && { outputs: seen(outputs) }),
      ...(timeline && { timeline: timeline.map((step) => ({ ...step, error: this.#told(step.error) })) }),
      ...(error && { error: this.#told(error) }),
    };
  }

  #told<Failure extends { readonly message: string }>(failure: Failure | null): Failure | null {
    if (failure === null || !this.#options.sight.isUntold(failure.message)) return failure;
    return { ...failure, message: 'It failed.' };
  }

  #properties({ id, domain, properties }: LineageNode): JsonObject {
    const { sight } = this.#options;
    const seen = (kind: string, names: Json | undefined): readonly string[] =>
      textsIn(names).filter((name) =>
        this.#seesId(name.includes('/') ? `${kind}:${name}` : `${kind}:${domain}/${name}`),
      );
    if (id.startsWith('process:') && properties['answers'] !== undefined) {
      const answers = textsIn(properties['answers']).filter((coordinate) => sight.sees(coordinate));
      return { ...properties, answers, labels: seen('label', properties['labels']) };
    }
    const { coordinate, process } = properties;
    if (!id.startsWith('product:') || typeof coordinate !== 'string') return properties;
    const type = sight.typeAt(coordinate);
    return {
      ...properties,
      fields: textsIn(properties['fields']).filter((text) => sight.sees(`${type}.${text.split(':', 1)[0] ?? ''}`)),
      labels: seen('label', properties['labels']),
      derivedFrom: seen('product', properties['derivedFrom']),
      process: typeof process === 'string' && this.#seesId(`process:${domain}/${process}`) ? process : null,
    };
  }

  #seesId(id: string): boolean {
    return this.sees({ id, properties: {} });
  }

  #seesAny(places: readonly string[]): boolean {
    return places.length === 0 || places.some((place) => this.#options.sight.sees(place));
  }

  #placesOf(id: string): readonly string[] {
    return this.#options.placesOf(id) ?? [];
  }

  /** `null` for a product or a process of which nobody knows what it stands for. */
  #coordinatesOf(id: string, { coordinate, answers }: JsonObject): readonly string[] | null {
    const known = this.#options.placesOf(id);
    if (id.startsWith('product:')) return typeof coordinate === 'string' ? [coordinate] : known;
    if (!id.startsWith('process:')) return known ?? [];
    const said = Array.isArray(answers) ? answers.filter((one) => typeof one === 'string') : null;
    return said === null ? known : [...(known ?? []), ...said];
  }
}

function idOf(flow: DataFlow): string {
  return flow.kind === 'dataset'
    ? `dataset:${flow.namespace}/${flow.name}`
    : `${flow.kind}:${flow.domain}/${flow.name}`;
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
