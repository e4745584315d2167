/** Which documents with `@defer` are valid, and how clients learn that there is such a directive. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../mesh/core/limits.ts';
import { createShop } from './shop.ts';

async function refusalOf(query: string): Promise<readonly (readonly [string, string])[]> {
  const { defer, goods, talk } = createShop();
  const [answer, ...others] = await defer(query);
  assert.ok(answer && !('data' in answer), query);
  assert.equal(others.length, 0);
  assert.equal(goods.requests.length + talk.requests.length, 0);
  return (answer.errors ?? []).map(({ message, extensions }) => [extensions.code, message]);
}

test('@defer is refused where it has no meaning', async () => {
  const invalid = 'GRAPHQL_VALIDATION_FAILED';
  assert.deepEqual(await refusalOf('mutation { ... @defer { rename(id: "1", name: "x") { id } } }'), [
    [invalid, 'Defer directive cannot be used on root mutation type "Mutation".'],
  ]);
  assert.deepEqual(
    await refusalOf('mutation { ...F @defer } fragment F on Mutation { rename(id: "1", name: "x") { id } }'),
    [[invalid, 'Defer directive cannot be used on root mutation type "Mutation".']],
  );
  const inSubscription =
    'Defer directive not supported on subscription operations. Disable `@defer` by setting the `if` argument to `false`.';
  assert.deepEqual(await refusalOf('subscription { said { ...F } } fragment F on Review { ... @defer { text } }'), [
    [invalid, inSubscription],
  ]);
  assert.deepEqual(await refusalOf('subscription { ... @defer(if: false) { said { text } } }'), [
    [invalid, 'Defer directive cannot be used on root subscription type "Subscription".'],
  ]);
  assert.deepEqual(await refusalOf('{ products @defer { id } }'), [
    [invalid, 'Directive "@defer" may not be used on FIELD.'],
  ]);
});

test('labels are texts, each used once', async () => {
  const [code, unique] = ['GRAPHQL_VALIDATION_FAILED', 'Defer directive label argument must be unique.'];
  assert.deepEqual(await refusalOf('{ products { ... @defer(label: "a") { id } ... @defer(label: "a") { name } } }'), [
    [code, unique],
  ]);
  assert.deepEqual(await refusalOf('query($l: String) { products { ... @defer(label: $l) { id } } }'), [
    [code, 'Defer directive label argument must be a static string.'],
  ]);
  const [, second] = await createShop().defer('{ topic ... @defer(label: null) { a: topic } ... @defer { b: topic } }');
  assert.deepEqual(
    second?.incremental?.map((entry) => 'label' in entry),
    [false, false],
  );
});

test('a subscription answers each event at once, though a variable would defer', async () => {
  const { defer } = createShop();
  const query = 'subscription($later: Boolean!) { said { text ... @defer(if: $later) { by { age } } } }';
  assert.deepEqual(await defer(query, { variables: { later: true } }), [
    { data: { said: { text: 'Hm', by: { age: 40 } } } },
  ]);
});

test('more deferred fragments than an answer may have are refused, spread ones counted each', async () => {
  const queryOf = (fragments: number) =>
    `{ topic products { ${'...F '.repeat(fragments)} } } fragment F on Product { ... @defer { name } }`;
  assert.deepEqual(await refusalOf(queryOf(limits.documentDefersMax + 1)), [
    [
      'LIMIT_EXCEEDED',
      'Cannot run the document: found 51 deferred fragments, wanted at most 50. Defer less, or split the operation.',
    ],
  ]);
  const [first] = await createShop().defer(queryOf(limits.documentDefersMax));
  assert.equal(first?.hasNext, true);
});

test('introspection tells of the directive', async () => {
  const { data } = await createShop().gateway.ask(
    '{ __schema { directives { name locations args { name type { kind name ofType { name } } defaultValue } } } }',
  );
  const schema = data?.['__schema'] as { directives: readonly { name: string }[] } | undefined;
  assert.deepEqual(
    schema?.directives.find(({ name }) => name === 'defer'),
    {
      name: 'defer',
      locations: ['FRAGMENT_SPREAD', 'INLINE_FRAGMENT'],
      args: [
        { name: 'label', type: { kind: 'SCALAR', name: 'String', ofType: null }, defaultValue: null },
        { name: 'if', type: { kind: 'NON_NULL', name: null, ofType: { name: 'Boolean' } }, defaultValue: 'true' },
      ],
    },
  );
});
