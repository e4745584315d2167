/** What starts a process besides the schema's `@process`: a schedule, a data event. */

export interface ScheduleTrigger {
  readonly kind: 'schedule';
  readonly everyMs: number;
}

export interface EventTrigger {
  readonly kind: 'event';
  readonly label: string;
}

export type Trigger = ScheduleTrigger | EventTrigger;

/** Starts the process at a steady pace; a tick that comes due while the one before still runs is left out. */
export function schedule(options: { readonly everyMs: number }): ScheduleTrigger {
  return { kind: 'schedule', everyMs: options.everyMs };
}

/** Starts the process for each data event of a label that is appended while the mesh runs. */
export function onEvent(options: { readonly label: string }): EventTrigger {
  return { kind: 'event', label: options.label };
}
