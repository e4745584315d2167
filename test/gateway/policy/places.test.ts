/** A rule binds wherever a directive may stand: what is given of a ruled type, and rules of every kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph } from '../../support/subgraph.ts';

const canary = 'canary-83b1';

function open(rules: RulesByCoordinate) {
  const doc = { __typename: 'Doc', id: canary, text: canary };
  const shelf = createSubgraph(
    'shelf',
    `type Query { doc: Doc node: Node any: [Any] key: Key keys: [[Key]] mood: Mood plain: Int }
    interface Node { id: ID } type Doc implements Node { id: ID text: String }
    union Any = Doc scalar Key enum Mood { LOW }`,
    {
      Query: {
        doc: () => doc,
        node: () => doc,
        any: () => [doc],
        key: () => canary,
        keys: () => [[canary]],
        mood: () => 'LOW',
        plain: () => 1,
      },
    },
  );
  const gateway = createTestGateway([shelf], { supergraph: composeRuled([shelf], rules) });
  return { gateway, shelf };
}

const query = `{ plain doc { id text } node { id ... on Doc { text } } any { ... on Node { id } ... on Doc { text } } key keys mood }`;

test('a rule at a type binds every field that gives it, also in lists', async () => {
  const cases: readonly [string, readonly string[]][] = [
    ['Doc', ['doc', 'node', 'any']],
    ['Node', ['doc', 'node', 'any']],
    ['Any', ['any']],
    ['Key', ['key', 'keys']],
    ['Mood', ['mood']],
    ['Query', ['plain', 'doc', 'node', 'any', 'key', 'keys', 'mood']],
    ['Query.keys', ['keys']],
  ];
  for (const [place, keys] of cases) {
    const { gateway, shelf } = open({ [place]: '@authenticated' });
    const { data, errors = [] } = await gateway.ask(query);
    const nulls = Object.entries(data ?? {}).flatMap(([key, value]) => (value === null ? [key] : []));
    assert.deepEqual(nulls, keys, place);
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path, extensions.code]),
      keys.map((key) => [[key], 'UNAUTHORIZED_FIELD_OR_TYPE']),
      place,
    );
    const asked = shelf.requests.map((request) => request.query).join();
    for (const key of keys) assert.doesNotMatch(asked, new RegExp(`\\b${key}\\b`), place);
    const whole = await gateway.ask(query, { subject: { ...anonymous, id: 'ana' } });
    assert.equal(whole.errors, undefined);
    assert.equal(JSON.stringify(whole).split(canary).length, 9, 'nothing is missing');
  }
});

test('rules of every kind deny, and those of one place all bind', async () => {
  const ana: Subject = { ...anonymous, id: 'ana', scopes: ['read'] };
  const { gateway } = open({
    'Doc.text': '@authenticated @requiresScopes(scopes: [["read"]])',
    'Node.id': '@weft__purpose(allow: ["audit"])',
  });
  const ask = async (subject: Subject) => {
    const { data, errors = [] } = await gateway.ask('{ doc { id text } }', { subject });
    return [data?.['doc'], errors.map(({ extensions }) => extensions['coordinate'])];
  };
  assert.deepEqual(await ask(anonymous), [{ id: null, text: null }, ['Doc.id', 'Doc.text']]);
  assert.deepEqual(await ask({ ...ana, scopes: [] }), [{ id: null, text: null }, ['Doc.id', 'Doc.text']]);
  assert.deepEqual(await ask(ana), [{ id: null, text: canary }, ['Doc.id']]);
  assert.deepEqual(await ask({ ...ana, purpose: 'audit' }), [{ id: canary, text: canary }, []]);
  assert.deepEqual(await ask({ ...ana, id: null, purpose: 'audit' }), [{ id: canary, text: null }, ['Doc.text']]);
});
