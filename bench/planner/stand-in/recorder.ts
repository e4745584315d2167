/** Stands where `gateway/plan/planner.ts` does: our planner, and a line for each operation it was asked to plan. */
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { print } from 'graphql';
import { type Planner, createPlanner as createOurs } from '../../../gateway/plan/planner.ts';

/** An operation, the supergraph it is for, and the file of tests that asked. */
export interface RecordedShape {
  readonly from: string;
  readonly supergraph: string;
  readonly operation: string;
}

const folder = process.env['BENCH_PLANNER_RECORDS'] ?? '.';
const from = basename(process.argv[1] ?? '', '.test.ts');

/** As our own. */
export function createPlanner(supergraph: string): Planner {
  const planner = createOurs(supergraph);
  return {
    ...planner,
    plan(...asked) {
      const shape: RecordedShape = { from, supergraph, operation: print(asked[0]) };
      appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(shape)}\n`);
      return planner.plan(...asked);
    },
  };
}
