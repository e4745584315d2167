/** What the host's side of an agent knows of the execution that calls it, and where it notes what flowed. */
import type { DataFlow } from '../core/event.ts';
import type { Subject } from '../core/subject.ts';

export interface Scope {
  readonly execution: {
    readonly id: string;
    readonly domain: string;
    readonly process: string;
    readonly revision: string;
  };
  readonly subject: Subject;
  /** Aborts when the execution is over, however it ends. */
  readonly signal: AbortSignal;
  /** What it read, and what it wrote. */
  readonly inputs: FlowSet;
  readonly outputs: FlowSet;
  /** How many events it has emitted so far; agents count it up. */
  emitted: number;
  /** It may have changed something outside: running it again is no longer free of harm. */
  hasEffects: boolean;
}

/** Ends of flows, each once. */
export class FlowSet {
  readonly #flows = new Map<string, DataFlow>();

  add(flow: DataFlow): void {
    this.#flows.set(JSON.stringify(Object.values(flow)), flow);
  }

  get all(): readonly DataFlow[] {
    return [...this.#flows.values()];
  }
}
