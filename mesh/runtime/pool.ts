/**
 * The warm workers of one domain. An execution runs beside others and after others in its worker, so when a worker ends or
 * stalls nobody can tell whose doing it was. The rule: an execution that had its worker to itself from the start is the
 * culprit and has failed. Any other is a suspect: when it has changed nothing outside (it may be repeated) it runs again in
 * quarantine, alone in its worker, where the culprit shows itself; else it has failed, too.
 */
import { WeftError } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import type { Outcome } from './execution.ts';
import { Lane } from './lane.ts';
import type { Manifest } from './message.ts';
import type { Job } from './task.ts';

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
  const quarantine: Lane = new Lane({
    folder,
    workersMax: limits.workersInQuarantineMax,
    executionsMax: 1,
    isWarm: false,
    suspect: (tasks) => quarantine.addFirst(tasks),
  });
  const main = new Lane({
    folder,
    workersMax: limits.workersPerDomain,
    executionsMax: limits.workerExecutionsMax,
    isWarm: true,
    suspect: (tasks) => quarantine.addFirst(tasks),
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
