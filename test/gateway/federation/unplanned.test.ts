/** Operations that Apollo's planner cannot plan are refused, soon and with a code; the others go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { limits } from '../../../mesh/core/limits.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { readEntities } from '../../../gateway/plan/entities.ts';
import type { FetchNode, PlanNode } from '../../../gateway/plan/plan.ts';
import { createPlanner } from '../../../gateway/plan/planner.ts';
import { createVerifier } from '../../../gateway/plan/verify.ts';
import { runWithin } from '../../../gateway/plan/within.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeForTest, createSubgraph, federation } from '../../support/subgraph.ts';

const links = federation('@key', '@external', '@requires', '@interfaceObject');
const asGiven = { __resolveReference: (reference: unknown) => reference };

/** Of a field of an interface object that requires one of the interface, a third subgraph lies before both. */
function createLibrary() {
  const hub = createSubgraph(
    'hub',
    `${links}
    type Query { shelves: Int }
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media @key(fields: "id") { id: ID! title: String }`,
    {
      Query: { shelves: () => 3 },
      Media: { __resolveReference: ({ id }: { id: string }) => ({ id, __typename: 'Book', title: `title ${id}` }) },
      Book: { __resolveReference: ({ id }: { id: string }) => ({ id, title: `title ${id}`, pages: 9 }) },
    },
  );
  const list = createSubgraph(
    'list',
    `${links} type Query { all: [Media] } type Media @interfaceObject @key(fields: "id") { id: ID! }`,
    { Query: { all: () => [{ id: '1' }] }, Media: asGiven },
  );
  const stars = createSubgraph(
    'stars',
    `${links}
    type Media @interfaceObject @key(fields: "id") {
      id: ID! title: String @external stars: String @requires(fields: "title")
    }`,
    { Media: { ...asGiven, stars: ({ title }: { title: string }) => `* ${title}` } },
  );
  return createTestGateway([hub, list, stars]);
}

test('planning that comes to no end is ended, and remembered for a while', async () => {
  const gateway = createLibrary();
  const ask = async () => {
    const from = systemClock.monotonic();
    const { data, errors } = await gateway.ask('{ all { ... on Book { stars } } }');
    assert.equal(data, undefined);
    assert.equal(errors?.[0]?.extensions.code, 'OPERATION_NOT_PLANNED');
    return systemClock.monotonic() - from;
  };
  const first = await ask();
  assert.ok(first < limits.planMs + 4_000, `${first} ms`);
  const again = await ask();
  assert.ok(again < limits.planMs / 2, `${again} ms`);
  assert.deepEqual(await gateway.ask('{ all { stars } shelves }'), {
    data: { all: [{ stars: '* title 1' }], shelves: 3 },
  });
});

test('work is ended at its time, and what it gives or throws comes through', () => {
  const endless = (): never => {
    for (;;);
  };
  assert.equal(runWithin(50, endless), null);
  assert.deepEqual(
    runWithin(10_000, () => 7),
    { value: 7 },
  );
  assert.throws(
    () =>
      runWithin(10_000, () => {
        throw new RangeError('no');
      }),
    RangeError,
  );
});

const supergraph = composeForTest([
  createSubgraph('a', `${links} type Query { t: T } type T @key(fields: "id") { id: ID! weight: Int }`, {}),
  createSubgraph(
    'b',
    `${links} type T @key(fields: "id") { id: ID! weight: Int @external price: Int @requires(fields: "weight") }`,
    {},
  ),
]);

/** The plan as it is, and changed. */
function createVerifying() {
  const planner = createPlanner(supergraph);
  const document = parse('{ t { price } }', { noLocation: true });
  const { root } = planner.plan(document, { operationName: null, labels: new Set() });
  assert.ok(root?.kind === 'sequence');
  const [first, ...rest] = root.nodes as [FetchNode, FetchNode];
  const verify = createVerifier({
    supergraph: parse(supergraph, { noLocation: true }),
    apiSchema: planner.apiSchema,
    entities: readEntities(parse(supergraph, { noLocation: true })),
    possibleTypes: planner.possibleTypes,
  });
  return { first, rest, verify: (plan: PlanNode) => verify({ root: plan, subscription: null }) };
}

test('a plan is held against what its fetches need', () => {
  const { first, rest, verify } = createVerifying();
  verify({ kind: 'sequence', nodes: [first, ...rest] });
  const isRefused = (error: unknown) => {
    assert.ok(isWeftError(error, 'OPERATION_NOT_PLANNED'));
    assert.deepEqual(error.details, { fields: ['T.price'] });
    return true;
  };
  // What represents the entities is not there yet, or never.
  assert.throws(() => verify({ kind: 'parallel', nodes: [first, ...rest] }), isRefused);
  const without = { ...first, operation: first.operation.replace('weight', '') };
  assert.throws(() => verify({ kind: 'sequence', nodes: [without, ...rest] }), isRefused);
  // It is there, and is not given.
  const ungiven = rest.map((fetch) => ({
    ...fetch,
    requires: fetch.requires?.map((one) =>
      one.kind === 'fragment'
        ? { ...one, selections: one.selections.filter((field) => field.kind !== 'field' || field.key !== 'weight') }
        : one,
    ),
  }));
  assert.throws(() => verify({ kind: 'sequence', nodes: [first, ...ungiven] }), isRefused);
});
