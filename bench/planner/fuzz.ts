/**
 * A process of its own: random operations over random subgraphs, answered by the gateway and by graphql-js on one schema over
 * the same data. Prints what came of them as JSON. Which planner plans is decided by what it is started with (`swap.ts`).
 */
import fc from 'fast-check';
import { parse, validate } from 'graphql';
import { createChoose } from '../../test/gateway/federation/fuzz/choice.ts';
import { type MeshChoices, meshes } from '../../test/gateway/federation/fuzz/check.ts';
import { createModel, labelsOn } from '../../test/gateway/federation/fuzz/model.ts';
import { createOperation } from '../../test/gateway/federation/fuzz/operation.ts';
import { createOracle } from '../../test/gateway/federation/fuzz/oracle.ts';
import { createSubgraphs } from '../../test/gateway/federation/fuzz/subgraph.ts';
import { createTestGateway } from '../../test/support/gateway.ts';

/** What came of the operations. */
export interface Tally {
  right: number;
  /** Other data than the schema's. */
  wrong: number;
  /** The planner refused a valid operation. */
  refused: number;
}

const tally: Tally = { right: 0, wrong: 0, refused: 0 };
for (const mesh of fc.sample(meshes, { seed: 7919, numRuns: Number(process.argv[2]) })) await tryMesh(mesh);
console.log(JSON.stringify(tally));

async function tryMesh({ mesh, operations }: MeshChoices): Promise<void> {
  const model = createModel(createChoose(mesh));
  const state = { count: 0 };
  const gateway = openGateway(createSubgraphs(model, state));
  if (gateway === null) return;
  const oracle = createOracle(model, gateway.schema);
  for (const numbers of operations) {
    const question = createOperation(gateway.schema, createChoose(numbers));
    if (validate(gateway.schema, parse(question.query)).length > 0) continue;
    const expected = await oracle(question);
    state.count = 0;
    try {
      const { data } = await gateway.ask(question.query, {
        variables: question.variables as never,
        operationName: 'Q',
      });
      tally[JSON.stringify(data) === JSON.stringify(expected.data) ? 'right' : 'wrong'] += 1;
    } catch {
      tally.refused += 1;
    }
  }
}

/** `null` for subgraphs that do not compose. */
function openGateway(subgraphs: ReturnType<typeof createSubgraphs>) {
  try {
    return createTestGateway(subgraphs, { labels: labelsOn });
  } catch {
    return null;
  }
}
