/** Times planners, each run in a process of its own, in alternating order. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { print } from 'graphql';
import type { DocumentCost } from './document.ts';
import type { Shape } from './shapes.ts';
import type { Timing } from './time.ts';

export interface Timed {
  readonly shape: Shape;
  readonly apollo: Timing;
  readonly hive: Timing;
  readonly document: DocumentCost;
}

/** Medians over the rounds. */
export function timePlanners(shape: Shape, rounds: number): Timed {
  const input = JSON.stringify({ supergraph: shape.supergraph, operation: print(shape.document) });
  const apollo: Timing[] = [];
  const hive: Timing[] = [];
  const document: DocumentCost[] = [];
  for (let round = 0; round < rounds; round++) {
    apollo.push(runScript('time.ts', ['apollo'], input) as Timing);
    hive.push(runScript('time.ts', ['hive'], input) as Timing);
    document.push(runScript('document.ts', [], input) as DocumentCost);
  }
  return { shape, apollo: medians(apollo), hive: medians(hive), document: medians(document) };
}

function runScript(name: string, words: readonly string[], input: string): unknown {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', script, ...words], {
    input,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bench/planner/${name} ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function medians<Figures extends object>(runs: readonly Figures[]): Figures {
  const [first] = runs;
  if (first === undefined) throw new Error('Nothing was measured.');
  const middle = (key: string): number =>
    runs.map((run) => (run as Record<string, number>)[key] ?? Number.NaN).toSorted((a, b) => a - b)[
      Math.floor(runs.length / 2)
    ] ?? Number.NaN;
  return Object.fromEntries(Object.keys(first).map((key) => [key, middle(key)])) as Figures;
}
