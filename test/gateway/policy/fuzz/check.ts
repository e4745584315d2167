/**
 * The property: under random policies, a gateway before random subgraphs answers random operations of random subjects as
 * graphql-js on one schema does, once the rules are applied to what comes out.
 *
 * Data is equal to the last byte. The places at which something is denied are equal; other errors are up to what Federation
 * leaves open, as in `../../federation/fuzz/check.ts`. Beside it no subgraph is asked for what the subject does not see, and
 * nothing of it stands in the bytes of an answer.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildASTSchema, parse, validate } from 'graphql';
import type { Subject } from '../../../../mesh/core/subject.ts';
import { type Answer, type TestGateway, createTestGateway } from '../../../support/gateway.ts';
import { ruleSupergraph } from '../../../support/ruled.ts';
import { type TestSubgraph, composeForTest } from '../../../support/subgraph.ts';
import { placeOf } from '../../federation/fuzz/check.ts';
import { choices, createChoose } from '../../federation/fuzz/choice.ts';
import { type Model, createModel, labelsOn } from '../../federation/fuzz/model.ts';
import { createOperation } from '../../federation/fuzz/operation.ts';
import type { Path, Question } from '../../federation/fuzz/oracle.ts';
import { createSubgraphs } from '../../federation/fuzz/subgraph.ts';
import { canaryOf } from '../../federation/fuzz/world.ts';
import { forbiddenIn, readBelowBy } from './asked.ts';
import { type ComposedPolicy, composePolicy } from './compose.ts';
import { type PolicyOracle, type PolicyTruth, createPolicyOracle } from './oracle.ts';
import { createPolicy } from './policy.ts';
import { type OraclePolicy, directivesOf } from './rule.ts';
import { createGovernance, createSubject, now } from './subject.ts';

export interface PolicyTally {
  meshes: number;
  /** Of these, those whose policy stands in the subgraphs. */
  composed: number;
  refused: number;
  /** Answers compared: each operation is asked by several subjects. */
  operations: number;
  /** Of these, those with something denied, masked, or with rows that do not exist. */
  denied: number;
  masked: number;
  filtered: number;
  /** Those of whose rows some exist and some do not. */
  sifted: number;
  /** Those that went to more than one subgraph. */
  crossing: number;
  unplanned: number;
}

export const emptyTally = (): PolicyTally => ({
  meshes: 0,
  composed: 0,
  refused: 0,
  operations: 0,
  denied: 0,
  masked: 0,
  filtered: 0,
  sifted: 0,
  crossing: 0,
  unplanned: 0,
});

/** What a mesh, its policy, who asks, and each operation are built of. */
export interface PolicyChoices {
  readonly mesh: readonly number[];
  readonly policy: readonly number[];
  readonly subjects: readonly (readonly number[])[];
  readonly operations: readonly (readonly number[])[];
}

export const policies: fc.Arbitrary<PolicyChoices> = fc.record({
  policy: choices(400),
  subjects: fc.array(choices(60), { minLength: 3, maxLength: 3 }),
  operations: fc.array(choices(200), { minLength: 12, maxLength: 12 }),
  mesh: choices(500),
});

export interface CheckPolicyOptions extends PolicyChoices {
  readonly tally: PolicyTally;
  /** Does something to answers before they are compared. */
  readonly change?: (answer: Answer) => Answer;
}

interface Ruled {
  readonly model: Model;
  readonly subgraphs: readonly TestSubgraph[];
  readonly policy: OraclePolicy;
  readonly gateway: TestGateway;
  readonly oracle: PolicyOracle;
  readonly state: { count: number };
  readonly tally: PolicyTally;
}

