/**
 * The envelope of the log. It carries the CloudEvents 1.0 context attributes `id`, `source`, `type` and `time` under
 * their own names (`payload` is their `data`; `specversion` is always 1.0) and what a mesh adds: label, target
 * identity, where in the mesh it arose, and whose doing it was. A domain's data events and the platform's own records
 * (executions, deployments, access) share it; the platform's types begin with `weft.`.
 */
import type { ErrorCode } from './error.ts';
import type { JsonObject } from './json.ts';

export interface MeshEvent {
  /** UUIDv7. Appending an id twice stores it once. */
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** `weft.…` for the platform's records; else the author's word, by default the label. */
  readonly type: string;
  /** What subscriptions, triggers and filters ask for: `flight.delayed`. */
  readonly label: string;
  /** The identity the event comes from, free-form: `flight:17`. */
  readonly source: string;
  /** The identity it is about or for; empty when there is none. */
  readonly target: string;
  readonly domain: string;
  readonly product: string | null;
  readonly process: string | null;
  readonly revision: string | null;
  readonly logic: string | null;
  readonly executionId: string | null;
  /** Position among the events of its execution, from 0. */
  readonly sequence: number | null;
  /** Id of the subject on whose behalf it happened. */
  readonly subject: string | null;
  readonly classification: readonly string[];
  /** W3C Trace Context. */
  readonly traceparent: string | null;
  /** At most 32 KiB as JSON. */
  readonly payload: JsonObject;
}

/** An event as the log gives it back: with its position. */
export interface StoredEvent extends MeshEvent {
  /** Position in the log; the first is 1, later ones are larger. */
  readonly offset: number;
}

/** Conditions on events; every one given must hold, and a list means any of its values, but for `exceptTypes`. */
export interface EventFilter {
  readonly labels?: readonly string[];
  readonly types?: readonly string[];
  /** None of these. */
  readonly exceptTypes?: readonly string[];
  readonly domains?: readonly string[];
  readonly processes?: readonly string[];
  readonly sources?: readonly string[];
  readonly targets?: readonly string[];
  readonly executionIds?: readonly string[];
  readonly subjects?: readonly string[];
  /** RFC 3339; events at or after. */
  readonly since?: string;
  /** RFC 3339; events before. */
  readonly until?: string;
}

/** The domain that gateways' records bear; no other may be named so. */
export const gatewayDomain = 'gateway';

/** The types of the platform's own records, and the payload that each carries. */
export interface RecordPayloads {
  'weft.domain.deployed': DomainDeployed;
  'weft.product.deployed': ProductDeployed;
  'weft.process.deployed': ProcessDeployed;
  'weft.execution.queued': ExecutionQueued;
  'weft.execution.finished': ExecutionFinished;
  /** Nothing was held back. Equal requests are counted together. */
  'weft.access.read': Access;
  /** Something was masked or filtered, nothing denied. One a request. */
  'weft.access.limited': Access;
  /** Something was denied. One a request. */
  'weft.access.denied': Access;
  'weft.policy.changed': PolicyChanged;
}
export type RecordType = keyof RecordPayloads;

export interface DomainDeployed {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** A hash over the domain's SDL, processes and products: changes when any of them does. */
  readonly revision: string;
}

export interface ProductDeployed {
  /** Unique within its domain. The lineage node is `product:DOMAIN/NAME`. */
  readonly name: string;
  /** `Query.delays` or `Flight`. */
  readonly coordinate: string;
  readonly owner: string;
  readonly description: string;
  readonly status: string;
  readonly freshness: string | null;
  readonly availability: string | null;
  /** The process that answers it, by its name within the domain. */
  readonly process: string | null;
  /** Labels of the data events that feed it (`@event`). */
  readonly labels: readonly string[];
  /** The products it declares itself derived from, as `DOMAIN/NAME`: those that own the coordinates of `@derivedFrom`. */
  readonly derivedFrom: readonly string[];
  /** Names and types of its fields, for search by schema: `delay: Int!`. */
  readonly fields: readonly string[];
}

export interface ProcessDeployed {
  readonly name: string;
  readonly revision: string;
  readonly logics: readonly string[];
  readonly aggregator: string;
  /** Coordinates it answers. */
  readonly answers: readonly string[];
  /** Labels of the data events that start it. */
  readonly labels: readonly string[];
  /** `every 1000 ms`, when a schedule starts it. */
  readonly schedule: string | null;
}

export type ExecutionStatus =
  | 'QUEUED'
  | 'RUNNING'
  | 'COMPLETE'
  | 'COMPLETE_WITH_ERROR'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'CANCELLED';

