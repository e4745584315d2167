/**
 * What one event of the log means for lineage: the log read as facts, one event at a time, with no memory between two.
 * An edge never dangles, so a fold mentions both its ends; a mention never replaces what a deployment said.
 */
import type {
  DataFlow,
  DomainDeployed,
  ExecutionFinished,
  ProcessDeployed,
  ProductDeployed,
  RecordPayloads,
  RecordType,
  StoredEvent,
} from '../core/event.ts';
import type { EdgeKind, Fact, LineageNode, NodeKind } from './store.ts';

type Fold<Payload> = (event: StoredEvent, payload: Payload) => readonly Fact[];
type Folds = { readonly [Type in RecordType]: Fold<RecordPayloads[Type]> };

const nothing: Fold<unknown> = () => [];

const folds: Folds = {
  'weft.domain.deployed': foldDomain,
  'weft.product.deployed': foldProduct,
  'weft.process.deployed': foldProcess,
  'weft.execution.queued': nothing,
  'weft.execution.finished': foldExecution,
  'weft.access.read': nothing,
  'weft.access.limited': nothing,
  'weft.access.denied': nothing,
  'weft.policy.changed': nothing,
};

/** The facts of one event, in the order to apply them. An event without meaning for lineage has none. */
export function fold(event: StoredEvent): readonly Fact[] {
  if (isRecordType(event.type)) return foldRecord(event, event.type);
  return event.type.startsWith('weft.') ? [] : foldDataEvent(event);
}

/** The id of a node of the summary graph. `owner` is the domain, or a dataset's namespace; a domain owns itself. */
export function nodeIdOf(kind: NodeKind, owner: string, name: string): string {
  return kind === 'domain' ? `domain:${name}` : `${kind}:${owner}/${name}`;
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(folds, type);
}

/** The platform alone writes records, each with the payload of its type: what makes the one assertion below hold. */
function foldRecord<Type extends RecordType>(event: StoredEvent, type: Type): readonly Fact[] {
  return folds[type](event, event.payload as unknown as RecordPayloads[Type]);
}

function foldDomain(event: StoredEvent, { name }: DomainDeployed): readonly Fact[] {
  return [deployed(event, mentionOf('domain', name, name))];
}

function foldProduct(event: StoredEvent, product: ProductDeployed): readonly Fact[] {
  const { domain } = event;
  const node = mentionOf('product', domain, product.name);
  const sources = [
    ...(product.process === null ? [] : [mentionOf('process', domain, product.process)]),
    ...product.labels.map((label) => mentionOf('label', domain, label)),
    ...product.derivedFrom.map(productAt),
  ];
  return [deployed(event, node), ...redeclared(event, node, sources)];
}

function foldProcess(event: StoredEvent, process: ProcessDeployed): readonly Fact[] {
  const node = mentionOf('process', event.domain, process.name);
  const sources = process.labels.map((label) => mentionOf('label', event.domain, label));
  return [deployed(event, node), ...redeclared(event, node, sources)];
}

function foldExecution(event: StoredEvent, finished: ExecutionFinished): readonly Fact[] {
  const { domain, process, executionId, revision, subject, offset } = event;
  if (process === null || executionId === null) return [];
  const node = mentionOf('process', domain, process);
  const inputs = finished.inputs.map(endOf);
  const outputs = finished.outputs.map(endOf);
  return [
    { fact: 'execution', execution: { ...finished, id: executionId, domain, process, revision, subject, offset } },
    ...[node, ...inputs, ...outputs].map(mentioned),
    ...inputs.map((input) => flow(event, 'OBSERVED', [input, node])),
    ...outputs.map((output) => flow(event, 'OBSERVED', [node, output])),
  ];
}

function foldDataEvent({ id, time, type, label, source, target, domain, executionId, offset }: StoredEvent): Fact[] {
  return [
    { fact: 'event', event: { id, time, type, label, source, target, domain, executionId, offset } },
    mentioned(mentionOf('label', domain, label)),
  ];
}

/** All that a deployment declares of what flows into a node. */
function redeclared(event: StoredEvent, node: LineageNode, sources: readonly LineageNode[]): Fact[] {
  return [
    { fact: 'redeclared', node: node.id, at: event.time },
    ...sources.map(mentioned),
    ...sources.map((source) => flow(event, 'DECLARED', [source, node])),
  ];
}

function deployed(event: StoredEvent, node: LineageNode): Fact {
  return { fact: 'node', node: { ...node, properties: event.payload } };
}

function mentioned(node: LineageNode): Fact {
  return { fact: 'node', node };
}

function flow({ time }: StoredEvent, kind: EdgeKind, [from, to]: readonly [LineageNode, LineageNode]): Fact {
  return { fact: 'edge', edge: { from: from.id, to: to.id, kind, validFrom: time, validTo: null, recordedAt: time } };
}

function endOf(end: DataFlow): LineageNode {
  return mentionOf(end.kind, end.kind === 'dataset' ? end.namespace : end.domain, end.name);
}

/** A product by its `DOMAIN/NAME`. A domain's name has no slash. */
function productAt(reference: string): LineageNode {
  const slash = reference.indexOf('/');
  return mentionOf('product', reference.slice(0, slash), reference.slice(slash + 1));
}

function mentionOf(kind: NodeKind, owner: string, name: string): LineageNode {
  const domain = kind === 'dataset' ? null : owner;
  return { id: nodeIdOf(kind, owner, name), kind, name, domain, properties: {} };
}
