/**
 * The property: a gateway before random subgraphs answers random operations as graphql-js does on one schema.
 *
 * Data is equal to the last byte. Errors are equal up to what Federation leaves open:
 * 1. Below a place that errors made null, any of those errors may be told. So the sets of places that are null for an error are
 *    equal, and each path that is told is one at which a field failed, as clients know it.
 * 2. A field that is computed although something it requires failed may be told as failed, at its own path; when that is all that
 *    failed, somewhere in its object an error is told.
 * 3. Where requirements go through objects, an operation may be refused as one that cannot be planned.
 * 4. A field of an interface that must not be null does not fail in these meshes: an interface object is asked for what is wanted of
 *    any implementation, and cannot tell which it is.
 */
import assert from 'node:assert/strict';
import { parse, validate } from 'graphql';
import { type Answer, type TestGateway, createTestGateway } from '../../../support/gateway.ts';
import { composeForTest } from '../../../support/subgraph.ts';
import type { Subgraph } from '../../../../mesh/core/subgraph.ts';
import fc from 'fast-check';
import { choices, createChoose } from './choice.ts';
import { createModel, labelsOn } from './model.ts';
import { createOperation } from './operation.ts';
import { type Path, type Question, type Truth, createOracle } from './oracle.ts';
import { createSubgraphs } from './subgraph.ts';

export interface Tally {
  /** Meshes that composed, and those that did not. */
  meshes: number;
  refused: number;
  operations: number;
  /** Operations that went to more than one subgraph. */
  crossing: number;
  failing: number;
  /** Operations that could not be planned and were refused. */
  unplanned: number;
  subgraphs: number;
}

export const emptyTally = (): Tally => ({
  meshes: 0,
  refused: 0,
  operations: 0,
  crossing: 0,
  failing: 0,
  unplanned: 0,
  subgraphs: 0,
});

/** What a mesh is built of, and each operation on it. */
export interface MeshChoices {
  readonly mesh: readonly number[];
  readonly operations: readonly (readonly number[])[];
}

export const meshes: fc.Arbitrary<MeshChoices> = fc.record({
  mesh: choices(500),
  operations: fc.array(choices(200), { minLength: 12, maxLength: 12 }),
});

export interface CheckOptions extends MeshChoices {
  readonly tally: Tally;
  /** Puts something between gateway and subgraph. */
  readonly serve?: (subgraph: Subgraph) => Promise<Subgraph>;
}

/** Throws where gateway and graphql-js differ. */
export async function checkMesh({
  mesh,
  operations,
  tally,
  serve = (subgraph) => Promise.resolve(subgraph),
}: CheckOptions): Promise<void> {
  const model = createModel(createChoose(mesh));
  const state = { count: 0 };
  const subgraphs = createSubgraphs(model, state);
  let gateway: TestGateway;
  try {
    const supergraph = composeForTest(subgraphs);
    gateway = createTestGateway(await Promise.all(subgraphs.map(serve)), { supergraph, labels: labelsOn });
  } catch {
    // Not every mesh composes, or to what the planner's library takes; of those that do there are enough.
    tally.refused += 1;
    return;
  }
  tally.meshes += 1;
  tally.subgraphs += subgraphs.length;
  const schema = gateway.schema;
  const oracle = createOracle(model, schema);
  for (const numbers of operations) {
    const question = createOperation(schema, createChoose(numbers));
    if (validate(schema, parse(question.query)).length > 0) continue;
    const asked = subgraphs.map(({ requests }) => requests.length);
    state.count = 0;
    const answer = await gateway.ask(question.query, { variables: question.variables as never, operationName: 'Q' });
    if (answer.errors?.[0]?.extensions.code === 'OPERATION_NOT_PLANNED') {
      tally.unplanned += 1;
      continue;
    }
    const truth = await oracle(question);
    tally.operations += 1;
    tally.crossing += Number(
      subgraphs.filter(({ requests }, index) => requests.length > (asked[index] ?? 0)).length > 1,
    );
    tally.failing += Number(truth.errors.length > 0);
    const told = `${JSON.stringify(question, null, 1)}\n${subgraphs.map(({ name, sdl }) => `# ${name}\n${sdl}`).join('\n')}`;
    compare(answer, truth, { question, told });
  }
}

function compare(answer: Answer, truth: Truth, { told }: { readonly question: Question; readonly told: string }): void {
  const wording = (answer.errors ?? []).map(({ message, path }) => `${path?.join('.')}: ${message}`).join('\n');
  assert.equal(JSON.stringify(answer.data, null, 1), JSON.stringify(truth.data, null, 1), `${wording}\n${told}`);
  const paths = (answer.errors ?? []).map(({ path }) => path ?? []);
  const texts = (list: readonly Path[]) => new Set(list.map((path) => JSON.stringify(path)));
  const [failures, uncertain] = [texts(truth.failures), texts(truth.uncertain)];
  const places = (list: readonly Path[]) => texts(list.map((path) => placeOf(path, truth.data)));

  const unknown = [...texts(paths)].filter((path) => !failures.has(path) && !uncertain.has(path));
  assert.deepEqual(unknown, [], `paths of errors at which nothing failed\n${wording}\n${told}`);
  const certain = paths.filter((path) => failures.has(JSON.stringify(path)));
  assert.deepEqual([...places(certain)].toSorted(), [...places(truth.errors)].toSorted(), `${wording}\n${told}`);
  for (const path of truth.uncertain) {
    if (placeOf(path, truth.data).length < path.length) continue;
    const object = path.slice(0, -1);
    const isTold = paths.some((one) => object.every((key, index) => one[index] === key));
    assert.ok(isTold, `no error tells of ${path.join('.')}\n${wording}\n${told}`);
  }
}

/** The place that is null, or the whole path when there is something. */
export function placeOf(path: Path, data: unknown): Path {
  let value = data;
  for (const [index, key] of path.entries()) {
    if (value === null || value === undefined) return path.slice(0, index);
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return path;
}
