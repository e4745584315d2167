/**
 * A process of its own: random operations over random subgraphs, answered by the gateway and by graphql-js on one schema over
 * the same data. Prints what came of them as JSON. Which planner plans is decided by what it is started with (`swap.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import { execute, parse, validate } from 'graphql';
import { createTestGateway } from '../../test/support/gateway.ts';
import {
  createDice,
  createModel,
  createOperation,
  createSubgraphs,
  fieldResolver,
  oneSchema,
} from '../../test/gateway/federation/model.ts';

/** What came of the operations. */
export interface Tally {
  right: number;
  /** Other data than the schema's. */
  wrong: number;
  /** The planner refused a valid operation. */
  refused: number;
}

const operationsPerModel = 8;
const tally: Tally = { right: 0, wrong: 0, refused: 0 };
for (let seed = 1; seed <= Number(process.argv[2]); seed++) await tryModel(seed);
console.log(JSON.stringify(tally));

async function tryModel(seed: number): Promise<void> {
  const dice = createDice(seed * 7919);
  const model = createModel(dice);
  const schema = oneSchema(model);
  const gateway = createTestGateway(createSubgraphs(model));
  for (let count = 0; count < operationsPerModel; count++) {
    const query = createOperation(model, dice);
    const document = parse(query);
    if (validate(schema, document).length > 0) continue;
    const expected = await execute({ schema, document, fieldResolver: fieldResolver(model) });
    try {
      const { data } = await gateway.ask(query);
      const isRight = isDeepStrictEqual(data, JSON.parse(JSON.stringify(expected.data)));
      tally[isRight ? 'right' : 'wrong'] += 1;
    } catch {
      tally.refused += 1;
    }
  }
}
