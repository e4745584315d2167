/**
 * Random operations over random meshes are answered as graphql-js answers them on one schema over the same data. Here as many as
 * a few seconds allow, from two fixed seeds, or from the one that `WEFT_SEED` gives; `npm run fuzz` goes on for as long as one likes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readEnvironment } from '../../../mesh/core/config.ts';
import type { Subgraph, SubgraphResponse } from '../../../mesh/core/subgraph.ts';
import { openFarSide } from './fuzz/far.ts';
import { checkMesh, emptyTally, meshes } from './fuzz/check.ts';

const fixed = 20_010_301;

for (const seed of [fixed, Number(readEnvironment('WEFT_SEED') ?? 1)]) {
  test(`random meshes of seed ${seed} answer random operations as one schema does`, async () => {
    const tally = emptyTally();
    const property = fc.asyncProperty(meshes, (mesh) => checkMesh({ ...mesh, tally }));
    await fc.assert(property, { seed, numRuns: 25, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false });
    const { operations, crossing } = tally;
    assert.ok(crossing > 50, `${crossing} of ${operations} operations went to several subgraphs`);
  });
}

test('random meshes behind real HTTP answer so too', async () => {
  const tally = emptyTally();
  const far = openFarSide();
  const property = fc.asyncProperty(meshes, async (mesh) => {
    await checkMesh({ ...mesh, tally, serve: far.serve }).finally(far.close);
  });
  await fc.assert(property, { seed: fixed + 1, numRuns: 8 });
  assert.ok(tally.crossing > 20, `${tally.crossing} of ${tally.operations} operations went to several subgraphs`);
});

test('the comparison notices a subgraph that answers otherwise', async () => {
  const tally = emptyTally();
  /** Says 7 where it had a number to say. */
  const lie = (subgraph: Subgraph): Promise<Subgraph> =>
    Promise.resolve({
      ...subgraph,
      async fetch(request, signal) {
        const { data, errors } = await subgraph.fetch(request, signal);
        const text = JSON.stringify({ data, errors }).replaceAll(/(?<=":)-?\d+(?=[,}\]])/g, '7');
        return JSON.parse(text) as SubgraphResponse;
      },
    });
  const property = fc.asyncProperty(meshes, (mesh) => checkMesh({ ...mesh, tally, serve: lie }));
  const { errorInstance } = await fc.check(property, { seed: fixed, numRuns: 25, endOnFailure: true });
  assert.ok(errorInstance instanceof assert.AssertionError, String(errorInstance));
});
