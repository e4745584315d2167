/** A process: logics in order, closed by one aggregator. */
import { WeftError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import type { Aggregator, Logic } from './logic.ts';
import type { Trigger } from './trigger.ts';
import { callSite } from './call-site.ts';

export interface ProcessOptions {
  /** Unique within the domain; what `@process(name:)` names. */
  readonly name: string;
  readonly logics: readonly Logic<never>[];
  readonly aggregator: Aggregator<never>;
  /** Milliseconds for the whole execution; default `limits.executionTimeoutMs`. */
  readonly timeoutMs?: number;
  /** How often a failed execution that an event or a schedule started is run again; default 0. */
  readonly retry?: number;
  readonly triggers?: readonly Trigger[];
  /** Defaults of variables that this process alone reads; the mesh's configuration may set them otherwise. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** Run in the subgraph's own process instead of a worker: for trusted, tiny logic. */
  readonly inline?: boolean;
}

export interface Process extends ProcessOptions {
  readonly kind: 'process';
  /** Where it was defined, for error messages. */
  readonly at: { readonly file: string; readonly line: number };
}

/** Declares a process; no I/O. Throws `PROCESS_INVALID`, with file and line, when a logic is missing or named twice. */
export function defineProcess(options: ProcessOptions): Process {
  const at = callSite(defineProcess);
  const names = new Set<string>();
  const refuse = (found: string, wanted: string, fix: string): never => {
    throw new WeftError('PROCESS_INVALID', {
      action: `Cannot define process "${options.name}"`,
      found,
      wanted,
      fix,
      at,
    });
  };
  options.logics.forEach((step: Logic<never> | undefined, index) => {
    if (step?.kind !== 'logic') {
      refuse(
        `${step === undefined ? 'nothing' : typeof step} as logic ${index + 1} of ${options.logics.length}`,
        'what logic(name, run) gives',
        'Is it exported under that name by the file it is imported from, and defined above its use?',
      );
    } else if (names.has(step.name)) {
      refuse(`two logics named "${step.name}"`, 'names that differ', 'Rename one of them.');
    } else {
      names.add(step.name);
    }
  });
  if ((options.aggregator as Aggregator<never> | undefined)?.kind !== 'aggregator') {
    refuse(
      `${typeof options.aggregator} as its aggregator`,
      'what aggregator(name, run) gives',
      'Close the process with one aggregator.',
    );
  }
  return { kind: 'process', ...options, at };
}
