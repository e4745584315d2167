/** Arguments that a field takes from an object above it: `@context` and `@fromContext`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

function createMoney() {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@context', '@fromContext')}
    type Query { users: [User!]! }
    type User @key(fields: "id") @context(name: "user") { id: ID! locale: String! prefs: Prefs accounts: [[Account!]!]! }
    type Prefs { currency: String }
    type Account @key(fields: "id") { id: ID! label(locale: String @fromContext(field: "$user { locale }"), long: Boolean): String currency(c: String @fromContext(field: "$user { prefs { currency } }")): String deep: Deep }
    type Deep @key(fields: "x") { x: ID! say(locale: String @fromContext(field: "$user { locale }")): String }`,
    {
      Query: {
        users: () => [
          { id: '1', locale: 'de', prefs: { currency: 'EUR' }, accounts: [[{ id: 'a' }, { id: 'b' }]] },
          { id: '2', locale: 'en', prefs: null, accounts: [[{ id: 'a' }], [{ id: 'c' }]] },
        ],
      },
      Account: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        label: ({ id }: { id: string }, { locale, long }: { locale: string; long?: boolean }) =>
          `${id} ${locale}${long ? ' long' : ''}`,
        currency: (_: unknown, { c }: { c?: string | null }) => c ?? 'none',
        deep: () => ({ x: 'same' }),
      },
      Deep: {
        __resolveReference: ({ x }: { x: string }) => ({ x }),
        say: (_: unknown, { locale }: { locale: string }) => `deep ${locale}`,
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')} type Account @key(fields: "id") { id: ID! sum: Int twin: Account }`,
    {
      Account: { __resolveReference: ({ id }: { id: string }) => ({ id, sum: id.length, twin: { id } }) },
    },
  );
  return createTestGateway([a, b]);
}

test('an argument comes from the object above, for each object its own', async () => {
  const { data, errors } = await createMoney().ask(
    'query($long: Boolean) { users { accounts { id label(long: $long) currency deep { say } sum twin { label } } } }',
    { variables: { long: true } },
  );
  assert.equal(errors, undefined);
  const account = (id: string, locale: string, currency: string) => ({
    id,
    label: `${id} ${locale} long`,
    currency,
    deep: { say: `deep ${locale}` },
    sum: 1,
    twin: { label: `${id} ${locale}` },
  });
  assert.deepEqual(data, {
    users: [
      { accounts: [[account('a', 'de', 'EUR'), account('b', 'de', 'EUR')]] },
      { accounts: [[account('a', 'en', 'none')], [account('c', 'en', 'none')]] },
    ],
  });
});
