/** What a domain says when it fails may quote what a subject does not see. It stays inside, wherever the domain says it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createHttpSubgraph } from '../../gateway/execute/http.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { createTestGateway } from '../support/gateway.ts';
import { serveHttp } from '../support/http-subgraph.ts';
import { composeRuled } from '../support/ruled.ts';
import { federation } from '../support/subgraph.ts';
import { assertHidden } from './canary-mesh.ts';

/** What the domains answer next: a body, as it is sent. */
const script = { cards: '{}', risks: '{}', status: 200 };
const life = { after };

const cardsSdl = `${federation('@key')}
  type Query { holder: Holder holders: [Holder] owner: Owner any: [Any] }
  interface Owner { card: String! name: String }
  union Any = Holder
  type Holder implements Owner @key(fields: "id") { id: ID! card: String! name: String region: String pin: String inner: Inner }
  type Inner { card: String! }`;
const risksSdl = `${federation('@key')} type Holder @key(fields: "id") { id: ID! risk: String grade: String }`;
const rules = {
  'Holder.card': '@weft__mask(with: LAST4)',
  'Inner.card': '@weft__mask(with: REDACT)',
  'Holder.risk': '@weft__mask(with: REDACT)',
  'Holder.pin': '@authenticated',
};
const inWest = { ...rules, Holder: '@weft__rows(where: "object.region == \'west\'")' };

const domains = await Promise.all(
  Object.entries({ cards: cardsSdl, risks: risksSdl }).map(async ([name, sdl]) => {
    const url = await serveHttp(life, (incoming, response) => {
      incoming.resume();
      const type = { 'content-type': 'application/json', 'set-cookie': 'a=canary', 'x-trace': 'canary' };
      response.writeHead(script.status, type).end(script[name as 'cards' | 'risks']);
    });
    const subgraph = createHttpSubgraph({ name, sdl, url });
    after(() => subgraph.close());
    return subgraph;
  }),
);
const gateways = {
  masked: createTestGateway(domains, { supergraph: composeRuled(domains, rules) }),
  filtered: createTestGateway(domains, { supergraph: composeRuled(domains, inWest) }),
};

interface Said {
  readonly cards?: object | string;
  readonly risks?: object | string;
  readonly status?: number;
}

async function assertUntold(query: string, said: Said, subject: Subject = anonymous) {
  const textOf = (body: object | string = {}): string => (typeof body === 'string' ? body : JSON.stringify(body));
  Object.assign(script, { cards: textOf(said.cards), risks: textOf(said.risks), status: said.status ?? 200 });
  const answers = [];
  for (const gateway of Object.values(gateways)) answers.push(await gateway.ask(query, { subject }));
  assertHidden(...answers);
  return answers;
}

const error = (path?: readonly (string | number)[], more: object = {}) => ({
  message: 'the card canary is not right',
  ...(path === undefined ? {} : { path }),
  ...more,
});
const west = { __typename: 'Holder', id: '1', __rows_Holder_region: 'west' };

