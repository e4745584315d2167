/** The `events` agent: what a process emits becomes data events of its domain in the log. */
import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { WeftError } from '../core/error.ts';
import type { MeshEvent } from '../core/event.ts';
import { createId } from '../core/id.ts';
import { isJsonObject } from '../core/json.ts';
import type { EventLog } from '../events/log.ts';
import type { EmittedEvent } from '../sdk/index.ts';
import type { Scope } from './scope.ts';

export interface EventsOptions {
  readonly log: EventLog;
  readonly clock: Clock;
}

/** Resolves when all are on disk. Throws `EVENT_INVALID`, and what the log throws. */
export function createEvents({ log, clock }: EventsOptions) {
  return {
    async emit(scope: Scope, logic: string, emitted: EmittedEvent | readonly EmittedEvent[]): Promise<void> {
      const events = (Array.isArray(emitted) ? emitted : [emitted]).map((event: EmittedEvent, index) =>
        toMeshEvent(event, { scope, logic, clock, sequence: scope.emitted + index }),
      );
      scope.emitted += events.length;
      scope.hasEffects = true;
      await log.append(events);
      for (const { domain, label } of events) scope.outputs.add({ kind: 'label', domain, name: label });
    },
  };
}

interface Origin {
  readonly scope: Scope;
  readonly logic: string;
  readonly clock: Clock;
  readonly sequence: number;
}

function toMeshEvent(event: EmittedEvent, { scope, logic, clock, sequence }: Origin): MeshEvent {
  const { id: executionId, domain, process, revision } = scope.execution;
  const { label, payload, source = `${domain}/${process}`, target = '', type = label, key } = event;
  assertEmittable(event, type);
  return {
    id: key === undefined ? createId(clock) : idOfKey(domain, key),
    time: new Date(clock.now()).toISOString(),
    type,
    label,
    source,
    target,
    domain,
    product: null,
    process,
    revision,
    logic,
    executionId,
    sequence,
    subject: scope.subject.id,
    classification: [],
    traceparent: null,
    payload,
  };
}

function assertEmittable({ label, payload }: EmittedEvent, type: string): void {
  const refuse = (found: string, wanted: string): never => {
    throw new WeftError('EVENT_INVALID', { action: `Cannot emit "${label}"`, found, wanted });
  };
  if (typeof label !== 'string' || label === '') refuse('no label', 'a label');
  if (!isJsonObject(payload)) refuse('a payload that is no object', 'an object');
  if (type.startsWith('weft.')) refuse(`type "${type}"`, "a type that does not begin with weft., as the platform's do");
  if (label.startsWith('weft.')) refuse('that label', "one that does not begin with weft., as the platform's do");
}

/** The same id for the same key of a domain: a UUIDv8 (RFC 9562, section 5.8) of their hash. */
function idOfKey(domain: string, key: string): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([domain, key]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
