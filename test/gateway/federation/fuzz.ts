/**
 * `npm run fuzz -- --runs 10000 --seed N`: random operations over random meshes, until as many were compared or one differs. The
 * same property as `fuzz.test.ts`, for as long as one likes.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { systemClock } from '../../../mesh/core/clock.ts';
import { openFarSide } from './fuzz/far.ts';
import { checkMesh, emptyTally, meshes } from './fuzz/check.ts';

const options = { runs: { type: 'string', default: '10000' }, seed: { type: 'string' } } as const;
const { values } = parseArgs({ options });
const first = Number(values.seed ?? systemClock.now() % 2 ** 30);
/** For the meshes of a seed, and for shrinking the one that fails. */
const shrinkMs = 120_000;
const meshesPerSeed = 20;
const tally = emptyTally();

for (let seed = first; tally.operations < Number(values.runs); seed++) {
  const far = openFarSide();
  // Sockets are slow: every tenth seed goes over them.
  const serve = seed % 10 === 9 ? { serve: far.serve } : {};
  const property = fc.asyncProperty(meshes, (mesh) => checkMesh({ ...mesh, ...serve, tally }).finally(far.close));
  const result = await fc.check(property, { seed, numRuns: meshesPerSeed, interruptAfterTimeLimit: shrinkMs });
  console.error(`seed ${seed}: ${tally.operations} operations`);
  if (!result.failed) continue;
  console.log(
    `A difference at seed ${seed}, shrunk ${result.numShrinks} times: ${JSON.stringify(result.counterexample)}`,
  );
  console.log(result.errorInstance instanceof Error ? result.errorInstance.message : result.errorInstance);
  process.exitCode = 1;
  break;
}
console.log(`seeds from ${first}: ${JSON.stringify(tally)}`);
