/** What the rules say of who asks, through the gateway: purposes under agreements, time, and who shares what is compiled. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildSchema } from 'graphql';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { compileCondition } from '../../../mesh/policy/condition.ts';
import { type Governance, noGovernance } from '../../../mesh/policy/governance.ts';
import { createCovers } from '../../../gateway/policy/products.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const canary = 'canary-91c2';
const delays = [
  { number: 'UA1', cause: canary, until: '1970-01-01T00:00:04Z' },
  { number: 'UA2', cause: canary, until: '1970-01-01T00:00:06Z' },
];
const agreement = { id: 'a', consumer: 'safety', products: ['Query.delays'], purposes: ['analysis'], until: 2_000 };
const ana: Subject = Object.freeze({ ...anonymous, id: 'ana', domain: 'safety', purpose: 'analysis' });

function open(rules: RulesByCoordinate, governance: Partial<Governance> = {}) {
  const airline = createSubgraph(
    'airline',
    `${federation('@key')}
    type Query { delays: [Delay] crew: [Person] } type Delay { number: String cause: String until: String } type Person { name: String }`,
    { Query: { delays: () => delays, crew: () => [{ name: canary }] } },
  );
  const clock = { at: 1_000 };
  const { ask } = createTestGateway([airline], {
    supergraph: composeRuled([airline], rules),
    governance: { ...noGovernance, ...governance },
    clock: { now: () => clock.at },
  });
  return {
    clock,
    asked: () => airline.requests.map(({ query }) => query).join('\n'),
    async ask(query: string, subject: Subject = ana) {
      const { data, errors = [] } = await ask(query, { subject });
      return { data, codes: errors.map(({ extensions }) => extensions['reasonCode']), text: JSON.stringify(errors) };
    },
  };
}

describe('a purpose', () => {
  const rules = { Delay: '@weft__purpose(allow: ["analysis"])', Person: '@weft__purpose(allow: ["analysis"])' };

  test('needs an agreement of the domain on a product that gives what is asked', async () => {
    const { ask, asked } = open(rules, { agreements: [agreement] });
    const answer = await ask('{ delays { number cause } crew { name } }');
    assert.deepEqual(answer.data, { delays: delays.map(({ number, cause }) => ({ number, cause })), crew: null });
    assert.deepEqual(answer.codes, ['AGREEMENT_MISSING']);
    assert.doesNotMatch(asked(), /crew/);
  });

  test('is denied with a code and a way out, and nothing is fetched, when one of the parts is missing', async () => {
    const { ask, asked } = open(rules, { agreements: [agreement] });
    for (const [subject, code] of [
      [{ ...ana, purpose: null }, 'PURPOSE_MISSING'],
      [{ ...ana, purpose: 'billing' }, 'PURPOSE_NOT_ALLOWED'],
      [{ ...ana, domain: 'sales' }, 'AGREEMENT_MISSING'],
      [{ ...ana, domain: null }, 'AGREEMENT_MISSING'],
    ] as const) {
      const answer = await ask('{ delays { cause } }', Object.freeze(subject));
      assert.deepEqual(answer.data, { delays: null });
      assert.deepEqual(answer.codes, [code]);
      assert.match(answer.text, /weft-purpose|schema\/agreements.yaml/);
      assert.doesNotMatch(answer.text, /sales|safety|billing|ana\b|canary/);
      assert.equal(asked(), '');
    }
  });

  test('ends with the agreement, and holds again under a later one, without anything being made anew', async () => {
    const { ask, clock } = open(rules, { agreements: [agreement, { ...agreement, id: 'b', until: 3_000 }] });
    const query = '{ delays { cause } }';
    for (const [at, codes] of [
      [1_000, []],
      [2_000, []],
      [2_999, []],
      [3_000, ['AGREEMENT_ENDED']],
      [9_000, ['AGREEMENT_ENDED']],
    ] as const) {
      clock.at = at;
      const answer = await ask(query);
      assert.deepEqual(answer.codes, codes, `at ${at}`);
      assert.equal(JSON.stringify(answer.data).includes(canary), codes.length === 0);
    }
  });

  test('needs no agreement where the mesh keeps none', async () => {
    const { ask } = open(rules, { agreements: null });
    assert.deepEqual((await ask('{ delays { number } }', Object.freeze({ ...ana, domain: null }))).codes, []);
  });
});

test('a policy that reads the time is asked again by every request', async () => {
  const early = compileCondition('now < timestamp("1970-01-01T00:00:02Z") && subject.claims.on');
  const rules = { 'Delay.cause': '@policy(policies: [["early"]])' };
  const { ask, clock } = open(rules, { policies: new Map([['early', early]]) });
  const subject = Object.freeze({ ...ana, claims: { on: true } });
  for (const [at, codes] of [
    [1_999, []],
    [2_000, ['POLICY_FAILED']],
    [2_001, ['POLICY_FAILED']],
  ] as const) {
    clock.at = at;
    assert.deepEqual((await ask('{ delays { cause } }', subject)).codes, codes, `at ${at}`);
  }
});

describe('what is compiled for one subject', () => {
  test('lets another see its own rows', async () => {
    const { ask } = open({ Delay: '@weft__rows(where: "object.number in subject.claims.numbers")' });
    const of = (...numbers: readonly string[]) =>
      ask('{ delays { number } }', Object.freeze({ ...ana, claims: { numbers } }));
    const answers = await Promise.all([of('UA1'), of('UA2'), of(), of('UA1', 'UA2')]);
    assert.deepEqual(
      answers.map(({ data }) => data?.['delays']),
      [[{ number: 'UA1' }], [{ number: 'UA2' }], [], [{ number: 'UA1' }, { number: 'UA2' }]],
    );
  });

  test('is not told to another who is denied for another reason', async () => {
    const { ask } = open({ 'Delay.cause': '@weft__purpose(allow: ["analysis"])' }, { agreements: [] });
    const of = (subject: Partial<Subject>) => ask('{ delays { cause } }', Object.freeze({ ...ana, ...subject }));
    const answers = await Promise.all([of({}), of({ purpose: null }), of({ purpose: 'x' }), of({})]);
    assert.deepEqual(
      answers.map(({ codes }) => codes),
      [['AGREEMENT_MISSING'], ['PURPOSE_MISSING'], ['PURPOSE_NOT_ALLOWED'], ['AGREEMENT_MISSING']],
    );
  });

  test('answers no later request with rows that have gone by then', async () => {
    const { ask, clock } = open({ Delay: '@weft__rows(where: "timestamp(object.until) > now")' });
    const early = ask('{ delays { number } }');
    clock.at = 5_000;
    const late = ask('{ delays { number } }');
    assert.deepEqual((await early).data, { delays: [{ number: 'UA1' }, { number: 'UA2' }] });
    assert.deepEqual((await late).data, { delays: [{ number: 'UA2' }] });
  });
});

test('a product covers itself, what stands below it and the type that it gives, in a list or a connection', () => {
  const covers = createCovers(
    buildSchema(`
      type Query { delays: [[Delay!]!]! page: DelayConnection any: Any party: Party delayed: Int }
      type DelayConnection { edges: [DelayEdge] total: Int } type DelayEdge { node: Delay cursor: String }
      type Delay { cause: String of: Flight } type Flight { number: String }
      interface Party { name: String } type Person implements Party { name: String } union Any = Delay | Flight`),
  );
  for (const [product, coordinate, expected] of [
    ['Query.delays', 'Query.delays', true],
    ['Query.delays', 'Query.delays(first:)', true],
    ['Query.delays', 'Query.delayed', false],
    ['Query.delays', 'Query', false],
    ['Query.delays', 'Delay', true],
    ['Query.delays', 'Delay.cause', true],
    ['Query.delays', 'DelayEdge', false],
    ['Query.delays', 'Flight.number', false],
    ['Query.page', 'Delay.cause', true],
    ['Query.page', 'DelayConnection.total', true],
    ['Query.page', 'DelayEdge.cursor', true],
    ['Query.any', 'Delay.cause', false],
    ['Query.party', 'Party.name', true],
    ['Query.party', 'Person.name', false],
    ['Delay', 'Delay.cause', true],
    ['Delay', 'DelayEdge', false],
    ['Delay.of', 'Flight.number', true],
    ['Query.nothing', 'Delay', false],
    ['Nothing', 'Delay', false],
    ['', 'Delay', false],
  ] as const)
    assert.equal(covers(product, coordinate), expected, `${product} and ${coordinate}`);
});
