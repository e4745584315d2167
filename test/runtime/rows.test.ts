/** Row filters inside a domain: what processes answer, and what they count, is as if the other rows did not exist. */
import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import type { RowFilters, Subgraph, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { openStage, requestOf, writeDomain } from './fixture.ts';

const schema = `
type Query {
  flights: [Flight!]! @process(name: "flights")
  flight(id: ID!): Flight @process(name: "flight")
  sifted: FlightConnection! @process(name: "sifted")
  counted: FlightConnection! @process(name: "counted")
  total: Int @process(name: "total") @derivedFrom(coordinates: ["Flight"])
  siftedTotal: Int @process(name: "siftedTotal") @derivedFrom(coordinates: ["Flight"])
  inlineTotal: Int @process(name: "inlineTotal") @derivedFrom(coordinates: ["Flight"])
  things: ThingPage! @process(name: "things")
  siftedThings: ThingPage! @process(name: "siftedThings")
  bare: [Bare!]! @process(name: "bare")
  siftedBare: Int @process(name: "siftedBare") @derivedFrom(coordinates: ["Bare"])
}
type Subscription {
  departed: Departure @event(label: "departed") @derivedFrom(coordinates: ["Flight"])
  landed: Landing @event(label: "landed")
}
type Departure { waiting: Int }
type Landing { id: ID! }
interface Thing { id: ID! }
type ThingPage { items: [Thing!]! total: Int }
type Flight implements Thing @key(fields: "id") @process(name: "flightsById") {
  id: ID!
  region: String
  crew: [Flight!]
  next: Flight
  others: [Flight!]! @process(name: "others")
}
type Bare @key(fields: "id") { id: ID! region: String }
type FlightConnection { edges: [FlightEdge!]! nodes: [Flight] totalCount: Int! pageInfo: PageInfo! }
type FlightEdge { node: Flight! cursor: String }
type PageInfo { hasNextPage: Boolean! }
`;

const body = `
const all = ['EU', 'US', 'EU', 'AS'].map((region, index) => ({ id: String(index + 1), region }));
const one = (name, run, more = {}) => defineProcess({ name, logics: [], aggregator: aggregator('answer', run), ...more });
const connectionOf = (rows) => ({
  edges: rows.slice(0, 2).map((node) => ({ node, cursor: node.id })),
  nodes: rows.slice(0, 2),
  totalCount: rows.length,
  pageInfo: { hasNextPage: rows.length > 2 },
});
const typed = all.map((row) => ({ __typename: 'Flight', ...row }));
const processes = [
  one('flights', ({ result }) => result.finalize(all.map((row) => ({ ...row, crew: all, next: all[1] })))),
  one('flight', ({ input, result }) => result.finalize(all.find(({ id }) => id === input.args.id) ?? null)),
  one('sifted', ({ visible, result }) => result.finalize(connectionOf(visible('Flight', all)))),
  one('counted', ({ result }) => result.finalize(connectionOf(all))),
  one('total', ({ result }) => result.finalize(all.length)),
  one('siftedTotal', ({ visible, result }) => result.finalize(visible('Flight', all).length)),
  one('inlineTotal', ({ visible, result }) => result.finalize(visible('Flight', all).length), { inline: true }),
  one('things', ({ result }) => result.finalize({ items: typed, total: typed.length })),
  one('siftedThings', ({ visible, result }) => { const items = visible('Thing', typed); result.finalize({ items, total: items.length }); }),
  one('bare', ({ result }) => result.finalize([{ id: '1' }])),
  one('siftedBare', ({ visible, result }) => result.finalize(visible('Bare', [{ id: '1' }, { id: '2', region: 'EU' }, { id: '3', region: null }]).length)),
  one('flightsById', ({ input, result }) => result.finalize(input.references.map(({ id }) => all.find((row) => row.id === id) ?? null))),
  one('others', ({ input, result }) => result.finalize(input.parents.map((parent) => all.filter(({ id }) => id !== parent.id)))),
];
`;

const inEurope = { Flight: 'object.region == "EU"' };

async function open(t: TestContext): Promise<Subgraph> {
  const { host } = await openStage(t, [writeDomain(t, { schema, body })]);
  const [subgraph] = host.subgraphs;
  if (subgraph === undefined) throw new RangeError('The stage is empty');
  return subgraph;
}

async function ask(subgraph: Subgraph, query: string, filters: RowFilters): Promise<SubgraphResponse> {
  const request = { ...requestOf(query), view: { revision: '', filters } };
  return JSON.parse(JSON.stringify(await subgraph.fetch(request, new AbortController().signal))) as SubgraphResponse;
}

describe('a domain that is told which rows exist', () => {
  test('answers lists, single objects, entities and connections without the others', async (t) => {
    const subgraph = await open(t);
    assert.equal(subgraph.appliesFilters, true);
    const { data, errors } = await ask(
      subgraph,
      `{
        flights { id crew { id } next { id } others { id } }
        there: flight(id: "1") { id }
        gone: flight(id: "2") { id }
        sifted { edges { node { id } cursor } nodes { id } totalCount pageInfo { hasNextPage } }
        _entities(representations: [{ __typename: "Flight", id: "2" }, { __typename: "Flight", id: "3" }]) { ... on Flight { id region } }
      }`,
      inEurope,
    );
    assert.equal(errors, undefined);
    const [one, three] = [{ id: '1' }, { id: '3' }];
    assert.deepEqual(data, {
      flights: [
        { ...one, crew: [one, three], next: null, others: [three] },
        { ...three, crew: [one, three], next: null, others: [one] },
      ],
      there: one,
      gone: null,
      sifted: {
        edges: [
          { node: one, cursor: '1' },
          { node: three, cursor: '3' },
        ],
        nodes: [one, three],
        totalCount: 2,
        pageInfo: { hasNextPage: false },
      },
      _entities: [null, { ...three, region: 'EU' }],
    });
  });

  test('gives totals of what its processes let pass, in workers and inline, and no others', async (t) => {
    const subgraph = await open(t);
    const totals = '{ siftedTotal inlineTotal }';
    assert.deepEqual(await ask(subgraph, totals, {}), { data: { siftedTotal: 4, inlineTotal: 4 } });
    assert.deepEqual(await ask(subgraph, totals, inEurope), { data: { siftedTotal: 2, inlineTotal: 2 } });
    assert.deepEqual(await ask(subgraph, totals, { Flight: 'false' }), { data: { siftedTotal: 0, inlineTotal: 0 } });

    assert.deepEqual(await ask(subgraph, '{ total }', {}), { data: { total: 4 } });
    for (const query of [
      '{ total }',
      '{ counted { totalCount } }',
      '{ counted { nodes { id } } }',
      '{ things { total } }',
    ]) {
      const { data, errors } = await ask(subgraph, query, inEurope);
      assert.ok(data === null || Object.values(data ?? {}).every((value) => value === null), query);
      assert.equal(errors?.[0]?.extensions?.['code'], 'UNAUTHORIZED_FIELD_OR_TYPE', query);
    }
    // Other types' filters bear on them in no way.
    assert.deepEqual(await ask(subgraph, '{ total }', { Bare: 'false' }), { data: { total: 4 } });
  });

  test('follows no events that tell of all rows together', async (t) => {
    const subgraph = await open(t);
    const follow = async (query: string): Promise<SubgraphResponse | null> => {
      const request = { ...requestOf(query), view: { revision: '', filters: inEurope } };
      const stop = new AbortController();
      const events = subgraph.subscribe?.(request, stop.signal)[Symbol.asyncIterator]();
      const first = await Promise.race([events?.next(), new Promise((done) => setTimeout(done, 300, null))]);
      stop.abort();
      return (first as IteratorResult<SubgraphResponse> | null)?.value as SubgraphResponse | null;
    };
    const refused = await follow('subscription { departed { waiting } }');
    assert.equal(refused?.errors?.[0]?.extensions?.['code'], 'UNAUTHORIZED_FIELD_OR_TYPE');
    assert.equal(await follow('subscription { landed { id } }'), undefined);
  });

  test('knows rows of an interface by their own type', async (t) => {
    const subgraph = await open(t);
    const query = '{ siftedThings { total items { id } } }';
    const expected = { data: { siftedThings: { total: 2, items: [{ id: '1' }, { id: '3' }] } } };
    assert.deepEqual(await ask(subgraph, query, inEurope), expected);
    assert.deepEqual(await ask(subgraph, query, { Thing: inEurope.Flight }), expected);
  });

  test('leaves a row to the gateway that lacks what decides, and counts it for nobody', async (t) => {
    const subgraph = await open(t);
    const filters = { Bare: 'object.region == "EU"' };
    assert.deepEqual(await ask(subgraph, '{ bare { id } siftedBare }', filters), {
      data: { bare: [{ id: '1' }], siftedBare: 1 },
    });
  });

  test('hides every row under a filter that it cannot read, or that fails', async (t) => {
    const subgraph = await open(t);
    for (const text of ['object.region ==', 'object.region > 7', 'missing == 1', '"text"']) {
      assert.deepEqual(await ask(subgraph, '{ flights { id } siftedTotal }', { Flight: text }), {
        data: { flights: [], siftedTotal: 0 },
      });
    }
  });

  test('gives each of many askers at a time their own rows', async (t) => {
    const subgraph = await open(t);
    const expected = { EU: ['1', '3'], US: ['2'], AS: ['4'] };
    const regions = Object.keys(expected) as (keyof typeof expected)[];
    await Promise.all(
      Array.from({ length: 60 }, async (_, number) => {
        const region = regions[number % regions.length] ?? 'EU';
        const { data } = await ask(subgraph, '{ flights { id } siftedTotal }', {
          Flight: `object.region == "${region}"`,
        });
        const ids = expected[region];
        assert.deepEqual(data, { flights: ids.map((id) => ({ id })), siftedTotal: ids.length });
      }),
    );
  });
});
