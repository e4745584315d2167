/** What simulations tell of an operation: verdicts as pruning has them, why, and changes that do what they say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Change, applyChange } from '../../../gateway/simulate/change.ts';
import { type SimulatedPlace, type Simulation, simulate } from '../../../gateway/simulate/simulate.ts';
import { maskText } from '../../../mesh/policy/mask.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeRuled } from '../../support/ruled.ts';
import { groundOn, simulateFor, somebody } from '../../support/simulation.ts';
import { createSubgraph } from '../../support/subgraph.ts';
import { createZoo, zooPlaces } from '../../support/zoo.ts';

const shop = createSubgraph(
  'shop',
  `type Query { orders(mail: String, by: Sort): [Order] page: OrderConnection people: [Person] }
  enum Sort { AGE PAY }
  type OrderConnection { edges: [OrderEdge] totalCount: Int }
  type OrderEdge { cursor: String node: Order }
  type Order { id: ID region: String total: Float mail: String person: Person status: Status }
  type Person { name: String pay: Float mail: String }
  enum Status { OPEN SECRET }`,
  {},
);

/** `COORDINATE VERDICT`, in order. */
function verdictsOf({ places }: Pick<Simulation, 'places'>): readonly string[] {
  return places.map(({ kind, coordinate, verdict, mask, filters }) => {
    const detail = mask === null ? filters.join(' && ') : maskText(mask);
    return [kind === 'field' ? coordinate : `${kind} ${coordinate}`, verdict, detail].join(' ').trim();
  });
}

function placeAt({ places }: Simulation, coordinate: string): SimulatedPlace {
  return places.find((place) => place.coordinate === coordinate) ?? assert.fail(`Nothing is told of ${coordinate}.`);
}

function changeAt(simulation: Simulation, coordinate: string): Change & { readonly outcome: string } {
  return placeAt(simulation, coordinate).change ?? assert.fail(`Nothing would change ${coordinate}.`);
}

describe('simulate() tells', () => {
  test('what is allowed, masked, filtered and denied, and what is left to ask', () => {
    const sdl = composeRuled([shop], {
      Order: '@weft__rows(where: "object.region in subject.claims.regions")',
      'Order.mail': '@weft__mask(with: LAST4)',
      'Person.pay': '@authenticated @requiresScopes(scopes: [["pay"]])',
      'Status.SECRET': '@requiresScopes(scopes: [["secret"]])',
    });
    const subject = somebody({ claims: { regions: ['eu'] } });
    const query = '{ orders { id mail status person { pay } } people { name pay } }';
    const simulation = simulateFor(subject, query, { ground: groundOn(sdl) });
    assert.deepEqual(verdictsOf(simulation), [
      'Query.orders filter object.region in ["eu"]',
      'type Order filter object.region in ["eu"]',
      'Order.id allow',
      'Order.mail mask LAST4',
      'Order.status allow',
      'value Status.SECRET deny',
      'Order.person allow',
      'type Person allow',
      'Person.pay deny',
      'Query.people allow',
      'Person.name allow',
    ]);
    assert.equal(
      simulation.sent?.replaceAll(/\s+/g, ' '),
      '{ orders { id mail status person { __typename } } people { name } }',
    );
    assert.deepEqual(simulation.read, ['Order.region']);
    assert.deepEqual(placeAt(simulation, 'Person.pay').paths, ['orders.person.pay', 'people.pay']);
    assert.deepEqual(placeAt(simulation, 'Query.orders').reads, [{ name: 'subject.claims.regions', value: ['eu'] }]);
  });

  test('inputs that are refused, and what is not come to', () => {
    const ground = groundOn(composeRuled([shop], { 'Order.mail': '@requiresScopes(scopes: [["pii"]])' }));
    const query = 'query ($mail: String) { orders(mail: $mail) { id } }';
    const open = simulateFor(anonymous, query, { ground });
    assert.deepEqual(verdictsOf(open), ['Query.orders allow', 'type Order allow', 'Order.id allow']);
    const simulation = simulateFor(anonymous, query, { ground, variables: { mail: 'a@b' } });
    assert.deepEqual(verdictsOf(simulation), [
      'input Query.orders(mail:) deny',
      'Query.orders deny',
      'type Order deny',
      'Order.id deny',
    ]);
    assert.equal(placeAt(simulation, 'Order.id').below, 'Query.orders');
    assert.equal(simulation.sent, null);
    const { scopes, signIn, outcome } = changeAt(simulation, 'Query.orders(mail:)');
    assert.deepEqual([scopes, signIn, outcome], [['pii'], true, 'allow']);
  });

  test('of rows behind an edge, and of a total over them', () => {
    const ground = groundOn(
      composeRuled([shop], { Order: '@weft__rows(where: "object.total < subject.claims.most")' }),
    );
    const subject = somebody({ claims: { most: 3 } });
    const simulation = simulateFor(subject, '{ page { totalCount edges { cursor node { id } } } }', { ground });
    const verdicts = new Map(
      verdictsOf(simulation).map((line) => line.split(/ (.*)/s).slice(0, 2) as [string, string]),
    );
    assert.equal(verdicts.get('OrderConnection.totalCount'), 'deny');
    assert.equal(verdicts.get('OrderConnection.edges'), 'filter object.total < 3.0');
    assert.equal(verdicts.get('OrderEdge.node'), 'filter object.total < 3.0');
  });
});

