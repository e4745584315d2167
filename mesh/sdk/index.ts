/** What a domain author imports, and all of it. */
export { defineDomain } from './domain.ts';
export type { DatasetDeclaration, Domain, DomainOptions } from './domain.ts';
export { csv, parquet } from './dataset.ts';
export { defineProcess } from './process.ts';
export type { Process, ProcessOptions } from './process.ts';
export { aggregator, logic } from './logic.ts';
export type { Aggregator, Logic, LogicSteps } from './logic.ts';
export { onEvent, schedule } from './trigger.ts';
export type { EventTrigger, ScheduleTrigger, Trigger } from './trigger.ts';
export type {
  AggregatorContext,
  Context,
  EmittedEvent,
  EventsAgent,
  LogAgent,
  MeshAgent,
  PlatformAgent,
  ResultAgent,
  SessionAgent,
  SqlAgent,
  SqlValue,
} from './agents.ts';
export type { EntitiesInput, EventInput, FieldInput, QueryInput, ScheduleInput } from './input.ts';
export type { Json, JsonObject } from '../core/json.ts';
export type { MockUser, Subject } from '../core/subject.ts';
