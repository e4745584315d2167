/** From samples to what a reader sees: the table, and the section of RESULTS.md. */
import { median, ratiosOf, remarks, type Outcome, type Verdict } from './judge.ts';
import type { Sample } from './measure.ts';
import { formatMachine } from './results.ts';
import { baseline, nodeFlags } from './targets.ts';

/** One line of the table, its cells as text. */
export type Row = readonly string[];

const header: Row = [
  'workload',
  'target',
  'CPU ms/req',
  'user',
  'system',
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
      const ratios = ratiosOf(outcome, { over: baseline.name, of: target.name });
      return [
        outcome.workload.title,
        target.name,
        middle((sample) => sample.cpuMs).toFixed(3),
        middle((sample) => sample.userMs).toFixed(3),
        middle((sample) => sample.systemMs).toFixed(3),
        ratios.length === 0 ? '–' : median(ratios).toFixed(1),
        ratios.length === 0 ? '–' : `${Math.min(...ratios).toFixed(1)}–${Math.max(...ratios).toFixed(1)}`,
        middle((sample) => sample.requestsPerSecond).toFixed(0),
        middle((sample) => sample.p50Ms).toFixed(2),
        middle((sample) => sample.p99Ms).toFixed(2),
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

/** What a run was made on and with. */
export interface Setting {
  readonly when: Date;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly pinned: boolean;
}

/** The section of RESULTS.md. */
export function formatResults(outcomes: readonly Outcome[], verdicts: readonly Verdict[], setting: Setting): string {
  const [head = [], ...rows] = rowsOf(outcomes).map((row) => `| ${row.join(' | ')} |`);
  const missed = verdicts.filter(({ met }) => !met).length;
  const placed = setting.pinned
    ? 'gateway on core 0, load and subgraphs on core 1'
    : 'NOT PINNED: gateway, load and subgraphs share all cores';
  return `Written by \`npm run bench:gateway\`. CPU per request, as medians over interleaved rounds of one run; × apollo is the
median of the rounds' ratios. weft+rules has rules of six kinds on the operation: in wide (rules) its caller passes them all, in wide (parts)
she sees hashes and not all rows. Of ${verdicts.length} bars ${missed === 0 ? 'none was missed' : `${missed} were MISSED`}.

${head}
|---|---|${'---:|'.repeat(header.length - 2)}
${rows.join('\n')}

${[...verdicts.map((one) => one.sentence), ...remarks(outcomes)].map((sentence) => `- ${sentence}\n`).join('')}
| setting | |
|---|---|
${formatMachine(setting.when)}
| placement | ${placed} |
| load | ${setting.connections} keep-alive connections, closed loop, ${setting.rounds} rounds of ${setting.seconds} s |
| flags of every Node gateway | \`${nodeFlags.join(' ')}\`, \`NODE_ENV=production\` |
`;
}