describe('the nearest change', () => {
  const change = (
    rules: Readonly<Record<string, string>>,
    subject: Subject,
    more = {},
  ): Change & { readonly outcome: string } => {
    const { purposes = [], ...governance } = more as { purposes?: readonly string[] };
    const ground = groundOn(composeRuled([shop], rules), governance);
    return changeAt(simulateFor(subject, '{ people { pay } }', { ground, purposes }), 'Person.pay');
  };

  test('is the smallest set of scopes, over all rules that stand in the way', () => {
    const rules = {
      Person: '@requiresScopes(scopes: [["a", "b", "c"], ["d"]])',
      'Person.pay':
        '@requiresScopes(scopes: [["c", "d"], ["e"]]) @weft__mask(with: REDACT, unless: [["f"], ["e", "g"]])',
    };
    // The field and its type; what comes next is the mask.
    const lacking = change(rules, somebody({ scopes: ['b'] }));
    assert.deepEqual([lacking.scopes, lacking.outcome], [['c', 'd'], 'mask']);
    assert.deepEqual(change(rules, somebody({ scopes: ['a', 'b', 'e'] })).scopes.length, 1);
    const masked = change(rules, somebody({ scopes: ['c', 'd'] }));
    assert.deepEqual([masked.scopes, masked.outcome], [['f'], 'allow']);
    assert.equal(change(rules, anonymous).signIn, true);
  });

  test('says where none would do: a mask without exception', () => {
    const { impossible, scopes } = change({ 'Person.pay': '@weft__mask(with: ROUND, n: 10)' }, somebody());
    assert.deepEqual(scopes, []);
    assert.match(impossible[0] ?? '', /^@weft__mask\(.*\) at Person\.pay makes no exception$/);
  });

  test('names policies that do not hold, with what they read', () => {
    const policies = { adult: 'subject.claims.age >= 18', staff: '"staff" in subject.roles' };
    const rules = { 'Person.pay': '@policy(policies: [["adult", "staff"], ["nobody", "adult", "staff"]])' };
    const { conditions, outcome } = change(rules, somebody({ claims: { age: 17 }, roles: ['staff'] }), { policies });
    assert.equal(outcome, 'allow');
    assert.deepEqual(conditions, [
      {
        name: 'policy adult',
        text: 'subject.claims.age >= 18',
        reads: [{ name: 'subject.claims.age', value: 17 }],
      },
    ]);
  });

  test('states a purpose that may be stated before one that has to be granted, and that before an agreement', () => {
    const rules = { 'Person.pay': '@weft__purpose(allow: ["audit", "risk", "care"])' };
    const subject = somebody({ domain: 'safety' });
    assert.deepEqual(change(rules, subject).purpose, { name: 'audit', isGranted: false });
    assert.deepEqual(change(rules, subject, { purposes: ['care'] }).purpose, { name: 'care', isGranted: true });
    const made = { id: '1', consumer: 'safety', products: ['Person'], purposes: ['risk'], until: 1 };
    const agreed = change(rules, subject, { purposes: ['care'], agreements: [made] });
    assert.deepEqual([agreed.purpose, agreed.agreement], [{ name: 'risk', isGranted: false }, null]);
    const stated = change(rules, { ...subject, purpose: 'care' }, { purposes: ['care'], agreements: [] });
    assert.equal(stated.purpose, null);
    assert.deepEqual(stated.agreement, { consumer: 'safety', products: ['Person.pay'], purposes: ['care'] });
    assert.equal(stated.outcome, 'allow');
  });

  test('finds purposes that no rule forbids, or says that there are none', () => {
    const both = (other: string) => ({
      Person: `@weft__purpose(allow: ["${other}"])`,
      'Person.pay': '@weft__purpose(allow: ["a", "b"])',
    });
    assert.equal(change(both('b'), somebody()).purpose?.name, 'b');
    assert.match(change(both('c'), somebody()).impossible[0] ?? '', /^no purpose is allowed by /);
  });
});

