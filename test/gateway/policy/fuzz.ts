/**
 * `npm run fuzz:policy -- --runs 10000 --seed N`: random operations of random subjects under random policies, until as many
 * were compared or one differs. The same property as `fuzz.test.ts`, for as long as one likes.
 */
import { AssertionError } from 'node:assert/strict';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { systemClock } from '../../../mesh/core/clock.ts';
import { checkPolicy, emptyTally, policies } from './fuzz/check.ts';

const options = {
  runs: { type: 'string', default: '10000' },
  seed: { type: 'string' },
  shrink: { type: 'string', default: '120' },
} as const;
const { values } = parseArgs({ options });
const first = Number(values.seed ?? systemClock.now() % 2 ** 30);
/** For the meshes of a seed, and for shrinking the one that fails; `--shrink` gives the seconds. */
const shrinkMs = Number(values.shrink) * 1000;
const meshesPerSeed = 20;
const tally = emptyTally();

for (let seed = first; tally.operations < Number(values.runs); seed++) {
  const property = fc.asyncProperty(policies, (chosen) => checkPolicy({ ...chosen, tally }));
  const result = await fc.check(property, { seed, numRuns: meshesPerSeed, interruptAfterTimeLimit: shrinkMs });
  console.error(`seed ${seed}: ${tally.operations} answers`);
  if (!result.failed) continue;
  console.log(
    `A difference at seed ${seed}, shrunk ${result.numShrinks} times: ${JSON.stringify(result.counterexample)}`,
  );
  const { errorInstance: error } = result;
  console.log(error instanceof AssertionError ? error.message : error);
  process.exitCode = 1;
  break;
}
console.log(`seeds from ${first}: ${JSON.stringify(tally)}`);
