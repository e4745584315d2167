/** Inputs that a subject may not use, however they are given; each case from the client's text to the subgraph's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../mesh/core/json.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { prune } from '../../support/pruned.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph } from '../../support/subgraph.ts';

const ana = { ...anonymous, id: 'ana', scopes: ['pii:read'] };

const sdl = `
  type Query {
    people(email: String, where: PersonFilter, orderBy: [Order!], like: JSON, first: Int = 10, mood: Mood = SECRET): [Person!]
    page(where: PersonFilter): PersonConnection
    found(named: String, by: Sort): Named
    sorted(sortBy: String, filters: [String!], text: String): [Person!]
    count(ofEmail: String): Int
    secret(key: Key): Int
    mood: Mood
    moods: [Mood!]
  }
  type Mutation { write(email: String, name: String): Person }
  interface Named { name: String }
  type Person implements Named { name: String email: String friends(email: String): [Person!] boss: Boss }
  type Firm implements Named { name: String tax: String }
  type PersonConnection { edges: [PersonEdge] }
  type PersonEdge { node: Person }
  input PersonFilter { name: String email: String and: [PersonFilter!] boss: BossFilter age: Int = 3 }
  input BossFilter { some: BossFilter salary: Int boss: PersonFilter }
  type Boss { salary: Int name: String }
  input Order { by: Sort! = email }
  enum Sort { name email byMail }
  enum Mood { HAPPY SECRET }
  scalar JSON
  scalar Key`;

function open(rules: RulesByCoordinate) {
  const person = { name: 'Ada', email: 'canary@example.org', friends: [] };
  const shop = createSubgraph('shop', sdl, {
    Query: {
      people: () => [person],
      page: () => ({ edges: [{ node: person }] }),
      found: () => ({ __typename: 'Person', ...person }),
      sorted: () => [person],
      count: () => 3,
      secret: () => 1,
      mood: () => 'SECRET',
      moods: () => ['HAPPY', 'SECRET'],
    },
    Mutation: { write: () => person },
  });
  const gateway = createTestGateway([shop], { supergraph: composeRuled([shop], rules) });
  return { gateway, shop };
}

const hidden: RulesByCoordinate = { 'Person.email': '@requiresScopes(scopes: [["pii:read"]])' };

/** The coordinate by which a use is refused, or `null`; what is refused is asked of nobody. */
async function refused(rules: RulesByCoordinate, query: string, variables: JsonObject = {}): Promise<unknown> {
  const { gateway, shop } = open(rules);
  const { data, errors = [] } = await gateway.ask(query, { variables });
  const [error] = errors;
  if (error === undefined) return null;
  assert.equal(errors.length, 1);
  assert.equal(error.extensions.code, 'UNAUTHORIZED_FIELD_OR_TYPE');
  assert.match(error.message, /^Not allowed to use /);
  assert.deepEqual(Object.values(data ?? {}), [null]);
  assert.equal(shop.requests.length, 0, query);
  const whole = await gateway.ask(query, { variables, subject: ana });
  assert.equal(whole.errors, undefined);
  assert.equal(shop.requests.length, 1);
  return error.extensions['coordinate'];
}

test('an argument that bears the name of a field which the subject does not see is refused', async () => {
  assert.equal(await refused(hidden, '{ people(email: "a") { name } }'), 'Query.people(email:)');
  assert.equal(await refused(hidden, '{ people(email: null) { name } }'), 'Query.people(email:)');
  assert.equal(await refused(hidden, '{ people(first: 3) { name } }'), null);
  assert.equal(await refused(hidden, '{ people { name } }'), null);
});

test('a variable counts when it is given, by the client or by its own default', async () => {
  const query = 'query ($e: String) { people(email: $e) { name } }';
  assert.equal(await refused(hidden, query), null);
  assert.equal(await refused(hidden, query, { e: 'a' }), 'Query.people(email:)');
  assert.equal(await refused(hidden, query, { e: null }), 'Query.people(email:)');
  assert.equal(
    await refused(hidden, 'query ($e: String = "a") { people(email: $e) { name } }'),
    'Query.people(email:)',
  );
});

test('a name is found in input objects, lists and enums, given as literals or as variables', async () => {
  const literal = (where: string) => refused(hidden, `{ page(where: ${where}) { edges { node { name } } } }`);
  assert.equal(await literal('{ email: "a" }'), 'PersonFilter.email');
  assert.equal(await literal('{ and: [{ name: "b" }, { and: { email: null } }] }'), 'PersonFilter.email');
  assert.equal(await literal('{ name: "a" }'), null);
  const given = (w: JsonObject) =>
    refused(hidden, 'query ($w: PersonFilter) { page(where: $w) { edges { node { name } } } }', { w });
  assert.equal(await given({ and: [{ name: 'b' }, { and: [{ email: 'a' }] }] }), 'PersonFilter.email');
  assert.equal(await given({ and: { email: 'a' } }), 'PersonFilter.email');
  assert.equal(await given({ name: 'email' }), null);
  const inner = 'query ($e: String) { people(where: { and: [{ email: $e }] }) { name } }';
  assert.equal(await refused(hidden, inner, { e: 'a' }), 'PersonFilter.email');
  assert.equal(await refused(hidden, inner), null);
  assert.equal(await refused(hidden, '{ people(orderBy: [{ by: email }]) { name } }'), 'Sort.email');
  assert.equal(
    await refused(hidden, '{ people(orderBy: [{}]) { name } }'),
    null,
    "the schema's default is not the client's",
  );
  const order = 'query ($o: [Order!]) { people(orderBy: $o) { name } }';
  assert.equal(await refused(hidden, order, { o: [{ by: 'name' }, { by: 'email' }] }), 'Sort.email');
  assert.equal(await refused(hidden, order, { o: [{}] }), null);
  assert.equal(
    await refused(hidden, 'query ($o: [Order!] = [{ by: email }]) { people(orderBy: $o) { name } }'),
    'Sort.email',
  );
});

