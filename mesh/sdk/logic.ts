/** One step of a process. */
import type { AggregatorContext, Context } from './agents.ts';
import type { JsonObject } from '../core/json.ts';

export interface LogicSteps<LogicContext> {
  /** Runs as long as no earlier logic threw. */
  run(context: LogicContext): void | Promise<void>;
  /** Runs instead, from the logic that threw on, with the error it threw. What it throws itself is recorded and changes nothing. */
  handleError?(context: LogicContext, error: Error): void | Promise<void>;
}

export interface Logic<LogicContext = Context> extends LogicSteps<LogicContext> {
  readonly kind: 'logic';
  readonly name: string;
}

/** The last step; it alone finalises the result. */
export interface Aggregator<LogicContext = AggregatorContext> extends LogicSteps<LogicContext> {
  readonly kind: 'aggregator';
  readonly name: string;
}

/** Names a step. A bare function is its `run`. */
export function logic<Input = JsonObject, Session = Record<string, unknown>>(
  name: string,
  steps: LogicSteps<Context<Input, Session>> | LogicSteps<Context<Input, Session>>['run'],
): Logic<Context<Input, Session>> {
  return { kind: 'logic', name, ...(typeof steps === 'function' ? { run: steps } : steps) };
}

/** Names the step that closes a process. */
export function aggregator<Input = JsonObject, Session = Record<string, unknown>>(
  name: string,
  steps: LogicSteps<AggregatorContext<Input, Session>> | LogicSteps<AggregatorContext<Input, Session>>['run'],
): Aggregator<AggregatorContext<Input, Session>> {
  return { kind: 'aggregator', name, ...(typeof steps === 'function' ? { run: steps } : steps) };
}
