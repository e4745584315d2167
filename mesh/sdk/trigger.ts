/** What starts a process besides the schema's `@process`: a schedule, a data event. */
import { WeftError } from '../core/error.ts';
import { callSite } from './call-site.ts';

export interface ScheduleTrigger {
  readonly kind: 'schedule';
  readonly everyMs: number;
}

export interface EventTrigger {
  readonly kind: 'event';
  readonly label: string;
}

export type Trigger = ScheduleTrigger | EventTrigger;

/**
 * Starts the process at a steady pace; a tick that comes due while the one before still runs is left out. Throws
 * `PROCESS_INVALID` for a pace that is no whole number of milliseconds.
 */
export function schedule({ everyMs }: { readonly everyMs: number }): ScheduleTrigger {
  if (Number.isSafeInteger(everyMs) && everyMs > 0) return { kind: 'schedule', everyMs };
  throw new WeftError('PROCESS_INVALID', {
    action: 'Cannot schedule a process',
    found: `everyMs: ${everyMs}`,
    wanted: 'a whole number of milliseconds, at least 1',
    at: callSite(schedule),
  });
}

/** Starts the process for each data event of a label that its own domain emits while the mesh runs. */
export function onEvent(options: { readonly label: string }): EventTrigger {
  return { kind: 'event', label: options.label };
}
