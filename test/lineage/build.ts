/** Builders for the lineage tests: events of the log, each with its payload, and facts. */
import type {
  DataFlow,
  ExecutionFinished,
  MeshEvent,
  RecordPayloads,
  RecordType,
  StoredEvent,
} from '../../mesh/core/event.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import type { EdgeKind, Fact, LineageNode, NodeKind } from '../../mesh/lineage/store.ts';

/** The n-th minute of a day that all tests share. */
export function minute(n: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();
}

/** An event of the log; its time is the minute of its offset. */
export function eventAt(offset: number, parts: Partial<MeshEvent> = {}): StoredEvent {
  return {
    offset,
    id: `00000000-0000-7000-8000-${offset.toString(16).padStart(12, '0')}`,
    time: minute(offset),
    type: 'flight.delayed',
    label: 'flight.delayed',
    source: 'flight:17',
    target: '',
    domain: 'flights',
    product: null,
    process: null,
    revision: null,
    logic: null,
    executionId: null,
    sequence: null,
    subject: null,
    classification: [],
    traceparent: null,
    payload: {},
    ...parts,
  };
}

/** A platform record with the payload of its type. */
export function recordAt<Type extends RecordType>(
  offset: number,
  type: Type,
  { payload, ...parts }: Omit<Partial<MeshEvent>, 'payload'> & { readonly payload: RecordPayloads[Type] },
): StoredEvent {
  return eventAt(offset, { type, label: type, ...parts, payload: { ...payload } as unknown as JsonObject });
}

export function finished(parts: Partial<ExecutionFinished> = {}): ExecutionFinished {
  return {
    trigger: 'query',
    from: 'Query.delays',
    status: 'COMPLETE',
    startedAt: minute(0),
    durationMs: 12,
    timeline: [{ logic: 'load', ran: 'run', startedAt: minute(0), durationMs: 3, error: null }],
    error: null,
    inputs: [],
    outputs: [],
    ...parts,
  };
}

export const productFlow = (domain: string, name: string): DataFlow => ({ kind: 'product', domain, name });

/** A node by its id, mentioned or described. */
export function nodeFact(id: string, properties: JsonObject = {}): Fact {
  return { fact: 'node', node: nodeOf(id, properties) };
}

export function nodeOf(id: string, properties: JsonObject = {}): LineageNode {
  const [, kind = '', owner = '', name = owner] = /^([a-z]+):([^/]*)(?:\/(.*))?$/.exec(id) ?? [];
  return { id, kind: kind as NodeKind, name, domain: kind === 'dataset' ? null : owner, properties };
}

export function edgeFact(from: string, to: string, parts: { kind?: EdgeKind; at?: string } = {}): Fact {
  const { kind = 'DECLARED', at = minute(1) } = parts;
  return { fact: 'edge', edge: { from, to, kind, validFrom: at, validTo: null, recordedAt: at } };
}

/** `a -> b` of products of one domain, both mentioned. */
export function flows(...arrows: readonly string[]): Fact[] {
  return arrows.flatMap((arrow) => {
    const [from = '', to = ''] = arrow.split(' -> ').map((name) => `product:flights/${name}`);
    return [nodeFact(from), nodeFact(to), edgeFact(from, to)];
  });
}