test('a name is found in the values of custom scalars, where only the subgraph knows what it means', async () => {
  const coordinate = 'Query.people(like:)';
  for (const like of ['{ email: "a" }', '[{ or: { email: null } }]', '{ sort: "email" }', '{ sort: email }'])
    assert.equal(await refused(hidden, `{ people(like: ${like}) { name } }`), coordinate, like);
  assert.equal(await refused(hidden, '{ people(like: { name: "a@email" }) { name } }'), null);
  const query = 'query ($l: JSON, $v: JSON) { people(like: $l) { name } more: people(like: { a: $v }) { name } }';
  const { gateway } = open(hidden);
  const answer = await gateway.ask(query, { variables: { l: { a: 1 }, v: [{ deep: { email: 1 } }] } });
  assert.deepEqual(
    answer.errors?.map(({ path }) => path),
    [['more']],
  );
});

test('a name is followed to the type that a relation gives', async () => {
  const rules = { 'Boss.salary': '@requiresScopes(scopes: [["pii:read"]])' };
  const people = (inputs: string) => refused(rules, `{ people(${inputs}) { name } }`);
  assert.equal(await people('where: { boss: { salary: 3 } }'), 'BossFilter.salary');
  assert.equal(await people('where: { and: [{ boss: { some: { salary: null } } }] }'), 'BossFilter.salary');
  assert.equal(await people('like: { boss: { gt: ["salary"] } }'), 'Query.people(like:)');
  assert.equal(await people('where: { name: "a" }, like: { salary: 1 }'), null, 'a person has no salary');
  const query = 'query ($w: PersonFilter, $l: JSON) { people(where: $w, like: $l) { name } }';
  assert.equal(await refused(rules, query, { w: { boss: { some: { salary: 1 } } } }), 'BossFilter.salary');
  assert.equal(await refused(rules, query, { l: { boss: [{ salary: 1 }] } }), 'Query.people(like:)');
  assert.equal(await refused(rules, query, { l: { salary: 1 }, w: { boss: {} } }), null);
});

test('a relation to rows that a subject does not see is not looked through', () => {
  const schema = `
    type Query { people(where: Where, boss: ID, like: JSON): [Person] } type Person { name: String boss: Boss }
    type Boss @rows(where: "object.open") { open: Boolean } input Where { boss: BossWhere } input BossWhere { open: Boolean } scalar JSON`;
  const denied = (inputs: string) =>
    prune(schema, `{ people(${inputs}) { name } }`).denied.map(({ coordinate }) => coordinate);
  assert.deepEqual(denied('where: { boss: { open: true } }'), ['Where.boss']);
  assert.deepEqual(denied('like: { boss: { open: true } }'), ['Query.people(like:)']);
  assert.deepEqual(denied('boss: "1"'), []);
});

test('a field below the root and one behind an interface are held to it too', async () => {
  const { gateway } = open(hidden);
  const answer = await gateway.ask('query ($e: String) { people { name friends(email: $e) { name } } }', {
    variables: { e: 'a' },
  });
  assert.deepEqual(answer.data, { people: [{ name: 'Ada', friends: null }] });
  assert.equal(await refused({ 'Person.name': '@authenticated' }, '{ found(by: name) { __typename } }'), 'Sort.name');
});

test('requests of one document are told apart by what they use', async () => {
  const { gateway, shop } = open(hidden);
  const ask = (variables: JsonObject) =>
    gateway.ask('query ($e: String, $f: Int) { people(email: $e, first: $f) { name } }', { variables });
  for (let round = 0; round < 2; round++) {
    assert.equal((await ask({ e: 'a' })).errors?.length, 1);
    assert.equal((await ask({ f: 1 })).errors, undefined);
    assert.equal((await ask({ e: null })).errors?.length, 1);
  }
  assert.doesNotMatch(shop.requests.map(({ query, variablesJson }) => query + variablesJson).join(), /"e"/);
});

test('a mutation may write what the subject sees masked, but not what it does not see', async () => {
  const masked = { 'Person.email': '@weft__mask(with: NULL, unless: [["pii:read"]])' };
  const write = 'mutation ($e: String) { write(email: $e) { name } }';
  assert.equal(await refused(masked, write, { e: 'a' }), null);
  assert.equal(await refused(hidden, write, { e: 'a' }), 'Mutation.write(email:)');
  assert.equal(await refused(masked, '{ people(email: "a") { name } }'), 'Query.people(email:)');
});

