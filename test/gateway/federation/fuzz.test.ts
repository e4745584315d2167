/**
 * Random meshes and random operations: the gateway's answer is that of graphql-js on one schema over the same data.
 * `WEFT_SEED` repeats a run, `WEFT_RUNS` makes it longer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { execute, parse, validate } from 'graphql';
import { readEnvironment } from '../../../mesh/core/config.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { createDice, createModel, createOperation, createSubgraphs, fieldResolver, oneSchema } from './model.ts';
import { type Outcome, outcomeOf } from './outcome.ts';

test('random operations over random subgraphs are answered as by one schema', async () => {
  const seed = Number(readEnvironment('WEFT_SEED') ?? 4);
  const numRuns = Number(readEnvironment('WEFT_RUNS') ?? 40);
  let compared = 0;
  const same = async (number: number): Promise<void> => {
    const dice = createDice(number);
    const model = createModel(dice);
    const schema = oneSchema(model);
    const gateway = createTestGateway(createSubgraphs(model));
    for (let count = 0; count < 8; count++) {
      const query = createOperation(model, dice);
      const document = parse(query);
      if (validate(schema, document).length > 0) continue;
      const expected = execute({ schema, document, fieldResolver: fieldResolver(model) });
      assert.ok(!('then' in expected));
      const answer = await gateway.ask(query);
      assert.deepEqual(outcomeOf(answer), outcomeOf(JSON.parse(JSON.stringify(expected)) as Outcome), query);
      compared += 1;
    }
  };
  await fc.assert(fc.asyncProperty(fc.nat(), same), { seed, numRuns, examples: [[1_451_159_903]] });
  assert.ok(compared > numRuns * 2, `${compared} operations were compared`);
});
