/** RESULTS.md. */
import { cpus, release, totalmem, type } from 'node:os';
import type { Timed } from './clock.ts';
import type { Comparison, Summary } from './compare.ts';
import type { Trial } from './trial.ts';
import type { Weight } from './weigh.ts';

export interface Results {
  readonly trials: { readonly apollo: Trial; readonly hive: Trial };
  readonly hiveDefers: boolean;
  readonly comparisons: readonly Comparison[];
  readonly summaries: readonly Summary[];
  readonly times: readonly Timed[];
  readonly when: Date;
  readonly rounds: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The whole page. */
export function formatResults(results: Results): string {
  const versions = Object.entries({ node: process.versions.node, ...results.versions });
  return `# Planner benchmark

Written by \`npm run bench:planner\`; [how to read it](../README.md). **apollo** is \`@apollo/query-planner\` as
\`gateway/plan/planner.ts\` uses it, **hive** is \`@graphql-hive/router-query-planner\` behind the same port.

## Right

${formatTrials(results)}

## Plans

Requests are counted after the gateway's schedule; for hive its own executor's number where that is smaller. Depth is how
many of them go one after another. Twice are fields that several fetches ask at one place.

${formatPlans(results)}

## Time

${formatTimes(results.times)}

A document that comes for the first time, step by step, with apollo; the cold one is the first of its process:

${formatDocuments(results.times)}

| setting | |
|---|---|
| date | ${results.when.toISOString().slice(0, 10)} |
| machine | ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()} |
| times | medians over ${results.rounds} processes each, in alternating order |
| versions | ${versions.map(([name, version]) => `${name} ${version}`).join(', ')} |
`;
}

function formatTrials({ trials, hiveDefers }: Results): string {
  const cell = ({ passed, failed }: Trial): string => `${passed} of ${passed + failed.length}`;
  const tally = ({ tally: { right, wrong, refused } }: Trial): string =>
    `${right} right, ${wrong} wrong, ${refused} refused`;
  const failed = trials.hive.failed.map((name) => `- hive fails: ${name}\n`).join('');
  return `${table(
    ['', 'apollo', 'hive'],
    [
      ['federation tests that pass', cell(trials.apollo), cell(trials.hive)],
      ['random operations over random subgraphs', tally(trials.apollo), tally(trials.hive)],
      ['`@defer` is planned', 'yes, not switched on', hiveDefers ? 'yes' : 'no'],
    ],
  )}

${failed}`.trimEnd();
}

function formatPlans({ comparisons, summaries }: Results): string {
  const head = [
    'operations',
    'fetches a/h',
    'requests a/h',
    'depth a/h',
    'twice a/h',
    'fewer requests a/h',
    'hive refused',
  ];
  const pair = (apollo: Weight, hive: Weight | null) =>
    (['fetches', 'requests', 'depth', 'twice'] as const).map(
      (figure) => `${apollo[figure]} / ${hive?.[figure] ?? '–'}`,
    );
  return table(head, [
    ...comparisons.map(({ shape, apollo, hive }) => [shape.name, ...pair(apollo, hive), '', hive === null ? '1' : '0']),
    ...summaries.map(({ name, operations, refused, apollo, hive, fewerApollo, fewerHive }) => [
      `${operations} of test/gateway/federation/${name}`,
      ...pair(apollo, hive),
      `${fewerApollo} / ${fewerHive}`,
      String(refused),
    ]),
  ]);
}

function formatTimes(times: readonly Timed[]): string {
  const head = ['operation', 'planner', 'build ms', 'build MB', 'first plan ms', 'next ms', 'plan kB'];
  return table(
    head,
    times.flatMap(({ shape, apollo, hive }) =>
      Object.entries({ apollo, hive }).map(([name, timing]) => [
        shape.name,
        name,
        timing.buildMs.toFixed(0),
        (timing.buildBytes / 2 ** 20).toFixed(1),
        timing.firstMs.toFixed(1),
        timing.nextMs.toFixed(2),
        (timing.planBytes / 1000).toFixed(1),
      ]),
    ),
  );
}

function formatDocuments(times: readonly Timed[]): string {
  const head = [
    'operation',
    'cold, whole ms',
    'parse ms',
    'validate ms',
    'plan ms',
    'compile ms',
    'pass the plan between threads ms',
  ];
  return table(
    head,
    times.map(({ shape, document }) => [
      shape.name,
      document.coldMs.toFixed(1),
      document.parseMs.toFixed(2),
      document.validateMs.toFixed(2),
      document.planMs.toFixed(2),
      document.compileMs.toFixed(2),
      document.passMs.toFixed(3),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