/** Throws where gateway and graphql-js differ. */
export async function checkPolicy({
  mesh,
  policy,
  subjects,
  operations,
  tally,
  change,
}: CheckPolicyOptions): Promise<void> {
  const ruled = createRuled({ mesh, policy, tally });
  if (ruled === null) return;
  const asking = subjects.map((numbers) => createSubject(createChoose(numbers)));
  for (const [index, numbers] of operations.entries()) {
    const question = createOperation(ruled.oracle.schema, createChoose(numbers));
    if (validate(ruled.oracle.schema, parse(question.query)).length > 0) continue;
    const isMutation = question.query.startsWith('mutation');
    // Together requests share calls; one by one it is known for whom a subgraph is asked.
    if (index % 2 === 1 && !isMutation) {
      const answers = await Promise.all(asking.map((subject) => askGateway(question, subject, ruled)));
      for (const [place, answer] of answers.entries())
        await check(answer, { question, subject: at(asking, place), ruled, change });
      continue;
    }
    for (const subject of asking) {
      const before = ruled.subgraphs.map(({ requests }) => requests.length);
      ruled.state.count = 0;
      const answer = await askGateway(question, subject, ruled);
      await check(answer, { question, subject, ruled, change });
      checkAsked(before, { question, subject, ruled });
    }
  }
}

function at<Item>(items: readonly Item[], index: number): Item {
  return items[index] ?? assert.fail(`There is no item ${index}.`);
}

function createRuled({
  mesh,
  policy: numbers,
  tally,
}: Pick<CheckPolicyOptions, 'mesh' | 'policy' | 'tally'>): Ruled | null {
  const model = createModel(createChoose(mesh));
  const state = { count: 0 };
  const subgraphs = createSubgraphs(model, state);
  try {
    const bare = composeForTest(subgraphs);
    const choose = createChoose(numbers);
    const whole = createPolicy(model, bare, choose);
    const governance = createGovernance(
      model.entities.map(({ name }) => name),
      choose,
    );
    const schema = buildASTSchema(parse(bare), { assumeValid: true });
    const composed = choose(2) === 1 ? composePolicy(subgraphs, whole, { schema, choose }) : null;
    const { policy, supergraph } = composed ?? rulePolicy(bare, whole);
    const clock = { now: () => now };
    const gateway = createTestGateway(subgraphs, { supergraph, labels: labelsOn, governance, clock });
    const { agreements } = governance;
    const { schema: apiSchema } = gateway;
    const oracle = createPolicyOracle({ model, apiSchema, wholeSchema: schema, policy, agreements });
    tally.composed += Number(composed !== null);
    tally.meshes += 1;
    return { model, subgraphs, policy, gateway, oracle, state, tally };
  } catch (error) {
    if (error instanceof TypeError || (error as Error).message.startsWith('The schema has no')) throw error;
    // Not every mesh composes, or to what the planner's library takes; of those that do there are enough.
    tally.refused += 1;
    return null;
  }
}

/** As whoever else composed might have written it; classes mean something in a mesh only. */
function rulePolicy(bare: string, whole: OraclePolicy): ComposedPolicy {
  const policy = { ...whole, classes: new Map() };
  return { policy, supergraph: ruleSupergraph(bare, directivesOf(policy)) };
}

async function askGateway(question: Question, subject: Subject, ruled: Ruled): Promise<Answer> {
  const { query, variables } = question;
  try {
    return await ruled.gateway.ask(query, { variables: variables as never, operationName: 'Q', subject });
  } catch (cause) {
    throw new Error(tellOf({ question, subject, ruled }), { cause });
  }
}

interface Case {
  readonly question: Question;
  readonly subject: Subject;
  readonly ruled: Ruled;
  readonly change?: CheckPolicyOptions['change'];
}

async function check(given: Answer, { question, subject, ruled, change = (answer) => answer }: Case): Promise<void> {
  const { tally, oracle } = ruled;
  const code = given.errors?.[0]?.extensions.code;
  if (code === 'OPERATION_NOT_PLANNED' || code === 'LIMIT_EXCEEDED') {
    tally.unplanned += 1;
    return;
  }
  const truth = await oracle.ask(question, subject);
  tally.operations += 1;
  const { denied, done } = truth;
  tally.denied += Number(denied.size > 0);
  tally.masked += Number(done.masked > 0);
  tally.filtered += Number(done.hidden > 0);
  tally.sifted += Number(done.hidden > 0 && done.kept > 0);
  compare(change(given), truth, tellOf({ question, subject, ruled }));
  checkBytes(given, { question, subject, ruled });
}

function tellOf({ question, subject, ruled: { policy, subgraphs } }: Case): string {
  return [
    JSON.stringify(question, null, 1),
    JSON.stringify(subject),
    ...Object.entries(directivesOf(policy)).map(([coordinate, text]) => `${coordinate} ${text}`),
    ...subgraphs.map(({ name, sdl }) => `# ${name}\n${sdl}`),
  ].join('\n');
}

