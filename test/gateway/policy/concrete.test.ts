/** Fields are decided for each type of object, however an operation selects them; what is denied or masked whole is not fetched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

const canary = 'canary-7f3a';
const ana = { ...anonymous, id: 'ana' };

function open(rules: RulesByCoordinate) {
  const zoo = createSubgraph(
    'zoo',
    `${federation('@key')}
    type Query { animals: [Animal] things: [Thing] cat: Cat }
    interface Being { name: String }
    interface Animal implements Being { name: String secret: String friend: Animal }
    type Cat implements Animal & Being { name: String secret: String friend: Cat lives: Int! }
    type Dog implements Animal & Being { name: String secret: String friend: Animal }
    type Rock { weight: Int }
    union Thing = Cat | Dog | Rock`,
    {
      Query: {
        animals: () => [cat, dog],
        things: () => [cat, dog, { __typename: 'Rock', weight: 3 }],
        cat: () => cat,
      },
    },
  );
  const gateway = createTestGateway([zoo], { supergraph: composeRuled([zoo], rules) });
  const asked = () => zoo.requests.map(({ query }) => query).join('\n');
  return { gateway, asked };
}

const cat = {
  __typename: 'Cat',
  name: 'Tom',
  secret: 'purrs',
  lives: 9,
  friend: { __typename: 'Cat', name: 'Kit', secret: 'hums' },
};
const dog = { __typename: 'Dog', name: 'Rex', secret: canary, friend: cat };

const ways: readonly string[] = [
  '{ animals { name secret } }',
  '{ animals { ... on Animal { secret } ... on Being { name } } }',
  '{ animals { name ... on Cat { secret } ... on Dog { secret } } }',
  'query { animals { ...a } } fragment a on Animal { ...b ...c } fragment b on Being { name } fragment c on Animal { secret }',
];

test('a rule on the field of one type binds objects of that type alone, whichever way they are selected', async () => {
  for (const query of ways) {
    const { gateway, asked } = open({ 'Dog.secret': '@authenticated' });
    const answer = await gateway.ask(query);
    assert.deepEqual(answer.data, {
      animals: [
        { name: 'Tom', secret: 'purrs' },
        { name: 'Rex', secret: null },
      ],
    });
    assert.deepEqual(
      answer.errors?.map(({ path, extensions }) => [path, extensions['coordinate'], extensions['rule']]),
      [[['animals', 'secret'], 'Dog.secret', '@authenticated']],
    );
    assert.doesNotMatch(asked(), /Dog\W+secret|Animal\W+secret|animals\W+secret/, query);
    const allowed = await gateway.ask(query, { subject: ana });
    assert.match(JSON.stringify(allowed), new RegExp(canary));
  }
});
