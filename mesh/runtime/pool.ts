/**
 * The warm workers of one domain. An execution runs beside others in one worker, so when a worker ends or stalls with
 * several in it, nobody can tell whose doing it was. The rule: whatever was alone in its worker is the culprit; of
 * several, each that has changed nothing outside (it may be repeated) runs again in quarantine, alone in its worker,
 * where the culprit shows itself; the others have failed.
 */
import { WeftError } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import type { Outcome } from './execution.ts';
import { Lane, type Job } from './lane.ts';
import type { Manifest } from './message.ts';

export type { Job } from './lane.ts';

export interface Pool {
  /** What the domain declares. Throws `DOMAIN_INVALID` or what its code threw. */
  readonly manifest: Promise<Manifest>;
  /** Runs one execution to its end, whatever that is. Throws `EXECUTION_OVERLOADED` when the queue is full. */
  run(job: Job): Promise<Outcome>;
  /** Ends all workers; executions in them are cancelled. */
  close(): Promise<void>;
}

/** Starts the workers of the domain in a folder. */
export function openPool(folder: string): Pool {
  const quarantine = new Lane({
    folder,
    workersMax: limits.workersInQuarantineMax,
    executionsMax: 1,
    isWarm: false,
    suspect: (task) => task.fail('its worker ended'),
  });
  const main = new Lane({
    folder,
    workersMax: limits.workersPerDomain,
    executionsMax: limits.workerExecutionsMax,
    isWarm: true,
    suspect: (task) => quarantine.add(task),
  });
  return {
    manifest: main.start(),
    run(job) {
      if (main.waiting + quarantine.waiting < limits.executionsQueuedMax) return main.run(job);
      throw new WeftError('EXECUTION_OVERLOADED', {
        action: `Cannot run process "${job.order.process}"`,
        found: `${limits.executionsQueuedMax} executions waiting for a worker`,
        wanted: 'fewer at a time',
      });
    },
    close: async () => void (await Promise.all([main.close(), quarantine.close()])),
  };
}