test('what declares to be derived from something hidden is refused, whatever it is called', async () => {
  const rules = {
    ...hidden,
    'Query.count(ofEmail:)': '@weft__derivedFrom(coordinates: ["Person.email"])',
    'Sort.byMail': '@weft__derivedFrom(coordinates: ["Person.email"])',
    'PersonFilter.age': '@weft__derivedFrom(coordinates: ["Person.email"], masking: true)',
  };
  assert.equal(await refused(rules, '{ count(ofEmail: "a") }'), 'Query.count(ofEmail:)');
  assert.equal(await refused(rules, 'query ($s: Sort) { found(by: $s) { name } }', { s: 'byMail' }), 'Sort.byMail');
  assert.equal(await refused(rules, '{ page(where: { age: 3 }) { edges { node { name } } } }'), null);
});

test('a rule on an input binds whoever uses it, wherever it stands', async () => {
  const only = '@requiresScopes(scopes: [["pii:read"]])';
  const people = (inputs: string) => `{ people(${inputs}) { name } }`;
  const cases: readonly [string, string, string][] = [
    ['Query.people(first:)', people('first: 1'), 'Query.people(first:)'],
    ['PersonFilter.age', people('where: { age: 1 }'), 'PersonFilter.age'],
    ['PersonFilter', people('where: {}'), 'Query.people(where:)'],
    ['Order', people('orderBy: { by: name }'), 'Query.people(orderBy:)'],
    ['Sort', people('orderBy: { by: name }'), 'Order.by'],
    ['Sort.name', people('orderBy: { by: name }'), 'Sort.name'],
    ['JSON', people('like: 1'), 'Query.people(like:)'],
    ['Key', '{ secret(key: 1) }', 'Query.secret(key:)'],
  ];
  for (const [place, query, coordinate] of cases) assert.equal(await refused({ [place]: only }, query), coordinate);
  assert.equal(await refused({ 'Query.people(first:)': only }, '{ people { name } }'), null);
  assert.equal(await refused({ 'Mood.SECRET': only }, '{ people { name } }'), null, "the schema's default");
  assert.equal(
    await refused({ 'Mood.SECRET': only }, 'query ($m: Mood) { people(mood: $m) { name } }', { m: 'SECRET' }),
    'Mood.SECRET',
  );
});

test('a denied value of an enum is answered with null', async () => {
  const { gateway } = open({ 'Mood.SECRET': '@authenticated' });
  const answer = await gateway.ask('{ mood }');
  assert.deepEqual(answer, { data: { mood: null } });
  assert.doesNotMatch(JSON.stringify(await gateway.ask('{ moods }')), /SECRET/);
  assert.deepEqual(await gateway.ask('{ mood moods }', { subject: ana }), {
    data: { mood: 'SECRET', moods: ['HAPPY', 'SECRET'] },
  });
});

test('of objects that are denied as a whole no more is told', () => {
  const shop = `type Query { thing: Thing } union Thing = Person | Firm type Firm { tax(of: String @authenticated): Int }
    type Person @authenticated { age(of: String @authenticated): Int }`;
  const { denied } = prune(shop, '{ thing { ... on Person { age(of: "x") } ... on Firm { tax(of: "x") } } }');
  assert.deepEqual(
    denied.map(({ path, coordinate }) => [path.join('.'), coordinate]),
    [
      ['thing', 'Person'],
      ['thing.tax', 'Firm.tax(of:)'],
    ],
  );
});

test('a variable that the subject may not give takes no introspection along', async () => {
  const { gateway } = open({ Mood: '@authenticated' });
  const query = 'query ($mood: Mood, $name: String!) { people(mood: $mood) { name } __type(name: $name) { name } }';
  const { data } = await gateway.ask(query, { variables: { mood: 'HAPPY', name: 'Person' } });
  assert.deepEqual(data, { people: null, __type: { name: 'Person' } });
});

test('a text that says what to sort, group or filter by names fields as a name does', async () => {
  const clause = (query: string, variables?: JsonObject) => refused(hidden, query, variables);
  for (const text of [
    'email',
    '-email',
    'name, email desc',
    'lower(email)',
    "email > 'a'",
    'email__gt',
    'boss.boss or email',
  ]) {
    assert.equal(await clause(`{ sorted(sortBy: "${text}") { name } }`), 'Query.sorted(sortBy:)', text);
    assert.equal(
      await clause('query($t: String) { sorted(sortBy: $t) { name } }', { t: text }),
      'Query.sorted(sortBy:)',
    );
    const list = 'query($t: [String!]) { sorted(filters: $t) { name } }';
    assert.equal(await clause(list, { t: ['name', text] }), 'Query.sorted(filters:)', text);
  }
  for (const open of ['{ sorted(sortBy: "name") { name } }', '{ sorted(text: "email") { name } }'])
    assert.equal(await clause(open), null, open);
});
