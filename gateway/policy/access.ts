/**
 * Access records: what policy decided for whom. They are gathered beside the hot path and appended to the log a few times a
 * second. Requests on which policy did nothing but allow are counted together; each other one has records of its own, and
 * none of these is ever left out: where the log falls behind, such requests wait before they are answered.
 */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { type Access, type MeshEvent, type PolicyChanged, gatewayDomain } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { AuditTrail } from '../../mesh/events/chain.ts';
import { type RecordedOperation, bounded, decisionParts } from './decided.ts';

/** One answered request. */
export interface RecordedRequest {
  readonly operation: RecordedOperation;
  readonly subject: Subject;
  /** The governance that decided. */
  readonly revision: string;
  /** `null`: it has none that its client knows. */
  readonly requestId: string | null;
  /** Objects that did not exist for the subject. Default `null`: not counted. */
  readonly rowsHidden?: number | null;
}

export interface AccessRecorder {
  /** Notes one answered operation; no I/O. */
  record(request: RecordedRequest): void;
  /**
   * `null` while there is room for what policy decides on more requests. Else to be waited for before one is answered on
   * which it does more than allow: resolves once there is room, rejects with the signal's reason.
   */
  room(signal: CancelSignal): Promise<void> | null;
  /** Notes that another policy was put in service, or kept out of it. */
  recordChange(change: Omit<PolicyChanged, 'audit'>): void;
  /** Appends what is gathered and stops. What the log does not take then is lost, and `onFailure` is told. */
  close(): Promise<void>;
}

export interface AccessRecorderOptions {
  /** Default the system's. */
  readonly clock?: Clock;
  /** Told each time that the log did not take records; they are tried again. */
  readonly onFailure?: (error: unknown) => void;
}

/** Records to a log, or to a chain of audit on one. */
export function createAccessRecorder(trail: AuditTrail, options: AccessRecorderOptions = {}): AccessRecorder {
  return new Recorder(trail, options);
}

interface Gathered extends RecordedRequest {
  count: number;
}

class Recorder implements AccessRecorder {
  readonly #trail: AuditTrail;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  /** Requests on which policy did nothing but allow. */
  #reads = new Map<RecordedOperation, Map<string, Gathered>>();
  #readsSize = 0;
  /** What each other request comes to, until it is stored. */
  #decided: MeshEvent[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #parts = new WeakMap<RecordedOperation, ReturnType<typeof decisionParts>>();
  #timer: NodeJS.Timeout | null = null;
  /** When that goes off, on the monotonic clock. */
  #due = Infinity;
  #flushing: Promise<void> | null = null;
  #isClosing = false;

  constructor(trail: AuditTrail, { clock = systemClock, onFailure = () => {} }: AccessRecorderOptions) {
    this.#trail = trail;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  record(request: RecordedRequest): void {
    if (request.operation.decided.length > 0) {
      this.#decided.push(...this.#eventsOf({ ...request, count: 1 }));
      this.#schedule(limits.accessDecisionsFlushMs);
    } else if (request.operation.coordinates.length > 0) {
      this.#gather(request);
    }
  }

