/**
 * Access records: which subject read, or was denied, what. They are gathered beside the hot path, equal ones counted
 * together, and appended to the log a few times a second.
 */
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import type { Access, MeshEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import type { Denied } from './pruning.ts';

/** What of an operation is recorded. The same object stands for the same operation. */
export interface RecordedOperation {
  readonly name: string | null;
  readonly coordinates: readonly string[];
  readonly denied: readonly Denied[];
}

export interface AccessRecorder {
  /** Notes one answered operation; no I/O. */
  record(operation: RecordedOperation, subject: Subject): void;
  /** Appends what is gathered and stops. */
  close(): Promise<void>;
}

interface Gathered {
  readonly operation: RecordedOperation;
  readonly subject: Subject;
  count: number;
}

/**
 * Records to a log. When the log falls so far behind that `limits.accessRecordsMax` different records wait, further
 * reads are left out until it catches up; denials never are.
 */
export function createAccessRecorder(
  log: EventLog,
  options: { readonly clock?: Clock; readonly onFailure?: (error: unknown) => void } = {},
): AccessRecorder {
  const clock = options.clock ?? systemClock;
  let gathered = new Map<RecordedOperation, Map<string, Gathered>>();
  let size = 0;
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    const records = [...gathered.values()].flatMap((bySubject) => [...bySubject.values()]);
    gathered = new Map();
    size = 0;
    timer = null;
    const events = records.flatMap((record) => accessEvents(record, clock));
    if (events.length === 0) return flushing;
    flushing = flushing.then(() => log.append(events).then(() => undefined, options.onFailure ?? (() => undefined)));
    return flushing;
  };

  return {
    record(operation, subject) {
      const key = JSON.stringify([subject.id, subject.purpose]);
      const bySubject = gathered.get(operation);
      const known = bySubject?.get(key);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      if (size >= limits.accessRecordsMax && operation.denied.length === 0) return;
      size += 1;
      if (bySubject === undefined) gathered.set(operation, new Map([[key, { operation, subject, count: 1 }]]));
      else bySubject.set(key, { operation, subject, count: 1 });
      timer ??= setTimeout(() => void flush(), limits.accessFlushMs).unref();
    },
    async close() {
      if (timer !== null) clearTimeout(timer);
      await flush();
    },
  };
}

/** One record for what was read, one for each rule that denied. */
function accessEvents({ operation, subject, count }: Gathered, clock: Clock): readonly MeshEvent[] {
  const { purpose } = subject;
  const access = (coordinates: readonly string[], rule: string | null): Access => {
    return {
      operation: operation.name && bounded(operation.name),
      coordinates: firstOf(coordinates),
      purpose: purpose && bounded(purpose),
      rule: rule && bounded(rule),
      count,
    };
  };
  const denials = Map.groupBy(operation.denied, (denied) => denied.rule.text);
  return [
    ...(operation.coordinates.length > 0
      ? [accessEvent('weft.access.read', access(operation.coordinates, null), { subject, clock })]
      : []),
    ...[...denials].map(([rule, denied]) => {
      const coordinates = denied.map((one) => one.coordinate);
      return accessEvent('weft.access.denied', access(coordinates, rule), { subject, clock });
    }),
  ];
}

/** What a stranger chose must not make the log refuse a record: cut to what an event may hold, and whole characters. */
function bounded(text: string): string {
  return text.slice(0, limits.eventTextLengthMax - 'subject:'.length).toWellFormed();
}

/** As many coordinates as fit well into an event's payload. */
function firstOf(coordinates: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = coordinates.findIndex((coordinate) => (bytes += coordinate.length + 3) > limits.eventPayloadBytesMax / 2);
  return end === -1 ? coordinates : coordinates.slice(0, end);
}

function accessEvent(
  type: 'weft.access.read' | 'weft.access.denied',
  access: Access,
  { subject, clock }: { readonly subject: Subject; readonly clock: Clock },
): MeshEvent {
  return {
    id: createId(clock),
    time: new Date(clock.now()).toISOString(),
    type,
    label: type,
    source: `subject:${bounded(subject.id ?? 'anonymous')}`,
    target: '',
    domain: 'gateway',
    product: null,
    process: null,
    revision: null,
    logic: null,
    executionId: null,
    sequence: null,
    subject: subject.id && bounded(subject.id),
    classification: [],
    traceparent: null,
    payload: { ...access } satisfies JsonObject,
  };
}