describe('for any rules, subject and operation', () => {
  const scopes = ['a', 'b', 'c'];
  const lists = fc.array(fc.subarray(scopes, { minLength: 1 }), { minLength: 1, maxLength: 2 });
  const texts = fc.oneof(
    fc.constant('@authenticated'),
    lists.map((anyOf) => `@requiresScopes(scopes: ${JSON.stringify(anyOf)})`),
    lists.map((anyOf) => `@weft__mask(with: REDACT, unless: ${JSON.stringify(anyOf)})`),
  );
  const leaves = new Set(['name', 'secret', 'lives', 'height', 'weight']);
  const rules = fc.dictionary(fc.constantFrom(...zooPlaces), texts, { minKeys: 1, maxKeys: 4 }).map((all) =>
    // Objects are not masked.
    Object.fromEntries(
      Object.entries(all).filter(([place, text]) => !text.includes('mask') || leaves.has(place.split('.')[1] ?? '')),
    ),
  );
  const subjects = fc.oneof(
    fc.constant(anonymous),
    fc.subarray(scopes).map((had) => somebody({ scopes: had })),
  );
  const queries = fc.constantFrom(
    '{ animals { name secret friend { secret ... on Cat { lives } } ... on Dog { likes { ... on Rock { weight } } } } }',
    '{ things { ... on Rock { weight beside { ... on Being { name } } } ... on Animal { secret } } cat { friend { name } } }',
    '{ beings { name ... on Fern { height } ... on Animal { x: secret friend { friend { name } } } } }',
  );
  const { subgraph } = createZoo();

  test('the survey tells what pruning takes out and nothing else, and changes do what they say and no more', () => {
    fc.assert(
      fc.property(rules, subjects, queries, (places, subject, document) => {
        const ground = groundOn(composeRuled([subgraph], places));
        const request = { document, operationName: null, variables: {}, subject, purposes: [] };
        const simulation = simulate(request, ground);
        for (const place of simulation.places) {
          if (place.change === null) continue;
          const apply = (change: Change) => {
            const changed = applyChange(change, { subject, governance: ground.governance }).subject;
            return simulate({ ...request, subject: changed }, ground).places.filter(
              ({ kind, coordinate, paths }) =>
                kind === place.kind &&
                coordinate === place.coordinate &&
                paths.some((path) => place.paths.includes(path)),
            );
          };
          assert.notEqual(place.change.outcome, place.verdict);
          assert.ok(apply(place.change).every(({ verdict }) => verdict !== place.verdict));
          for (const scope of place.change.scopes) {
            const less = { ...place.change, scopes: place.change.scopes.filter((one) => one !== scope) };
            const rest = apply(less);
            assert.ok(
              rest.length === 0 || rest.some(({ verdict }) => verdict === place.verdict),
              `${scope} is not needed`,
            );
          }
        }
        const asked = new Set(simulation.sent?.match(/\w+/g) ?? []);
        for (const { kind, coordinate, verdict } of simulation.places) {
          const name = coordinate.split('.')[1] ?? '';
          if (kind === 'field' && verdict !== 'deny') assert.ok(asked.has(name), `${coordinate} is asked for`);
        }
        for (const name of leaves) {
          const told = simulation.places.filter(({ coordinate }) => coordinate.endsWith(`.${name}`));
          if (told.length > 0 && told.every(({ verdict }) => verdict === 'deny'))
            assert.ok(!asked.has(name), `${name} is not`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a gateway denies at the positions that the survey tells of, and at no others', async () => {
    await fc.assert(
      fc.asyncProperty(rules, subjects, queries, async (places, subject, document) => {
        const supergraph = composeRuled([subgraph], places);
        const simulation = simulateFor(subject, document, { ground: groundOn(supergraph) });
        const { errors = [] } = await createTestGateway([subgraph], { supergraph }).ask(document, { subject });
        const denied = errors.filter(({ extensions }) => extensions.code === 'UNAUTHORIZED_FIELD_OR_TYPE');
        const told = simulation.places.filter(({ verdict, below }) => verdict === 'deny' && below === null);
        assert.deepEqual(
          [...new Set(denied.map(({ path = [] }) => path.join('.')))].toSorted(),
          [...new Set(told.flatMap(({ paths }) => paths))].toSorted(),
        );
      }),
      { numRuns: 40 },
    );
  });
});