describe('an error of a masked value', () => {
  for (const [how, query, cards] of [
    ['at its place', '{ holder { card } }', { data: { holder: null }, errors: [error(['holder', 'card'])] }],
    ['under another name', '{ h: holder { c: card } }', { data: { h: null }, errors: [error(['h', 'c'])] }],
    [
      'that took its parent along',
      '{ holder { name card } }',
      { data: { holder: null }, errors: [error(['holder', 'card'])] },
    ],
    [
      'that took two parents along',
      '{ holder { inner { card } } }',
      { data: { holder: null }, errors: [error(['holder', 'inner', 'card'])] },
    ],
    ['that took all along', '{ holder { card } }', { data: null, errors: [error(['holder', 'card'])] }],
    [
      'in a list that is gone',
      '{ holders { card } }',
      { data: { holders: null }, errors: [error(['holders', 1, 'card'])] },
    ],
    [
      'in a list of nulls',
      '{ holders { card } }',
      { data: { holders: [null, null] }, errors: [error(['holders', 0, 'card']), error(['holders', 1, 'card'])] },
    ],
    ['behind an interface', '{ owner { card } }', { data: { owner: null }, errors: [error(['owner', 'card'])] }],
    [
      'behind a union',
      '{ any { ... on Holder { card } } }',
      { data: { any: [null] }, errors: [error(['any', 0, 'card'])] },
    ],
    ['that is said of its parent', '{ holder { card } }', { data: { holder: null }, errors: [error(['holder'])] }],
    [
      'that is said of a parent that is there',
      '{ holder { name inner { card } } }',
      { data: { holder: { ...west, name: 'a', inner: null } }, errors: [error(['holder'])] },
    ],
    ['without a place', '{ holder { card } }', { data: { holder: null }, errors: [error()] }],
    [
      'at a place that nobody asked for',
      '{ holder { card } }',
      { data: { holder: null }, errors: [error(['elsewhere', 'card'])] },
    ],
    ['in place of data', '{ holder { card } }', { errors: [error()] }],
    [
      'with a code of its own',
      '{ holder { card } }',
      { data: { holder: null }, errors: [error(['holder', 'card'], { extensions: { code: 'canary' } })] },
    ],
    [
      'with a code of ours, and more',
      '{ holder { card } }',
      {
        data: { holder: null },
        errors: [
          error(['holder', 'card'], { extensions: { code: 'BAD_REQUEST', value: 'canary', service: 'canary' } }),
        ],
      },
    ],
    [
      'with places in its text',
      '{ holder { card } }',
      {
        data: { holder: null },
        errors: [error(['holder', 'card'], { locations: [{ line: 1, column: 2, text: 'canary' }] })],
      },
    ],
    [
      'in extensions of the answer',
      '{ holder { name card } }',
      { data: { holder: null }, errors: [error(['holder', 'card'])], extensions: { trace: 'canary' } },
    ],
  ] as const) {
    test(`quotes it ${how}`, async () => {
      const answers = await assertUntold(query, { cards });
      for (const { errors = [] } of answers) assert.ok(errors.length <= 2);
    });
  }

  test('quotes it where another domain looks it up', async () => {
    const cards = { data: { holder: west, holders: [west] } };
    for (const errors of [
      [error(['_entities', 0, 'risk'])],
      [error(['_entities', 0])],
      [error(['_entities'])],
      [error()],
      [error(['_entities', 7, 'risk'])],
    ]) {
      for (const data of [null, { _entities: [null] }, { _entities: [{ risk: null, grade: 'a' }] }]) {
        await assertUntold('{ holder { risk grade } }', { cards, risks: { data, errors } });
      }
    }
  });
});

describe('an answer that is none', () => {
  for (const [what, said] of [
    ['another status', { cards: '{"errors":[{"message":"canary"}]}', status: 500 }],
    ['a text', { cards: 'canary' }],
    ['a page', { cards: '<h1>canary</h1>', status: 502 }],
    ['JSON that breaks off', { cards: '{"data":{"holder":{"card":"canary' }],
    ['a list', { cards: '["canary"]' }],
    ['an object in place of a text', { cards: { data: { holder: { ...west, card: { a: 'canary' } } } } }],
    ['a list in place of a text', { cards: { data: { holder: { ...west, card: ['canary-card', ['canary']] } } } }],
    ['a text in place of an object', { cards: { data: { holder: 'canary' } } }],
    ['a list in place of an object', { cards: { data: { holder: [{ ...west, card: 'canary' }] } } }],
    [
      'more than was asked for',
      { cards: { data: { holder: { ...west, card: 'canary-0000', pin: 'canary', canary: 1 }, pin: 'canary' } } },
    ],
    [
      'a key twice',
      {
        cards:
          '{"data":{"holder":{"__typename":"Holder","__rows_Holder_region":"west","card":"canary-0000","card":"canary-1111"}}}',
      },
    ],
    [
      'another type than there is',
      { cards: { data: { holder: { ...west, __typename: 'canary', card: 'canary-0000' } } } },
    ],
  ] as const) {
    test(`shows nothing of a masked value: ${what}`, async () => {
      await assertUntold('{ holder { card } }', said);
    });
  }

  test('shows nothing of a row whose region is of another form', async () => {
    for (const region of [undefined, null, ['west'], { west: 1 }, 'west ', true, 0]) {
      script.cards = JSON.stringify({ data: { holder: { name: 'canary', __rows_Holder_region: region } } });
      const answer = await gateways.filtered.ask('{ holder { name } }');
      assertHidden(answer);
      assert.deepEqual(answer.data, { holder: null });
    }
  });
});
