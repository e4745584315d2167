/** The life of a request, against real subgraphs in this process: what comes back, and what reached whom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../mesh/core/subject.ts';
import { createTestGateway } from '../support/gateway.ts';
import { type TestSubgraph, createSubgraph, federation } from '../support/subgraph.ts';

const ana = { ...anonymous, id: 'ana' };
const piet = { ...ana, id: 'piet', scopes: ['pii:read', 'audit'] };

function createShops(): { readonly people: TestSubgraph; readonly orders: TestSubgraph } {
  const peopleData = [
    { id: '1', name: 'Ada', email: 'ada@example.org', age: 36 },
    { id: '2', name: 'Grace', email: 'grace@example.org', age: 85 },
  ];
  const people = createSubgraph(
    'people',
    `${federation('@key', '@authenticated', '@requiresScopes', '@policy')}
    type Query { person(id: ID!): Person people: [Person!]! animals: [Animal!]! }
    type Mutation { rename(id: ID!, name: String!): Person }
    type Person @key(fields: "id") {
      id: ID!
      name: String!
      email: String! @requiresScopes(scopes: [["pii:read"]])
      age: Int @policy(policies: [["adult"]])
    }
    interface Animal { name: String! }
    type Cat implements Animal { name: String! lives: Int! }
    type Dog implements Animal @requiresScopes(scopes: [["dogs"]]) { name: String! }`,
    {
      Query: {
        person: (_: unknown, { id }: { id: string }) => peopleData.find((one) => one.id === id),
        people: () => peopleData,
        animals: () => [
          { __typename: 'Cat', name: 'Tom', lives: 9 },
          { __typename: 'Dog', name: 'Rex' },
        ],
      },
      Mutation: {
        rename: (_: unknown, { id, name }: { id: string; name: string }) => {
          const person = peopleData.find((one) => one.id === id);
          if (person) person.name = name;
          return person;
        },
      },
      Person: { __resolveReference: ({ id }: { id: string }) => peopleData.find((one) => one.id === id) },
    },
  );
  const orders = createSubgraph(
    'orders',
    `${federation('@key', '@authenticated')}
    type Query { orders(first: Int = 10): [Order!]! @authenticated order(id: ID!): Order }
    type Subscription { placed: Order }
    type Order @key(fields: "id") { id: ID! total: Float! buyer: Person! broken: String failing: String! }
    type Person @key(fields: "id") { id: ID! orders: [Order!]! }`,
    {
      Query: {
        orders: (_: unknown, { first }: { first: number }) => ordersData.slice(0, first),
        order: (_: unknown, { id }: { id: string }) => ordersData.find((one) => one.id === id),
      },
      Subscription: {
        placed: {
          async *subscribe() {
            for (const order of ordersData) yield { placed: order };
          },
        },
      },
      Order: {
        buyer: ({ buyer }: { buyer: string }) => ({ id: buyer }),
        broken: () => {
          throw new Error('The till is jammed.');
        },
        failing: () => {
          throw new Error('No.');
        },
      },
      Person: { orders: ({ id }: { id: string }) => ordersData.filter((one) => one.buyer === id) },
    },
  );
  return { people, orders };
}
const ordersData = [
  { id: 'a', total: 5, buyer: '1' },
  { id: 'b', total: 7.5, buyer: '2' },
  { id: 'c', total: 1, buyer: '1' },
];

function open() {
  const { people, orders } = createShops();
  const policies = new Map([['adult', (subject: typeof anonymous) => subject.claims['age'] === 40]]);
  return { people, orders, gateway: createTestGateway([people, orders], { policies }) };
}

test('a query crosses subgraphs, and each entity is looked up once', async () => {
  const { gateway, people } = open();
  const answer = await gateway.ask('{ orders { id total buyer { name } } }', { subject: ana });
  assert.deepEqual(answer, {
    data: {
      orders: [
        { id: 'a', total: 5, buyer: { name: 'Ada' } },
        { id: 'b', total: 7.5, buyer: { name: 'Grace' } },
        { id: 'c', total: 1, buyer: { name: 'Ada' } },
      ],
    },
  });
  assert.equal(people.requests.length, 1);
  const { representations } = JSON.parse(people.requests[0]?.variablesJson ?? '') as { representations: unknown[] };
  assert.equal(representations.length, 2);
});

test('aliases, fragments, variables, @skip and @include come out as GraphQL says', async () => {
  const { gateway } = open();
  const query = `query ($id: ID!, $more: Boolean!) {
    one: person(id: $id) { ...Named again: name @skip(if: $more) orders @include(if: $more) { total __typename } }
    __typename
  }
  fragment Named on Person { name ... on Person { name } }`;
  assert.deepEqual(await gateway.ask(query, { variables: { id: '2', more: true } }), {
    data: { one: { name: 'Grace', orders: [{ total: 7.5, __typename: 'Order' }] }, __typename: 'Query' },
  });
  assert.deepEqual(await gateway.ask(query, { variables: { id: '2', more: false } }), {
    data: { one: { name: 'Grace', again: 'Grace' }, __typename: 'Query' },
  });
});

test('mutations run in order and their results cross subgraphs', async () => {
  const { gateway } = open();
  const answer = await gateway.ask(`mutation {
    a: rename(id: "1", name: "Ada L.") { name orders { id } }
    b: rename(id: "1", name: "Ada K.") { name }
  }`);
  assert.deepEqual(answer.data, { a: { name: 'Ada L.', orders: [{ id: 'a' }, { id: 'c' }] }, b: { name: 'Ada K.' } });
});

test('introspection is answered without asking a subgraph', async () => {
  const { gateway, people, orders } = open();
  const answer = await gateway.ask(
    '{ __type(name: "Order") { fields { name } } kind: __schema { queryType { name } } }',
  );
  assert.deepEqual(answer.data?.['kind'], { queryType: { name: 'Query' } });
  assert.equal(people.requests.length + orders.requests.length, 0);
});

test('a denied field never reaches a subgraph, and the answer names the rule', async () => {
  const { gateway, people } = open();
  const answer = await gateway.ask('{ person(id: "1") { name age } }', { subject: ana });
  assert.deepEqual(answer.data, { person: { name: 'Ada', age: null } });
  assert.deepEqual(answer.errors, [
    {
      message: 'Not allowed to read Person.age: a policy does not hold for the subject.',
      path: ['person', 'age'],
      extensions: {
        code: 'UNAUTHORIZED_FIELD_OR_TYPE',
        coordinate: 'Person.age',
        rule: '@policy(policies: [["adult"]])',
        reason: 'a policy does not hold for the subject',
        reasonCode: 'POLICY_FAILED',
      },
    },
  ]);
  assert.ok(people.requests.every((request) => !request.query.includes('age')));
});

test('a denied field that may not be null takes its object with it, without further errors', async () => {
  const { gateway, people } = open();
  const answer = await gateway.ask('{ person(id: "1") { name mail: email } }', { subject: ana });
  assert.deepEqual(answer.data, { person: null });
  assert.deepEqual(
    answer.errors?.map((error) => error.path),
    [['person', 'mail']],
  );
  assert.ok(people.requests.every((request) => !request.query.includes('email')));
});

test('denied and allowed subjects of one operation do not share a plan', async () => {
  const { gateway } = open();
  const query = '{ people { name email } }';
  const denied = await gateway.ask(query, { subject: ana });
  const allowed = await gateway.ask(query, { subject: piet });
  const again = await gateway.ask(query, { subject: ana });
  assert.equal(denied.data, null);
  assert.equal((allowed.data?.['people'] as { email: string }[] | undefined)?.[0]?.email, 'ada@example.org');
  assert.deepEqual(again, denied);
});

test('a denied root field is not asked for when nothing else is', async () => {
  const { gateway, people, orders } = open();
  const answer = await gateway.ask('{ orders { id } }');
  assert.equal(answer.data, null);
  assert.deepEqual(
    answer.errors?.map(({ extensions }) => extensions['rule']),
    ['@authenticated'],
  );
  assert.equal(people.requests.length + orders.requests.length, 0);
});

test('objects of a denied type become null behind an interface, their type name too', async () => {
  const { gateway } = open();
  const answer = await gateway.ask('{ animals { __typename name } }', { subject: ana });
  assert.equal(answer.data, null, 'the list does not allow nulls');
  const withFragment = await gateway.ask('{ animals { __typename ... on Dog { name } } }', { subject: ana });
  assert.equal(withFragment.data, null);
  const allowed = await gateway.ask('{ animals { __typename ... on Cat { lives } } }', {
    subject: { ...ana, scopes: ['dogs'] },
  });
  assert.deepEqual(allowed.data, { animals: [{ __typename: 'Cat', lives: 9 }, { __typename: 'Dog' }] });
});

test("an error of a subgraph keeps its code and comes back at the client's path", async () => {
  const { gateway } = open();
  const answer = await gateway.ask('{ people { orders { broken } } }');
  assert.deepEqual(answer.data, {
    people: [{ orders: [{ broken: null }, { broken: null }] }, { orders: [{ broken: null }] }],
  });
  assert.deepEqual(answer.errors?.map((error) => error.path?.join('.')).toSorted(), [
    'people.0.orders.0.broken',
    'people.0.orders.1.broken',
    'people.1.orders.0.broken',
  ]);
  const failing = await gateway.ask('{ person(id: "2") { name orders { failing } } }');
  assert.deepEqual(failing.data, { person: null }, 'null travels up to the next field that allows it');
  assert.deepEqual(
    failing.errors?.map((error) => error.path?.join('.')),
    ['person.orders.0.failing'],
  );
});

test('a subgraph that cannot be asked costs its own fields only', async () => {
  const { people, orders } = createShops();
  const gateway = createTestGateway([people, { ...orders, fetch: () => Promise.reject(new Error('secret address')) }]);
  const answer = await gateway.ask('{ person(id: "1") { name } order(id: "a") { id } }');
  assert.deepEqual(answer.data, { person: { name: 'Ada' }, order: null });
  assert.deepEqual(
    answer.errors?.map(({ path, extensions }) => [path, extensions.code]),
    [[['order'], 'INTERNAL_SERVER_ERROR']],
  );
  assert.doesNotMatch(JSON.stringify(answer), /secret/);
});

test('a subscription completes each event with the fields of other subgraphs', async () => {
  const { gateway } = open();
  const answers = await Array.fromAsync(
    gateway.follow('subscription { placed { id buyer { name } } }', new AbortController().signal),
  );
  assert.deepEqual(answers, [
    { data: { placed: { id: 'a', buyer: { name: 'Ada' } } } },
    { data: { placed: { id: 'b', buyer: { name: 'Grace' } } } },
    { data: { placed: { id: 'c', buyer: { name: 'Ada' } } } },
  ]);
});

test('a subscription of a subgraph that serves none is refused before the stream begins', async () => {
  const { people, orders } = createShops();
  const { subscribe: _, ...silent } = orders;
  const gateway = createTestGateway([people, silent]);
  const answers = await Array.fromAsync(gateway.follow('subscription { placed { id } }', new AbortController().signal));
  assert.deepEqual(
    answers.map(({ errors }) => errors?.map(({ extensions }) => extensions.code)),
    [['SUBGRAPH_UNAVAILABLE']],
  );
});

test('what cannot be run is refused with a code and without data', async () => {
  const { gateway } = open();
  const codes = async (query: string, variables = {}) =>
    (await gateway.ask(query, { variables })).errors?.map(({ extensions }) => extensions.code);
  assert.deepEqual(await codes('{ people {'), ['GRAPHQL_PARSE_FAILED']);
  assert.deepEqual(await codes('{ nobody }'), ['GRAPHQL_VALIDATION_FAILED']);
  assert.deepEqual(await codes('query A { people { id } } query B { people { id } }'), ['OPERATION_NOT_FOUND']);
  assert.deepEqual(await codes('query ($id: ID!) { person(id: $id) { id } }', {}), ['BAD_REQUEST']);
  assert.deepEqual(await codes('subscription { placed { id } }'), ['BAD_REQUEST']);
  assert.deepEqual(await codes('{ people { __typename: name } }'), ['GRAPHQL_VALIDATION_FAILED']);
  assert.deepEqual(await codes(`{ people { ${'orders { buyer { '.repeat(30)} id ${'} }'.repeat(30)} } }`), [
    'LIMIT_EXCEEDED',
  ]);
});