  room(signal: CancelSignal): Promise<void> | null {
    if (this.#decided.length < limits.accessDecisionsMax) return null;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(settle);
        signal.removeEventListener('abort', settle);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      if (signal.aborted) return settle();
      this.#waiting.add(settle);
      signal.addEventListener('abort', settle);
    });
  }

  recordChange(change: Omit<PolicyChanged, 'audit'>): void {
    const fit = (lines: readonly string[]): readonly string[] => lines.slice(0, limits.policyChangesMax).map(shortened);
    const [weakened, tightened] = [fit(change.weakened), fit(change.tightened)];
    const leftOut =
      change.leftOut + change.weakened.length - weakened.length + change.tightened.length - tightened.length;
    const payload = { ...change, weakened, tightened, leftOut };
    this.#decided.push(this.#eventOf('weft.policy.changed', { source: 'gateway', target: '', subject: null, payload }));
    this.#schedule(limits.accessDecisionsFlushMs);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#flushing;
    await this.#flush();
  }

  #gather(request: RecordedRequest): void {
    const { operation, subject } = request;
    const key = JSON.stringify([subject.id, subject.purpose]);
    const bySubject = this.#reads.get(operation);
    const known = bySubject?.get(key);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    if (this.#readsSize >= limits.accessRecordsMax) return;
    this.#readsSize += 1;
    const gathered = { ...request, requestId: null, rowsHidden: null, count: 1 };
    if (bySubject === undefined) this.#reads.set(operation, new Map([[key, gathered]]));
    else bySubject.set(key, gathered);
    this.#schedule(limits.accessFlushMs);
  }

  #schedule(inMs: number): void {
    if (this.#flushing !== null || this.#isClosing) return;
    const due = this.#clock.monotonic() + inMs;
    if (due >= this.#due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#start(), inMs).unref();
  }

  #start(): void {
    this.#timer = null;
    this.#due = Infinity;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = null;
      if (this.#decided.length > 0) this.#schedule(limits.accessDecisionsFlushMs);
      else if (this.#readsSize > 0) this.#schedule(limits.accessFlushMs);
    });
  }

  /** Stores all that there is now. What is stored leaves the queue; what is not stays at its front, as it was. */
  async #flush(): Promise<void> {
    const reads = [...this.#reads.values()].flatMap((bySubject) => [...bySubject.values()]);
    this.#reads = new Map();
    this.#readsSize = 0;
    this.#decided.push(...reads.flatMap((one) => this.#eventsOf(one)));
    let most: number = limits.logBatchMax;
    while (this.#decided.length > 0) {
      const batch = this.#decided.slice(0, most);
      const outcome = await this.#append(batch);
      if (outcome === 'refused' && batch.length > 1) {
        // A record that the log never takes must not keep the others out.
        most = 1;
      } else if (outcome === 'failed') {
        if (this.#isClosing) return;
        await new Promise((resolve) => setTimeout(resolve, limits.accessRetryMs).unref());
      } else {
        this.#decided.splice(0, batch.length);
        this.#tellWaiting();
      }
    }
  }

  /** After a failure the same records are given once more: a chain of audit then goes on with the same. */
  async #append(batch: readonly MeshEvent[]): Promise<'stored' | 'refused' | 'failed'> {
    try {
      await this.#trail.append(batch);
      return 'stored';
    } catch (error) {
      this.#onFailure(error);
      return isWeftError(error, 'EVENT_INVALID') || isWeftError(error, 'EVENT_TOO_LARGE') ? 'refused' : 'failed';
    }
  }

  #tellWaiting(): void {
    let room = limits.accessDecisionsMax - this.#decided.length;
    for (const tell of this.#waiting) {
      if (room-- <= 0) return;
      tell();
    }
  }

  #eventsOf(request: Gathered): readonly MeshEvent[] {
    const { operation, subject, revision, requestId, rowsHidden = null, count } = request;
    let parts = this.#parts.get(operation);
    if (parts === undefined) this.#parts.set(operation, (parts = decisionParts(operation)));
    const verdicts = new Set(operation.decided.map(({ verdict }) => verdict));
    const kind = verdicts.has('deny') ? 'denied' : verdicts.size > 0 ? 'limited' : 'read';
    return parts.map((decisions, part) => {
      const payload: Access = {
        requestId,
        operation: operation.name && bounded(operation.name),
        purpose: subject.purpose && bounded(subject.purpose),
        revision,
        decisions,
        rowsHidden,
        count,
        part,
        parts: parts.length,
      };
      return this.#eventOf(`weft.access.${kind}`, {
        source: `subject:${bounded(subject.id ?? 'anonymous')}`,
        target: requestId === null ? '' : `request:${requestId}`,
        subject: subject.id && bounded(subject.id),
        payload,
      });
    });
  }

  #eventOf(type: string, { payload, ...said }: Pick<MeshEvent, 'source' | 'target' | 'subject'> & Payload): MeshEvent {
    return {
      id: createId(this.#clock),
      time: new Date(this.#clock.now()).toISOString(),
      type,
      label: type,
      ...said,
      domain: gatewayDomain,
      product: null,
      process: null,
      revision: null,
      logic: null,
      executionId: null,
      sequence: null,
      classification: [],
      traceparent: null,
      payload: { ...payload } as JsonObject,
    };
  }
}

interface Payload {
  readonly payload: Access | Omit<PolicyChanged, 'audit'>;
}

/** Lines of changes in one record: together they fit into its payload. */
function shortened(line: string): string {
  const most = Math.floor(limits.eventPayloadBytesMax / (limits.policyChangesMax * 2 * 4));
  return line.length <= most ? line : `${line.slice(0, most).toWellFormed()}…`;
}
