/** Inputs as oracles: whoever may filter or sort by what he sees masked learns it. However the input is given, it is refused. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { JsonObject } from '../../mesh/core/json.ts';
import { attacks, codesOf, openCanaryMesh } from './canary-mesh.ts';

const mesh = await openCanaryMesh({ after });
const attack = attacks(mesh);

describe('a masked field is refused', () => {
  for (const [how, query, variables] of [
    ['as a sort key', '{ people(orderBy: card) { id } }'],
    ['as a sort key that is a number', '{ people(orderBy: salary) { id } }'],
    ['as a sort key in a variable', 'query ($o: PersonOrder) { people(orderBy: $o) { id } }', { o: 'card' }],
    ['as a sort key by default', 'query ($o: PersonOrder = card) { people(orderBy: $o) { id } }'],
    [
      'as a sort key by default, given null elsewhere',
      'query ($o: PersonOrder = card, $w: PersonFilter) { people(orderBy: $o, where: $w) { id } }',
      { w: null },
    ],
    ['in a list of sort keys', '{ people(orders: [{ by: NAME }, { by: card }]) { id } }'],
    ['in an object in place of a list of them', '{ people(orders: { by: card }) { id } }'],
    [
      'in a list in a variable',
      'query ($o: [PersonSort!]) { people(orders: $o) { id } }',
      { o: [{ by: 'NAME' }, { by: 'card' }] },
    ],
    [
      'in an object in place of a list in a variable',
      'query ($o: [PersonSort!]) { people(orders: $o) { id } }',
      { o: { by: 'card' } },
    ],
    [
      'as a variable in an object in a list',
      'query ($by: PersonOrder!) { people(orders: [{ by: $by }]) { id } }',
      { by: 'card' },
    ],
    ['as an argument', '{ byCard(card: "canary") { id } }'],
    ['as an argument in a variable', 'query ($c: String) { byCard(card: $c) { id } }', { c: 'x' }],
    ['as an argument that is null', '{ byCard(card: null) { id } }'],
    ['as an argument in a variable that is null', 'query ($c: String) { byCard(card: $c) { id } }', { c: null }],
    ['as a filter', '{ people(where: { card: { startsWith: "c" } }) { id } }'],
    ['as a filter beside an allowed one', '{ people(where: { name: { eq: "Ann" }, card: { in: [] } }) { id } }'],
    ['as a filter in a filter', '{ people(where: { and: [{ and: [{ card: { eq: "x" } }] }] }) { id } }'],
    ['as a filter of another object', '{ people(where: { boss: { card: { eq: "x" } } }) { id } }'],
    [
      'as a filter in a variable',
      'query ($w: PersonFilter) { people(where: $w) { id } }',
      { w: { and: [{ card: { eq: 'x' } }] } },
    ],
    [
      'as a variable in a filter',
      'query ($t: StringTest) { people(where: { card: $t }) { id } }',
      { t: { startsWith: 'c' } },
    ],
    ['as a filter of numbers', '{ people(where: { salary: 7000000 }) { id } }'],
    ['as a key of a JSON literal', '{ people(filter: { card: { gt: "c" } }) { id } }'],
    ['as a key of a JSON literal, deep', '{ people(filter: { or: [{ not: { card: 1 } }] }) { id } }'],
    ['as a key of JSON in a variable', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { or: [{ card: 1 }] } }],
    ['as a variable in a JSON literal', 'query ($f: JSON) { people(filter: { or: [$f] }) { id } }', { f: { card: 1 } }],
    ['as a text in JSON', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { sort: ['card'] } }],
    ['as a key of JSON with an operator', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { card__gt: 'c' } }],
    ['as a key of JSON with another', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { card_in: ['c'] } }],
    ['as a key of JSON with a sign', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { $card: 'c' } }],
    ['as a key of JSON that is a path', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { 'boss.card': 'c' } }],
    ['as a descending order in JSON', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { sort: '-card' } }],
    ['as an order in words in JSON', '{ people(filter: { sort: "name asc, card DESC NULLS LAST" }) { id } }'],
    ['as a path in JSON', '{ people(filter: { by: ["boss.card"] }) { id } }'],
    ['as JSON in a text in JSON', 'query ($f: JSON) { people(filter: $f) { id } }', { f: '{"or":[{"card":1}]}' }],
    ['as JSON in JSON in a text', 'query ($f: JSON) { people(filter: $f) { id } }', { f: { q: '"{\\"card\\":1}"' } }],
    [
      'as JSON in a text, deeper than anybody looks',
      'query ($f: JSON) { people(filter: $f) { id } }',
      { f: `${'['.repeat(90)}{"card":1}${']'.repeat(90)}` },
    ],
    ['as an enum value in JSON', '{ people(filter: { sort: card }) { id } }'],
    ['as JSON by default', 'query ($f: JSON = { card: 1 }) { people(filter: $f) { id } }'],
    ['under another name for the call', '{ plain: people(orderBy: card) { id } }'],
    ['in a fragment', '{ ...F } fragment F on Query { people(orderBy: card) { id } }'],
  ] as const satisfies readonly (readonly [string, string, JsonObject?])[]) {
    test(how, async () => {
      const { answer, asked } = await mesh.probe(query, { variables: variables ?? {} });
      assert.deepEqual(codesOf(answer), ['UNAUTHORIZED_FIELD_OR_TYPE']);
      assert.equal(asked.length, 0);
    });
  }
});

describe('inputs', () => {
  attack(
    'of one call say nothing of another',
    '{ a: people(orderBy: card) { id } b: people(orderBy: NAME) { id } }',
    ({ answer, asked }) => {
      assert.deepEqual(answer.data, { a: null, b: [{ id: '1' }, { id: '3' }] });
      assert.equal(asked.length, 1);
    },
  );
  test('that were refused once are not taken the second time, nor the other way round', async () => {
    const query = 'query ($o: PersonOrder) { people(orderBy: $o) { id } }';
    for (const o of ['NAME', 'card', 'NAME', 'card', null, 'card'] as const) {
      const { answer } = await mesh.probe(query, { variables: { o } });
      assert.equal(answer.data?.['people'] === null, o === 'card', String(o));
    }
  });
  test('are taken from those who see the field whole, and from nobody after them', async () => {
    const query = '{ people(orderBy: card) { id } }';
    for (const scope of ['cards', '', 'cards', 'card', 'CARDS'] as const) {
      const { answer } = await mesh.probe(query, { claims: { scope } });
      assert.equal(answer.data?.['people'] === null, scope !== 'cards', scope);
    }
  });
  attack(
    'of a field that is denied do not reach its domain',
    ['{ person(id: "1") { badgeNumber(format: "x") } }', { unasked: ['badgeNumber'] }],
    ({ answer }) => {
      assert.deepEqual(answer.data, { person: { badgeNumber: null } });
    },
  );
  attack(
    'are not told back where they are wrong',
    ['query ($o: PersonOrder) { people(orderBy: $o) { id } }', { variables: { o: 'CARD' } }],
    ({ answer, asked }) => {
      assert.deepEqual([answer.data, asked.length], [undefined, 0]);
    },
  );
  attack(
    'that find hidden rows find nothing',
    '{ people(where: { boss: { name: { startsWith: "c" } } }) { id } }',
    ({ answer, asked }) => {
      assert.deepEqual(codesOf(answer), ['UNAUTHORIZED_FIELD_OR_TYPE']);
      assert.equal(asked.length, 0);
    },
  );
});
