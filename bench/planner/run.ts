/** `npm run bench:planner`: the planner in use and its alternative, compared for being right, for their plans and for time. */
import { readFileSync, writeFileSync } from 'node:fs';
import { systemClock } from '../../mesh/core/clock.ts';
import { isWeftError, messageOf } from '../../mesh/core/error.ts';
import { installPeers, readPeerVersions } from '../gateway/install.ts';
import { timePlanners } from './clock.ts';
import { comparePlans, summarise } from './compare.ts';
import { largeShape } from './large.ts';
import { hiveDefers } from './probe.ts';
import { formatResults } from './report.ts';
import { benchShapes, recordedShapes } from './shapes.ts';
import { tryPlanner } from './trial.ts';

const here = new URL('.', import.meta.url);
const rounds = 5;
const randomModels = 100;
const largeSubgraphs = 50;

try {
  await run();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = isWeftError(error) ? error.kind.exit : 1;
}

async function run(): Promise<void> {
  installPeers(here);
  console.error('Running the federation tests and random operations with each planner');
  const trials = { apollo: await tryPlanner('apollo', randomModels), hive: await tryPlanner('hive', randomModels) };
  console.error('Comparing plans');
  const shapes = [...benchShapes(), largeShape(largeSubgraphs)];
  const recorded = await comparePlans(recordedShapes());
  const summaries = [...Map.groupBy(recorded, ({ shape }) => shape.name)].map(([name, group]) =>
    summarise(name, group),
  );
  console.error('Timing');
  const page = formatResults({
    trials,
    hiveDefers: await hiveDefers(),
    comparisons: await comparePlans(shapes),
    summaries,
    times: shapes.map((shape) => timePlanners(shape, rounds)),
    when: new Date(systemClock.now()),
    rounds,
    versions: readVersions(),
  });
  writeFileSync(new URL('RESULTS.md', here), page);
  console.log(page);
}

function readVersions(): Readonly<Record<string, string>> {
  const manifest = readFileSync(new URL('../../package.json', here), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  const ours = '@apollo/query-planner';
  return { [ours]: dependencies[ours] ?? '', ...readPeerVersions(here) };
}