const deniedCode = 'UNAUTHORIZED_FIELD_OR_TYPE';

function compare(answer: Answer, truth: PolicyTruth, told: string): void {
  const errors = answer.errors ?? [];
  const wording = errors.map(({ message, path }) => `${path?.join('.')}: ${message}`).join('\n');
  assert.equal(JSON.stringify(answer.data, null, 1), JSON.stringify(truth.data, null, 1), `${wording}\n${told}`);
  const ofPolicy = errors.filter(({ extensions }) => extensions.code === deniedCode);
  const denied = new Set(ofPolicy.map(({ path = [] }) => path.join('.')));
  assert.deepEqual([...denied].toSorted(), [...truth.denied].toSorted(), `places of denials\n${wording}\n${told}`);
  compareFailures(
    errors.flatMap(({ path = [], extensions }) => (extensions.code === deniedCode ? [] : [path])),
    truth,
    `${wording}\n${told}`,
  );
}

/** Errors that are no denials. Of a list that is null, the place of an item may be left out: it would tell of rows. */
function compareFailures(paths: readonly Path[], truth: PolicyTruth, told: string): void {
  const texts = (list: readonly Path[]) => new Set(list.map((path) => JSON.stringify(path)));
  const places = (list: readonly Path[]) => texts(list.map((path) => placeOf(path, truth.data)));
  const { failures, uncertain, missing, denials } = truth;
  const known = texts([...failures.flatMap((path) => cutsOf(path, truth.data)), ...uncertain, ...missing, ...denials]);
  // Where policy has left a null, what stands below it is answered or not; so are later fields of a mutation.
  const silent = places([...denials, ...missing]);
  const isOpen = (path: Path): boolean => silent.has(JSON.stringify(placeOf(path, truth.data)));
  const unknown = [...texts(paths.filter((path) => !isOpen(path))).difference(known)];
  assert.deepEqual(truth.data === null ? [] : unknown, [], `paths of errors at which nothing failed\n${told}`);

  // There something denied may be all that is told.
  const failed = texts(failures);
  const wanted = places(truth.errors.filter((path) => failed.has(JSON.stringify(path)))).difference(silent);
  assert.deepEqual([...wanted.difference(places(paths))], [], `places of which nobody tells\n${told}`);
  for (const path of truth.uncertain) {
    if (placeOf(path, truth.data).length < path.length) continue;
    const object = path.slice(0, -1);
    const isTold = paths.some((one) => object.every((key, index) => one[index] === key));
    assert.ok(isTold, `no error tells of ${path.join('.')}\n${told}`);
  }
}

/** A path, and what may be left of it: below a null there are no lists in which something has a place. */
function cutsOf(path: Path, data: unknown): readonly Path[] {
  const { length } = placeOf(path, data);
  return [path, ...path.keys().flatMap((end) => (end < length ? [] : [path.slice(0, end)]))];
}

/** Nothing of what the subject does not see as it is may stand in an answer. */
function checkBytes(answer: Answer, { question, subject, ruled }: Case): void {
  const bytes = JSON.stringify(answer);
  const sight = ruled.oracle.sightFor(subject);
  for (const { name: type, fields } of ruled.model.entities) {
    for (const { name, isInaccessible } of fields) {
      if (isInaccessible) continue;
      const { isDenied, mask } = sight.field(type, name);
      if (!isDenied && mask === null) continue;
      assert.ok(!bytes.includes(canaryOf(type, name)), `${bytes}\n${tellOf({ question, subject, ruled })}`);
    }
  }
}

function checkAsked(before: readonly number[], { question, subject, ruled }: Case): void {
  const { subgraphs, policy, oracle, tally } = ruled;
  const { schema } = oracle;
  const options = { schema, sight: oracle.sightFor(subject), readBelow: readBelowBy(policy, schema) };
  const asked = subgraphs.map(({ requests }, index) => requests.slice(before[index] ?? 0));
  tally.crossing += Number(asked.filter((requests) => requests.length > 0).length > 1);
  for (const { query } of asked.flat()) {
    assert.deepEqual(forbiddenIn(query, options), [], `${query}\n${tellOf({ question, subject, ruled })}`);
  }
}
