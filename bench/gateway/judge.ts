/** Ratios between targets, and whether Weft's figures reach the bars. */
import type { Series } from './measure.ts';
import { weft, weftWithRules } from './targets.ts';
import type { Workload } from './workloads.ts';

/** All series of one workload. */
export interface Outcome {
  readonly workload: Workload;
  readonly series: readonly Series[];
}

/** What one bar came to, or why a workload could not be measured. */
export interface Verdict {
  readonly met: boolean;
  readonly sentence: string;
}

/** How far the slowest hundredth of the answers may be from the middle one, under the load that the bars are for. */
const p99OverP50Max = 4;

/** What the bars under load are for. */
export const barConnections = 50;

/**
 * Judges every bar whose workload was measured on Weft; those on ratios also need the other target. Nothing is judged
 * of a workload that ran under another load than the bars are for.
 */
export function judge(outcomes: readonly Outcome[], connections: number): readonly Verdict[] {
  return outcomes
    .filter(({ workload }) => workload.connections !== undefined || connections === barConnections)
    .flatMap((outcome) => [...judgeRatios(outcome), ...judgeLatency(outcome), ...judgeRules(outcome)]);
}

function judgeRatios(outcome: Outcome): readonly Verdict[] {
  return Object.entries(outcome.workload.bars).flatMap(([over, bar]) => {
    const ratios = ratiosOf(outcome, { over, of: weft.name });
    if (ratios.length === 0) return [];
    const ratio = median(ratios);
    return [verdict(ratio >= bar, `${outcome.workload.title}: ${ratio.toFixed(1)} × ${over}, the bar is ${bar}`)];
  });
}

/** Over one connection the middle has its bar, under load the slowest hundredth: as medians of the rounds. */
function judgeLatency({ workload, series }: Outcome): readonly Verdict[] {
  const samples = series.find(({ target }) => target === weft)?.samples ?? [];
  if (samples.length === 0) return [];
  if (workload.p50MsMax !== undefined) {
    const p50Ms = median(samples.map((sample) => sample.p50Ms));
    const said = `${workload.title}: p50 ${p50Ms.toFixed(2)} ms, the bar is at most ${workload.p50MsMax} ms`;
    return [verdict(p50Ms <= workload.p50MsMax, said)];
  }
  const spread = median(samples.map(({ p50Ms, p99Ms }) => p99Ms / p50Ms));
  const said = `${workload.title}: p99 is ${spread.toFixed(1)} × p50, the bar is at most ${p99OverP50Max}`;
  return [verdict(spread <= p99OverP50Max, said)];
}

/** What rules on the operation may add to the CPU per request that it takes without. */
function judgeRules(outcome: Outcome): readonly Verdict[] {
  const max = outcome.workload.rules?.costMax ?? null;
  const ratios = ratiosOf(outcome, { over: weftWithRules.name, of: weft.name });
  if (max === null || ratios.length === 0) return [];
  const cost = median(ratios) - 1;
  const said = `${costOf(outcome.workload, cost)}, the bar is at most ${percent(max)}`;
  return [verdict(cost <= max, said)];
}

/** What there is no bar for, in a sentence each. */
export function remarks(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap((outcome) => {
    const { workload } = outcome;
    const ratios = ratiosOf(outcome, { over: weftWithRules.name, of: weft.name });
    if (workload.rules?.costMax !== null || ratios.length === 0) return [];
    return [`${costOf(workload, median(ratios) - 1)} (no bar).`];
  });
}

function costOf({ title }: Workload, cost: number): string {
  return `${title}: the rules cost ${percent(cost)} CPU per request`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function verdict(met: boolean, said: string): Verdict {
  return { met, sentence: `${said}: ${met ? 'met' : 'MISSED'}.` };
}

/** One target's CPU per request divided by another's, round by round; empty when one was not measured. */
export function ratiosOf(
  { series }: Outcome,
  { over, of }: { readonly over: string; readonly of: string },
): readonly number[] {
  const base = series.find(({ target }) => target.name === over)?.samples ?? [];
  const own = series.find(({ target }) => target.name === of)?.samples ?? [];
  return base.length === 0 ? [] : own.map((sample, round) => (base[round]?.cpuMs ?? Number.NaN) / sample.cpuMs);
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
