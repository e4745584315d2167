/** Operations that Apollo's planner cannot plan are refused, soon and with a code; the others go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import { limits } from '../../../mesh/core/limits.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { readEntities } from '../../../gateway/plan/entities.ts';
import type { FetchNode, PlanNode } from '../../../gateway/plan/plan.ts';
import { createPlanner } from '../../../gateway/plan/planner.ts';
import { createVerifier } from '../../../gateway/plan/verify.ts';
import { runWithin } from '../../../gateway/plan/within.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeForTest, createSubgraph, federation } from '../../support/subgraph.ts';

const links = federation('@key', '@external', '@requires', '@interfaceObject', '@authenticated');
const asGiven = { __resolveReference: (reference: unknown) => reference };

/** Of a field of an interface object that requires one of the interface, a third subgraph lies before both. */
function createLibrary(rule = '') {
  const films: string[] = [];
  const typeOf = (id: string) => (id === '1' ? 'Book' : 'Film');
  const hub = createSubgraph(
    'hub',
    `${links}
    type Query { shelves: Int }
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media @key(fields: "id") ${rule} { id: ID! title: String }`,
    {
      Query: { shelves: () => 3 },
      Media: {
        __resolveReference: ({ id }: { id: string }) => ({
          id,
          __typename: typeOf(id),
          title: `title ${id}`,
          pages: 9,
        }),
      },
    },
  );
  const list = createSubgraph(
    'list',
    `${links} type Query { all: [Media] } type Media @interfaceObject @key(fields: "id") { id: ID! }`,
    { Query: { all: () => [{ id: '1' }, { id: '2' }] }, Media: asGiven },
  );
  const stars = createSubgraph(
    'stars',
    `${links}
    type Media @interfaceObject @key(fields: "id") {
      id: ID! title: String @external stars(n: Int = 1): String @requires(fields: "title")
    }`,
    {
      Media: {
        ...asGiven,
        stars: ({ id, title }: { id: string; title: string }, { n }: { n: number }) => {
          if (id === '2') films.push(id);
          return `${'*'.repeat(n)} ${title}`;
        },
      },
    },
  );
  return { gateway: createTestGateway([hub, list, stars]), films };
}

test('what an interface object requires is found for fields of one implementation', async () => {
  const { gateway } = createLibrary();
  assert.deepEqual(await gateway.ask('{ all { ... on Book { stars } } }'), {
    data: { all: [{ stars: '* title 1' }, {}] },
  });
  const query =
    '{ all { __typename ... on Book { pages stars: title more: stars(n: 2) stars_: stars } ... on Film { stars } } }';
  assert.deepEqual(await gateway.ask(query), {
    data: {
      all: [
        { __typename: 'Book', pages: 9, stars: 'title 1', more: '** title 1', stars_: '* title 1' },
        { __typename: 'Film', stars: '* title 2' },
      ],
    },
  });
});

test('where somebody may be denied an implementation, its fields are not asked for in passing, and planning is ended', async () => {
  const { gateway, films } = createLibrary('@authenticated');
  const subject = { ...anonymous, id: 'ana' };
  const ask = async () => {
    const from = systemClock.monotonic();
    const { data, errors } = await gateway.ask('{ all { ... on Book { stars } } }', { subject });
    assert.equal(data, undefined);
    assert.equal(errors?.[0]?.extensions.code, 'OPERATION_NOT_PLANNED');
    return systemClock.monotonic() - from;
  };
  const first = await ask();
  assert.ok(first < limits.planMs + 4_000, `${first} ms`);
  // It is remembered for a while.
  const again = await ask();
  assert.ok(again < limits.planMs / 2, `${again} ms`);
  assert.deepEqual(films, []);
  assert.deepEqual(await gateway.ask('{ shelves }'), { data: { shelves: 3 } });
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
