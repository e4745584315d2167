/** `npm run bench:gateway`: Weft's gateway and its peers on the same subgraphs, in one run. */
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../mesh/core/clock.ts';
import { isWeftError, messageOf } from '../../mesh/core/error.ts';
import { pinLoad } from './gateway.ts';
import { installPeers } from './install.ts';
import { judge, remarks, type Outcome, type Verdict } from './judge.ts';
import { measure, type Plan, type Series } from './measure.ts';
import { parseOptions, usage, type Options } from './options.ts';
import { formatResults, formatTable, rowsOf } from './report.ts';
import { writeSection } from './results.ts';
import { createStaff } from './staff.ts';
import { weft, weftWithRules } from './targets.ts';
import { startUpstream } from './upstream.ts';
import type { RulesMeasured, Workload } from './workloads.ts';

process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));
try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) console.log(usage);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = isWeftError(error) ? error.kind.exit : 1;
}

/** Measures, prints and judges; gives the exit status. */
async function run(options: Options): Promise<number> {
  installPeers();
  const pinned = pinLoad();
  if (!pinned)
    console.error('No core for the gateway alone (it takes two cores and taskset): ratios will be less steady.');
  const outcomes: Outcome[] = [];
  const failures: Verdict[] = [];
  await using upstream = await startUpstream();
  for (const workload of options.workloads) {
    console.error(`Measuring ${workload.title}`);
    const plan = { ...options, upstream, pinned };
    try {
      const series =
        workload.rules === undefined ? measure(workload, plan) : measureRules(workload, plan, workload.rules);
      outcomes.push({ workload, series: await series });
    } catch (error) {
      // A wrong answer costs its workload, and the run its good end; a gateway that does not start ends the run.
      if (isWeftError(error)) throw error;
      failures.push({ met: false, sentence: messageOf(error) });
    }
  }

  const verdicts = [...judge(outcomes, options.connections), ...failures];
  console.log(formatTable(rowsOf(outcomes)));
  for (const sentence of [...verdicts.map((one) => one.sentence), ...remarks(outcomes)]) console.log(sentence);
  if (options.whole) {
    const setting = { ...options, pinned, when: new Date(systemClock.now()) };
    writeSection('Gateway', formatResults(outcomes, verdicts, setting));
  }
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

/**
 * Weft with rules against Weft without, for the same caller. Each runs as two processes, for two processes of the same
 * code differ by some percent for as long as they live.
 */
async function measureRules(workload: Workload, plan: Plan, { seen }: RulesMeasured): Promise<readonly Series[]> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'weft-bench-'));
  const { config, headers } = await createStaff(folder.path);
  const targets = [weft, weftWithRules, weftWithRules, weft];
  const series = await measure({ ...workload, headers: headers[seen] }, { ...plan, targets, config });
  return [weft, weftWithRules].map((target) => ({
    target,
    samples: series.filter((one) => one.target === target).flatMap(({ samples }) => samples),
  }));
}
