/** Row filters on their way: from the rules of the graph to the processes of a domain, in this process and behind HTTP. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { parse } from 'graphql';
import { giveContext } from '../../../gateway/auth/context.ts';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { createSubgraphViews } from '../../../gateway/policy/subgraph-views.ts';
import { createKeysRoute } from '../../../gateway/server/keys.ts';
import { send } from '../../../gateway/server/reply.ts';
import { composeSubgraphs } from '../../../gateway/supergraph/compose.ts';
import { systemClock } from '../../../mesh/core/clock.ts';
import { meshDefinitions } from '../../../mesh/core/definitions.ts';
import type { Subgraph } from '../../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { openLog } from '../../../mesh/events/open.ts';
import { createContextSigner } from '../../../mesh/identity/context-signer.ts';
import { readPolicy } from '../../../mesh/policy/read-rules.ts';
import type { Rule } from '../../../mesh/policy/rules.ts';
import type { Verdict, View } from '../../../mesh/policy/view.ts';
import { serveSubgraph } from '../../../mesh/runtime/serve.ts';
import { openStage, temporaryFolder, writeFolder, sdk } from '../../runtime/fixture.ts';
import { type TestGateway, createTestGateway } from '../../support/gateway.ts';
import { type TestSubgraph, createSubgraph } from '../../support/subgraph.ts';

const link = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  @link(url: "https://weft.dev/weft/v1.0", import: ["@process", "@rows", "@derivedFrom"])
`;

const schema = `${link}
type Query {
  trips: [Trip!]! @process(name: "trips")
  known: Int @process(name: "known")
  count: Int @process(name: "known") @derivedFrom(coordinates: ["Trip"])
  unsifted: Int @process(name: "unsifted") @derivedFrom(coordinates: ["Trip"])
  secondHand: Int @process(name: "known") @derivedFrom(coordinates: ["Query.unsifted"])
}
type Trip @key(fields: "id") @rows(where: "object.region in subject.claims.regions") { id: ID! region: String! }
`;

const canary = 4711;
const domain = `import { aggregator, defineDomain, defineProcess } from '${sdk}';
const all = ['EU', 'US', 'EU', 'AS', 'EU'].map((region, index) => ({ id: String(index + 1), region }));
const one = (name, run) => defineProcess({ name, logics: [], aggregator: aggregator('answer', run) });
export default defineDomain({ name: 'trips', owner: 'Team', description: 'Trips.', processes: [
  one('trips', ({ result }) => result.finalize(all)),
  one('unsifted', ({ result }) => result.finalize(${canary})),
  one('known', ({ visible, result }) => result.finalize(visible('Trip', all).length)),
] });
`;

const foreign = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { greeting: String }
type Trip @key(fields: "id") { id: ID! note: String }`;

const expected = { EU: ['1', '3', '5'], US: ['2'], AS: ['4'], none: [] };

function personIn(region: keyof typeof expected): Subject {
  return Object.freeze({ ...anonymous, id: `of ${region}`, claims: { regions: region === 'none' ? [] : [region] } });
}

interface Mesh {
  readonly gateway: TestGateway;
  readonly notes: TestSubgraph;
}

function meshOf(trips: Subgraph): Mesh {
  const notes = createSubgraph('notes', foreign, {
    Query: { greeting: () => 'hello' },
    Trip: { note: ({ id }: { id: string }) => `on ${id}` },
  });
  const all = [trips, notes];
  return {
    gateway: createTestGateway(all, { supergraph: composeSubgraphs(all, { definitions: meshDefinitions() }).sdl }),
    notes,
  };
}

async function openInside(t: TestContext): Promise<Mesh> {
  const { host } = await openStage(t, [writeFolder(t, { 'domain.ts': domain, 'schema.graphql': schema })]);
  const [trips] = host.subgraphs;
  assert.ok(trips);
  return meshOf(trips);
}

async function openBehindHttp(t: TestContext): Promise<Mesh> {
  const signer = createContextSigner({ keyFile: null, clock: systemClock });
  const route = createKeysRoute(signer);
  const keys = createServer(async (request, response) => {
    const reply = await route(request.url ?? '', request);
    if (reply !== null) send(response, reply);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => keys.once('listening', done));
  t.after(() => keys.close());
  const log = await openLog(join(temporaryFolder(t), 'log.db'));
  t.after(() => log.close());
  const served = await serveSubgraph({
    folder: writeFolder(t, { 'domain.ts': domain, 'schema.graphql': schema }),
    host: '127.0.0.1',
    port: 0,
    log,
    callers: { jwks: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/.well-known/jwks.json` },
    writeLine: () => undefined,
  });
  t.after(() => served.close());
  const trips = createHttpSubgraph({ name: 'trips', sdl: schema, url: served.url });
  t.after(() => trips.close());
  return meshOf(giveContext(trips, { signer, clock: systemClock, appliesFilters: true }));
}

for (const [where, open] of [
  ['in this process', openInside],
  ['behind HTTP', openBehindHttp],
] as const) {
  describe(`a domain ${where}`, () => {
    test('counts for each of many subjects at a time the rows that exist for them', async (t) => {
      const { gateway } = await open(t);
      const regions = Object.keys(expected) as (keyof typeof expected)[];
      const people = new Map(regions.map((region) => [region, personIn(region)]));
      await Promise.all(
        Array.from({ length: 80 }, async (_, number) => {
          const region = regions[(number * 7) % regions.length] ?? 'none';
          const subject = people.get(region) ?? anonymous;
          const { data, errors } = await gateway.ask('{ trips { id } known count }', { subject });
          const ids = expected[region];
          assert.deepEqual(errors, undefined);
          assert.deepEqual(data, { trips: ids.map((id) => ({ id })), known: ids.length, count: ids.length }, region);
        }),
      );
      const { data } = await gateway.ask('{ trips { id } known count }');
      assert.deepEqual(data, { trips: [], known: 0, count: 0 });
    });

    test('gives no total of rows that it has not sifted, nor one that is made of such a total', async (t) => {
      const { gateway } = await open(t);
      const answer = await gateway.ask('{ unsifted secondHand }', { subject: personIn('EU') });
      assert.deepEqual(answer.data, { unsifted: null, secondHand: null });
      const codes = answer.errors?.map(({ extensions }) => extensions.code);
      assert.deepEqual(codes, ['UNAUTHORIZED_FIELD_OR_TYPE', 'UNAUTHORIZED_FIELD_OR_TYPE']);
      assert.ok(!JSON.stringify(answer).includes(String(canary)));
    });
  });
}

test('a subgraph that applies no filters is told none', async (t) => {
  const { gateway, notes } = await openInside(t);
  await gateway.ask('{ greeting trips { note } }', { subject: personIn('EU') });
  assert.ok(notes.requests.length >= 1);
  assert.ok(notes.requests.every(({ view }) => view === undefined));
});

describe('createSubgraphViews()', () => {
  const policy = readPolicy(
    parse(`extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@rows", "@derivedFrom"])
      interface Place @rows(where: "object.open") { id: ID! }
      type Park implements Place @rows(where: "object.size > 3") { id: ID! }
      type Pond @rows(where: "object.until > now") { id: ID! }
      type Secret @rows(where: "subject.id == 'ada'") { id: ID! }
      type Query { ponds: Int @derivedFrom(coordinates: ["Pond.id"]) }`),
  );
  const viewsOf = createSubgraphViews({
    readTypes: () =>
      new Map([
        ['parks', new Set(['Park', 'Place'])],
        ['bank', new Set(['Secret'])],
        ['foreign', new Set(['Park', 'Secret'])],
      ]),
    policy,
    possibleTypes: (type) => new Set(type === 'Place' ? ['Park'] : [type]),
    subgraphs: new Map([
      ['parks', { appliesFilters: true }],
      ['bank', { appliesFilters: true }],
      ['foreign', {}],
    ]),
    revision: 'r1',
  });

  /** A view in which each filter says its condition and the hour; of some types, something else. */
  function viewOf(hour: () => number, said: Readonly<Record<string, Verdict>> = {}): View {
    const verdictOf = (rule: Rule): Verdict => {
      const text = rule.kind === 'rows' ? rule.condition.text.replace('now', String(hour())) : '';
      return said[rule.coordinate] ?? { kind: 'filter', filter: { text, fields: new Map(), holds: () => false } };
    };
    return { verdictOf } as View;
  }

  test('tells each subgraph of its own types, and of what anything is derived from', () => {
    const views = viewsOf?.(viewOf(() => 1));
    assert.deepEqual(views?.get('parks'), {
      revision: 'r1',
      filters: { Park: '(object.open) && (object.size > 3)', Place: 'object.open', Pond: 'object.until > 1' },
    });
    assert.deepEqual(Object.keys(views?.get('bank')?.filters ?? {}), ['Pond', 'Secret']);
    assert.equal(views?.get('foreign'), undefined);
    assert.equal(views?.get('elsewhere'), undefined);
  });

  test('says nothing of rows that all exist, and that none does of a type that is denied', () => {
    const views = viewsOf?.(
      viewOf(() => 1, {
        Place: { kind: 'allow' },
        Secret: { kind: 'deny', code: 'SCOPE_MISSING', reason: 'no' },
        Pond: { kind: 'allow' },
      }),
    );
    assert.deepEqual(views?.get('parks')?.filters, { Park: 'object.size > 3' });
    assert.deepEqual(views?.get('bank')?.filters, { Secret: 'false' });
  });

  test('gives the same object until what depends on the time says something else', () => {
    let hour = 1;
    const view = viewOf(() => hour);
    const first = viewsOf?.(view).get('parks');
    assert.equal(viewsOf?.(view).get('parks'), first);
    hour = 2;
    const second = viewsOf?.(view).get('parks');
    assert.equal(second?.filters['Pond'], 'object.until > 2');
    assert.equal(viewsOf?.(view).get('parks'), second);
  });

  test('is not there where there is nothing to tell', () => {
    const rest = { readTypes: () => new Map(), possibleTypes: () => new Set<string>(), revision: '' };
    assert.equal(createSubgraphViews({ ...rest, policy, subgraphs: new Map([['foreign', {}]]) }), null);
    const none = { rules: new Map(), derivations: new Map() };
    const subgraphs = new Map([['parks', { appliesFilters: true }]]);
    assert.equal(createSubgraphViews({ ...rest, policy: none, subgraphs }), null);
  });
});
