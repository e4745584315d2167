/**
 * A process of its own: builds one planner for one supergraph and plans one operation with it, and prints what that took as
 * JSON. The shape comes on its standard input, since it is long.
 */
import { readFileSync } from 'node:fs';
import { parse, print } from 'graphql';
import { createPlanner } from '../../gateway/plan/planner.ts';
import type { Plan } from '../../gateway/plan/plan.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { askHive, loadHive, takePlan } from './hive.ts';
import { planAlone } from './weigh.ts';

export interface Timing {
  readonly buildMs: number;
  /** Memory of the process that came with building. */
  readonly buildBytes: number;
  /** The first plan of the process. */
  readonly firstMs: number;
  /** Median of those that follow. */
  readonly nextMs: number;
  /** The plan as text. */
  readonly planBytes: number;
}

const repeats = 40;

const [which = ''] = process.argv.slice(2);
const { supergraph, operation } = JSON.parse(readFileSync(0, 'utf8')) as { supergraph: string; operation: string };
const document = parse(operation, { noLocation: true });
const Hive = which === 'hive' ? await loadHive() : null;
console.log(JSON.stringify(measure()));

function measure(): Timing {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const built = timed(createPlan);
  globalThis.gc?.();
  const buildBytes = process.memoryUsage.rss() - before;
  const first = timed(built.value);
  const next = Array.from({ length: repeats }, () => timed(built.value).ms).toSorted((a, b) => a - b);
  return {
    buildMs: built.ms,
    buildBytes,
    firstMs: first.ms,
    nextMs: next[repeats / 2] ?? Number.NaN,
    planBytes: JSON.stringify(first.value).length,
  };
}

/** Builds the planner; gives what plans the operation. */
function createPlan(): () => Plan {
  if (Hive === null) {
    const planner = createPlanner(supergraph);
    return () => planAlone(planner, document);
  }
  const hive = new Hive(supergraph);
  return () => takePlan(askHive(hive, print(document)));
}

function timed<Value>(run: () => Value): { readonly ms: number; readonly value: Value } {
  const start = systemClock.monotonic();
  const value = run();
  return { ms: systemClock.monotonic() - start, value };
}
