/** From samples to what a reader sees: ratios, the table, the verdict on the bars, and RESULTS.md. */
import { cpus, release, totalmem, type } from 'node:os';
import type { Sample, Series } from './measure.ts';
import { baseline, nodeFlags, weft } from './targets.ts';
import type { Workload } from './workloads.ts';

/** All series of one workload. */
export interface Outcome {
  readonly workload: Workload;
  readonly series: readonly Series[];
}

/** One line of the table, its cells as text. */
export type Row = readonly string[];

const header: Row = [
  'workload',
  'target',
  'CPU ms/req',
  '× apollo',
  '(spread)',
  'req/s',
  'p50 ms',
  'p99 ms',
  'calls/req',
  'RSS MB',
  'core',
];

/** The lines of the table, head first; figures are medians over the rounds. */
export function rowsOf(outcomes: readonly Outcome[]): readonly Row[] {
  const rows = outcomes.flatMap((outcome) =>
    outcome.series.map(({ target, samples }): Row => {
      const middle = (figure: (sample: Sample) => number): number => median(samples.map(figure));
      const ratios = ratiosOf(outcome, target.name);
      return [
        outcome.workload.title,
        target.name,
        middle((sample) => sample.cpuMs).toFixed(3),
        median(ratios).toFixed(1),
        `${Math.min(...ratios).toFixed(1)}–${Math.max(...ratios).toFixed(1)}`,
        middle((sample) => sample.requestsPerSecond).toFixed(0),
        middle((sample) => sample.p50Ms).toFixed(1),
        middle((sample) => sample.p99Ms).toFixed(1),
        middle((sample) => sample.callsPerRequest).toFixed(2),
        (middle((sample) => sample.rssBytes) / 2 ** 20).toFixed(0),
        `${(middle((sample) => sample.busy) * 100).toFixed(0)} %`,
      ];
    }),
  );
  return [header, ...rows];
}

/** The table as aligned text: words to the left, figures to the right. */
export function formatTable(rows: readonly Row[]): string {
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row): string =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** What one workload's bar came to, or why the workload could not be measured. */
export interface Verdict {
  readonly met: boolean;
  readonly sentence: string;
}

/** Judges every bar whose workload was measured on Weft. */
export function judge(outcomes: readonly Outcome[]): readonly Verdict[] {
  return outcomes.flatMap((outcome) => {
    const { bar, title } = outcome.workload;
    const ratios = ratiosOf(outcome, weft.name);
    if (bar === undefined || ratios.length === 0) return [];
    const ratio = median(ratios);
    const met = ratio >= bar;
    const sentence = `${title}: ${ratio.toFixed(1)} × ${baseline.name}, the bar is ${bar}: ${met ? 'met' : 'MISSED'}.`;
    return [{ met, sentence }];
  });
}

/** What a run was made on and with. */
export interface Setting {
  readonly when: Date;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly pinned: boolean;
  readonly versions: Readonly<Record<string, string>>;
}

/** RESULTS.md. */
export function formatResults(outcomes: readonly Outcome[], verdicts: readonly Verdict[], setting: Setting): string {
  const [head = [], ...rows] = rowsOf(outcomes).map((row) => `| ${row.join(' | ')} |`);
  const versions = Object.entries({ node: process.versions.node, ...setting.versions });
  const placed = setting.pinned
    ? 'gateway on core 0, load and subgraphs on core 1'
    : 'NOT PINNED: gateway, load and subgraphs share all cores';
  return `# Gateway benchmark

Written by \`npm run bench:gateway\`; [how to read it](../README.md). CPU per request, as medians over interleaved
rounds of one run; × apollo is the median of the rounds' ratios.

${head}
|---|---|${'---:|'.repeat(header.length - 2)}
${rows.join('\n')}

${verdicts.map(({ sentence }) => `- ${sentence}\n`).join('')}
| setting | |
|---|---|
| date | ${setting.when.toISOString().slice(0, 10)} |
| machine | ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()} |
| placement | ${placed} |
| load | ${setting.connections} keep-alive connections, closed loop, ${setting.rounds} rounds of ${setting.seconds} s |
| flags of every Node gateway | \`${nodeFlags.join(' ')}\`, \`NODE_ENV=production\` |
| versions | ${versions.map(([name, version]) => `${name} ${version}`).join(', ')} |
`;
}

/** The baseline's CPU per request divided by the target's, round by round; empty when the target was not measured. */
function ratiosOf({ series }: Outcome, name: string): readonly number[] {
  const base = series.find(({ target }) => target === baseline)?.samples ?? [];
  const own = series.find(({ target }) => target.name === name)?.samples ?? [];
  return own.map((sample, round) => (base[round]?.cpuMs ?? Number.NaN) / sample.cpuMs);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
