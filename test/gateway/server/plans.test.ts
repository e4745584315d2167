/** What is remembered of a supergraph's operations, and how it is carried over to the next supergraph. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Plans, createPlans, warmPlans } from '../../../gateway/server/plans.ts';
import { selectOperation } from '../../../gateway/plan/document.ts';
import { noGovernance } from '../../../mesh/policy/governance.ts';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { composeForTest, createSubgraph, federation } from '../../support/subgraph.ts';

/** Plans of a real supergraph that count how often the planner was asked. */
function open(fields: string) {
  const sdl = `${federation('@authenticated')} type Query { ${fields} }`;
  const { planner, ...supergraph } = readSupergraph(composeForTest([createSubgraph('a', sdl, {})]));
  const counted = { planned: 0 };
  const plans = createPlans({
    supergraph: {
      ...supergraph,
      planner: {
        ...planner,
        plan(...words) {
          counted.planned += 1;
          return planner.plan(...words);
        },
      },
    },
    governance: noGovernance,
    limits: defaultConfig.limits,
  });
  return { plans, counted };
}

interface Asking {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly subject?: Subject;
}

function use(plans: Plans, text: string, { variables = {}, subject = anonymous }: Asking = {}): readonly string[] {
  const document = plans.document(text, plans.disclosedTo(subject));
  const operation = selectOperation(document, null);
  return plans.operation(document, { operation, variables, inputs: {}, subject }).operation.coordinates;
}

test('recent() gives the operations used last, the last one first', () => {
  const { plans } = open('a: Int b: Int c: Int');
  for (const text of ['{ a }', '{ b }', '{ c }', '{ a }']) use(plans, text);
  assert.deepEqual(
    plans.recent(2).map(({ text }) => text),
    ['{ a }', '{ c }'],
  );
});

test('warmPlans() plans each form and view of an operation once more, so that nobody waits for it', async () => {
  const old = open('a: Int b: Int secret: Int @authenticated');
  const ana = { ...anonymous, id: 'ana' };
  const withCondition = 'query($no: Boolean!) { a b @skip(if: $no) }';
  const again = (plans: Plans): void => {
    use(plans, withCondition, { variables: { no: true } });
    use(plans, withCondition, { variables: { no: false } });
    use(plans, '{ secret a }');
    assert.deepEqual(use(plans, '{ secret a }', { subject: ana }), ['Query.a', 'Query.secret']);
  };
  again(old.plans);
  assert.equal(old.counted.planned, 4);
  const next = open('a: Int b: Int c: Int secret: Int @authenticated');
  await warmPlans(next.plans, old.plans.recent(100));
  assert.equal(next.counted.planned, 4);
  again(next.plans);
  assert.equal(next.counted.planned, 4);
});

test('warmPlans() passes over what the new supergraph refuses, and stops when it is told to', async () => {
  const old = open('a: Int b: Int');
  for (const text of ['{ a }', '{ b }', '{ a b }']) use(old.plans, text);
  const next = open('b: Int');
  await warmPlans(next.plans, old.plans.recent(100));
  assert.equal(next.counted.planned, 1);
  const stopped = open('a: Int b: Int');
  await warmPlans(stopped.plans, old.plans.recent(100), AbortSignal.abort());
  assert.equal(stopped.counted.planned, 0);
});

test('warmPlans() lets others have their turn between two operations', async () => {
  const old = open('a: Int b: Int');
  for (const text of ['{ a }', '{ b }', '{ a b }', '{ b a }']) use(old.plans, text);
  const next = open('a: Int b: Int');
  const seen: number[] = [];
  const look = (): void => {
    if (next.counted.planned < 4) setImmediate(look);
    seen.push(next.counted.planned);
  };
  setImmediate(look);
  await warmPlans(next.plans, old.plans.recent(100));
  assert.ok(new Set(seen).size >= 3, `turns were had after ${seen.join()} operations`);
});