/** What started an execution. */
export type TriggerKind = 'query' | 'event' | 'schedule';

export interface ExecutionQueued {
  readonly trigger: TriggerKind;
  /** Coordinate, label or schedule. */
  readonly from: string;
}

/** One logic's turn in an execution. */
export interface TimelineEntry {
  readonly logic: string;
  /** Railway: `run` before an error, `handleError` from it on. */
  readonly ran: 'run' | 'handleError';
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly error: ExecutionError | null;
}

export interface ExecutionError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One record a run, written when it ends. */
export interface ExecutionFinished {
  readonly trigger: TriggerKind;
  /** Coordinate, label or schedule. */
  readonly from: string;
  readonly status: ExecutionStatus;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly timeline: readonly TimelineEntry[];
  readonly error: ExecutionError | null;
  /** What its agents read. */
  readonly inputs: readonly DataFlow[];
  /** What it answered or emitted. */
  readonly outputs: readonly DataFlow[];
}

/** One end of a flow of data, as lineage knows it. */
export type DataFlow =
  /** A dataset in OpenLineage's terms: namespace and name. */
  | { readonly kind: 'dataset'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'product'; readonly domain: string; readonly name: string }
  /** A stream of data events, by the domain that emits it. */
  | { readonly kind: 'label'; readonly domain: string; readonly name: string };

/** What policy decided on one operation for one subject. An operation with many coordinates has several records. */
export interface Access extends Sealed {
  /** As the client got it in `x-request-id`; `null` where the record stands for several requests. */
  readonly requestId: string | null;
  /** The operation's name. */
  readonly operation: string | null;
  readonly purpose: string | null;
  /** The governance that decided. */
  readonly revision: string;
  readonly decisions: readonly AccessDecision[];
  /** Objects of the answer that did not exist for the subject; `null` where the gateway did not count any. */
  readonly rowsHidden: number | null;
  /** How many requests this record stands for. */
  readonly count: number;
  /** Which of the operation's records this is, from 0, and of how many. */
  readonly part: number;
  readonly parts: number;
}

/** What was decided alike, and for the same reason. */
export interface AccessDecision {
  readonly verdict: 'allow' | 'mask' | 'filter' | 'deny';
  /** The directive as it is written; `null` for what is allowed. */
  readonly rule: string | null;
  /** The coordinate at which that stands. */
  readonly ruleAt: string | null;
  /** Why it is denied; `null` for other verdicts. */
  readonly code: string | null;
  readonly reason: string | null;
  /** `Type.field`, `Type`, `Enum.VALUE`, sorted. */
  readonly coordinates: readonly string[];
}

/** Another policy was put in service, or was kept out of it for what it would have let pass. */
export interface PolicyChanged extends Sealed {
  /** Revisions of governance; `before` is `null` where the gateway had just started. */
  readonly before: string | null;
  readonly after: string;
  readonly isTaken: boolean;
  /** Whether whoever runs the gateway has acknowledged that policy gets weaker. */
  readonly isWeakeningAcknowledged: boolean;
  /** One line each: coordinate, and what stood there before and after. */
  readonly weakened: readonly string[];
  readonly tightened: readonly string[];
  /** How many changes did not fit. */
  readonly leftOut: number;
}

/** What a record bears that lies in a chain of audit. */
interface Sealed {
  /** Its place; set by whoever appends it to the log. */
  readonly audit?: AuditLink;
}

/** A record's place in one gateway's chain of audit, and its seal. */
export interface AuditLink {
  readonly chain: string;
  /** From 0, without a gap. */
  readonly position: number;
  /** Seal of the record before it in the chain; empty for the first. */
  readonly previous: string;
  /** HMAC-SHA-256 over everything else that the record says, in hex. */
  readonly hash: string;
}

/** Whether an event passes a filter. Adapters that filter in their store must agree with this. */
export function matchesFilter(event: MeshEvent, filter: EventFilter): boolean {
  return (
    isAmong(event.label, filter.labels) &&
    isAmong(event.type, filter.types) &&
    filter.exceptTypes?.includes(event.type) !== true &&
    isAmong(event.domain, filter.domains) &&
    isAmong(event.process, filter.processes) &&
    isAmong(event.source, filter.sources) &&
    isAmong(event.target, filter.targets) &&
    isAmong(event.executionId, filter.executionIds) &&
    isAmong(event.subject, filter.subjects) &&
    (filter.since === undefined || event.time >= filter.since) &&
    (filter.until === undefined || event.time < filter.until)
  );
}

function isAmong(value: string | null, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (value !== null && wanted.includes(value));
}
