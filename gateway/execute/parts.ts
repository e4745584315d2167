/**
 * Runs an operation's parts side by side: a deferred part is sent as soon as the fetches it depends on have answered,
 * whether or not the part before it is complete. All write into one result, each keeps its own errors.
 */
import type { ResultObject } from './collect.ts';
import type { CompiledGroup } from './compile.ts';
import type { Deferral } from './deferral.ts';
import { type ExecutionContext, type Result, createResult, runGroups } from './run.ts';

/** A part under way. */
export interface PartRun {
  readonly result: Result;
  /** Never rejects. */
  readonly done: Promise<void>;
  isDone: boolean;
  /** What broke in the gateway itself, if something did. */
  broken: { readonly error: unknown } | null;
}

export interface RunningParts {
  /** What is answered first. */
  readonly primary: PartRun;
  readonly deferred: ReadonlyMap<string, PartRun>;
}

export interface PartsOptions {
  /** What is answered first. */
  readonly groups: readonly CompiledGroup[];
  readonly deferral: Deferral;
  /** What is known before anything is fetched. */
  readonly data: ResultObject;
}

export function startParts({ groups, deferral, data }: PartsOptions, context: ExecutionContext): RunningParts {
  const parts = Array.from(deferral.parts, ([label, { groups: own, depends }]) => {
    return { label, groups: own, needs: new Set(depends), ...createRun(data) };
  });
  const waiting = new Set(parts);
  const start = (own: readonly CompiledGroup[], { run, finish }: StartableRun): void => {
    const onDone = ({ ids }: CompiledGroup): void => {
      for (const part of waiting) for (const id of ids) part.needs.delete(id);
      startReady();
    };
    void runGroups(own, run.result, { ...context, onDone })
      .catch((error: unknown) => void (run.broken = { error }))
      .then(finish);
  };
  const startReady = (): void => {
    for (const part of waiting) {
      if (part.needs.size > 0) continue;
      waiting.delete(part);
      start(part.groups, part);
    }
  };

  const primary = createRun(data);
  start(groups, primary);
  startReady();
  return { primary: primary.run, deferred: new Map(parts.map(({ label, run }) => [label, run])) };
}

interface StartableRun {
  readonly run: PartRun;
  readonly finish: () => void;
}

function createRun(data: ResultObject): StartableRun {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run: PartRun = { result: createResult(data), done: promise, isDone: false, broken: null };
  const finish = (): void => {
    run.isDone = true;
    resolve();
  };
  return { run, finish };
}
