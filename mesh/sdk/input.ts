/** What an execution is given, by what started it. Its shape follows from where `@process` stands in the schema. */
import type { StoredEvent } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';

/** `@process` on a field of `Query` or `Mutation`. The result is the field's value. */
export interface QueryInput<Args = JsonObject> {
  readonly args: Args;
}

/** `@process` on an object: its entity lookup. The result is a list aligned with `references`, `null` where there is no such entity. */
export interface EntitiesInput<Reference = JsonObject> {
  /** The representations asked for, without duplicates, in one batch. */
  readonly references: readonly Reference[];
}

/** `@process` on a field of any other object. The result is a list aligned with `parents`. */
export interface FieldInput<Parent = JsonObject, Args = JsonObject> {
  /** The objects whose field is asked for with the same arguments, in one batch. */
  readonly parents: readonly Parent[];
  readonly args: Args;
}

/** `onEvent`. The result is recorded and otherwise unused. */
export interface EventInput {
  readonly event: StoredEvent;
}

/** `schedule`. The result is recorded and otherwise unused. */
export interface ScheduleInput {
  /** Milliseconds since the epoch: the time this tick was due; ticks are `everyMs` apart and none overlaps another. */
  readonly dueAt: number;
  /** `dueAt` of the tick before; for the first, `dueAt - everyMs`. */
  readonly previousDueAt: number;
}
