/** A log with an audit, in a folder of its own: records go into it, somebody works on its file, and it is verified. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { type AccessRecorder, type RecordedRequest, createAccessRecorder } from '../../gateway/policy/access.ts';
import type { RecordedOperation } from '../../gateway/policy/decided.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import type { MeshEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { openChain } from '../../mesh/events/chain.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openLog } from '../../mesh/events/open.ts';
import { type Verification, verifyAudit } from '../../mesh/events/verify.ts';

export const auditSecret = 'a secret of this test';

export interface AuditGround {
  readonly folder: string;
  readonly log: EventLog;
  /** The file behind the log, for whoever means harm. */
  readonly database: DatabaseSync;
  /** A gateway's recorder; it lets go of its chain when it is closed. */
  gateway(): Promise<AccessRecorder & { readonly chain: string }>;
  verify(secret?: string): Promise<Verification>;
}

/** Opens one; it is gone after the test. */
export async function openAudit(context: Pick<TestContext, 'after'>): Promise<AuditGround> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-audit-'));
  const log = await openLog(join(folder, 'log.db'));
  const database = new DatabaseSync(join(folder, 'log.db'), { timeout: 5_000 });
  context.after(async () => {
    database.close();
    await log.close();
    await rm(folder, { recursive: true });
  });
  const heads = join(folder, 'audit');
  return {
    folder,
    log,
    database,
    async gateway() {
      const chain = await openChain({ log, folder: heads, secret: auditSecret });
      const recorder = createAccessRecorder(chain);
      return {
        chain: chain.id,
        record: (request) => recorder.record(request),
        room: (signal) => recorder.room(signal),
        recordChange: (change) => recorder.recordChange(change),
        async close() {
          await recorder.close();
          await chain.close();
        },
      };
    },
    verify: (secret = auditSecret) => verifyAudit({ log, folder: heads, secret }),
  };
}

const rule = { kind: 'authenticated', coordinate: 'A.b', text: '@authenticated' } as const;

/** A request that was denied `A.b`. */
export function denial(requestId: string, more: Partial<RecordedRequest> = {}): RecordedRequest {
  const decided = [{ verdict: 'deny', coordinate: 'A.b', rule, code: 'ANONYMOUS', reason: 'the request is anonymous' }];
  const operation = { name: 'Ask', coordinates: ['Query.a'], decided } as RecordedOperation;
  return { operation, subject: anonymous, revision: 'r1', requestId, rowsHidden: null, ...more };
}

/** An event of a domain, that has nothing to do with the audit. */
export function dataEvent(label: string): MeshEvent {
  const nothing = { product: null, process: null, revision: null, logic: null, executionId: null, sequence: null };
  return {
    id: createId(),
    time: new Date(systemClock.now()).toISOString(),
    type: label,
    label,
    source: 'flight:17',
    target: '',
    domain: 'flights',
    ...nothing,
    subject: null,
    classification: [],
    traceparent: null,
    payload: { delay: 12 },
  };
}
