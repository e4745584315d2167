/** What starts processes by itself: schedules and data events. One loop each, so that none overlaps itself. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/error.ts';
import type { EventTrigger, ScheduleTrigger } from '../sdk/index.ts';
import type { JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { EventLog } from '../events/log.ts';
import { domainSubject } from '../core/subject.ts';
import type { Ended, Start } from './executions.ts';
import type { Manifest, ProcessManifest } from './message.ts';

export interface TriggersOptions {
  readonly manifest: Manifest;
  readonly log: EventLog;
  readonly clock: Clock;
  run(start: Start, signal: AbortSignal): Promise<Ended>;
  /** Takes a line for whoever runs the mesh. */
  writeLine(line: string): void;
}

/** Runs a domain's triggers until the signal aborts; resolves when the last of their executions is over. Never throws. */
export async function runTriggers(options: TriggersOptions, signal: AbortSignal): Promise<void> {
  const loops = options.manifest.processes.flatMap((process) =>
    process.triggers.map((trigger) =>
      trigger.kind === 'schedule'
        ? tick({ options, process, trigger }, signal)
        : follow({ options, process, trigger }, signal),
    ),
  );
  await Promise.all(loops);
}

interface Loop<Trigger> {
  readonly options: TriggersOptions;
  readonly process: ProcessManifest;
  readonly trigger: Trigger;
}

/** Ticks are due at multiples of the pace; what came due while the one before ran is left out. */
async function tick(
  { options, process, trigger: { everyMs } }: Loop<ScheduleTrigger>,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = options;
  let previousDueAt: number | null = null;
  while (!signal.aborted) {
    const dueAt = (Math.floor(clock.now() / everyMs) + 1) * everyMs;
    await waitUntil(dueAt, clock, signal);
    if (signal.aborted) return;
    const input = { dueAt, previousDueAt: previousDueAt ?? dueAt - everyMs };
    await runWithRetries({ options, process, trigger: 'schedule', from: `every ${everyMs} ms`, input }, signal);
    previousDueAt = dueAt;
  }
}

/** Each event in the order of the log, from its end on. A log that is down is followed again from where it was left. */
async function follow(
  { options, process, trigger: { label } }: Loop<EventTrigger>,
  signal: AbortSignal,
): Promise<void> {
  const filter = { labels: [label], domains: [options.manifest.name] };
  let last: number | null = null;
  while (!signal.aborted) {
    try {
      last ??= await options.log.end();
      for await (const event of options.log.follow({ after: last, filter }, signal)) {
        const input = { event: { ...event } };
        await runWithRetries({ options, process, trigger: 'event', from: label, input }, signal);
        last = event.offset;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      options.writeLine(`${options.manifest.name}/${process.name} follows "${label}" again: ${messageOf(thrown)}`);
    }
    await pause(limits.recordsRetryMs, signal);
  }
}

interface Triggered {
  readonly options: TriggersOptions;
  readonly process: ProcessManifest;
  readonly trigger: 'schedule' | 'event';
  readonly from: string;
  readonly input: JsonObject;
}

async function runWithRetries(
  { options, process, trigger, from, input }: Triggered,
  signal: AbortSignal,
): Promise<void> {
  const subject = domainSubject(options.manifest.name);
  for (let run = 0; run <= process.retry && !signal.aborted; run++) {
    try {
      const { status } = await options.run({ process, trigger, from, input, subject, answers: [] }, signal);
      if (status !== 'FAILED' && status !== 'TIMED_OUT') return;
    } catch (thrown) {
      options.writeLine(`${options.manifest.name}/${process.name} was not started: ${messageOf(thrown)}`);
    }
  }
}

/** Timers may fire early by the clock's measure and cannot be set further than 2^31 ms. */
async function waitUntil(dueAt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let rest = dueAt - clock.now(); rest > 0 && !signal.aborted; rest = dueAt - clock.now()) {
    await pause(Math.min(rest, 0x7fffffff), signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
