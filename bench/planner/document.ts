/**
 * A process of its own: what a document costs the gateway when it comes for the first time, step by step, and what is left
 * when part of it is spared. Prints JSON; the shape comes on standard input.
 */
import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { compileOperation } from '../../gateway/execute/operation.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { planAlone } from './weigh.ts';

export interface DocumentCost {
  /** The first document of a process, before anything of this is warm; whole. */
  readonly coldMs: number;
  /** Medians of later ones. */
  readonly parseMs: number;
  readonly validateMs: number;
  readonly planMs: number;
  /** What is made of the plan: groups, representations, writer. */
  readonly compileMs: number;
  /** A plan passed on by structured clone, as between threads. */
  readonly passMs: number;
}

const repeats = 30;
const { supergraph: sdl, operation: text } = JSON.parse(readFileSync(0, 'utf8')) as Record<
  'supergraph' | 'operation',
  string
>;
const supergraph = readSupergraph(sdl);
const cold = timed(runWhole).ms;
const runs = Array.from({ length: repeats }, runWhole);
const middle = (figure: (run: ReturnType<typeof runWhole>) => number): number =>
  runs.map(figure).toSorted((a, b) => a - b)[repeats / 2] ?? Number.NaN;
const cost: DocumentCost = {
  coldMs: cold,
  parseMs: middle((run) => run.parseMs),
  validateMs: middle((run) => run.validateMs),
  planMs: middle((run) => run.planMs),
  compileMs: middle((run) => run.compileMs),
  passMs: middle((run) => run.passMs),
};
console.log(JSON.stringify(cost));

function runWhole() {
  const parsed = timed(() => parse(text));
  const validated = timed(() => validate(supergraph.planner.apiSchema, parsed.value));
  const [operation] = parsed.value.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('The shape has no operation.');
  const planned = timed(() => planAlone(supergraph.planner, parsed.value));
  const whole = timed(() => compileOperation(operation, supergraph, { verdicts: new Map() }));
  const passed = timed(() => structuredClone(planned.value));
  return {
    parseMs: parsed.ms,
    validateMs: validated.ms,
    planMs: planned.ms,
    compileMs: Math.max(0, whole.ms - planned.ms),
    passMs: passed.ms,
  };
}

function timed<Value>(run: () => Value): { readonly ms: number; readonly value: Value } {
  const start = systemClock.monotonic();
  const value = run();
  return { ms: systemClock.monotonic() - start, value };
}
