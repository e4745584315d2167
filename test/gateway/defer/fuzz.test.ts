/**
 * Random meshes, random operations, `@defer` on random parts of them: the payloads put together are the answer of the same
 * operation without it. `WEFT_SEED` repeats a run, `WEFT_RUNS` makes it longer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { execute, parse, print, validate } from 'graphql';
import { readEnvironment } from '../../../mesh/core/config.ts';
import type { Subgraph } from '../../../mesh/core/subgraph.ts';
import { createTestGateway } from '../../support/gateway.ts';
import {
  type Dice,
  createDice,
  createModel,
  createOperation,
  createSubgraphs,
  fieldResolver,
  oneSchema,
} from '../federation/model.ts';
import { type Outcome, outcomeOf } from '../federation/outcome.ts';
import { deferSome } from './generate.ts';
import { type Payload, mergePayloads, propagate } from './merge.ts';

test('the payloads of random operations with random @defer put together are the answer without it', async () => {
  const seed = Number(readEnvironment('WEFT_SEED') ?? 4);
  const numRuns = Number(readEnvironment('WEFT_RUNS') ?? 40);
  const counts = { operations: 0, payloads: 0, failed: 0 };
  const same = async (number: number): Promise<void> => {
    const dice = createDice(number);
    const model = createModel(dice);
    const schema = oneSchema(model);
    const gateway = createTestGateway(createSubgraphs(model).map((subgraph) => dawdle(subgraph, dice)));
    for (let count = 0; count < 8; count++) {
      const document = parse(createOperation(model, dice));
      if (validate(schema, document).length > 0) continue;
      const query = print(deferSome(document, dice));
      const expected = execute({ schema, document, fieldResolver: fieldResolver(model) });
      assert.ok(!('then' in expected));
      const whole = outcomeOf(JSON.parse(JSON.stringify(expected)) as Outcome);
      assert.deepEqual(outcomeOf(await gateway.ask(query)), whole, `at once: ${query}`);
      const payloads = (await Array.fromAsync(gateway.follow(query, new AbortController().signal))) as Payload[];
      const context = () => `${query}\n${payloads.map((payload) => JSON.stringify(payload)).join('\n')}`;
      if (!query.includes('@defer')) continue;
      const merged = mergePayloads(payloads);
      const data = propagate(merged, document, schema) as Outcome['data'];
      assert.deepEqual(outcomeOf({ data, errors: merged.errors }), whole, context());
      counts.operations += 1;
      counts.payloads += payloads.length;
      counts.failed += merged.failed.length;
    }
  };
  await fc.assert(fc.asyncProperty(fc.nat(), same), { seed, numRuns });
  assert.ok(counts.operations > numRuns, JSON.stringify(counts));
  assert.ok(counts.payloads > counts.operations * 1.5, JSON.stringify(counts));
  assert.ok(counts.failed > numRuns / 10, JSON.stringify(counts));
});

/** A subgraph whose answers overtake each other. */
function dawdle(subgraph: Subgraph, dice: Dice): Subgraph {
  return {
    ...subgraph,
    async fetch(request, signal) {
      for (let turns = dice(6); turns > 0; turns--) await setImmediate();
      return subgraph.fetch(request, signal);
    },
  };
}
