/** What advisories of other gateways and servers told of since 2022, tried here: each case says what went wrong there. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type RulesByCoordinate, composeRuled } from '../support/ruled.ts';
import { createTestGateway } from '../support/gateway.ts';
import { createSubgraph, federation } from '../support/subgraph.ts';
import { assertHidden, attacks, codesOf, openCanaryMesh, queryOf, valueAt } from './canary-mesh.ts';

const mesh = await openCanaryMesh({ after });
const attack = attacks(mesh);
const scoped = (...scopes: readonly string[]) => scopes.map((one) => `@requiresScopes(scopes: [["${one}"]])`).join(' ');
const withRules = (rules: RulesByCoordinate) => openCanaryMesh({ after }, { rules });

describe('abstract types', () => {
  test('a rule of an interface field did not bind the types that implement it', async () => {
    const { probe } = await withRules({ 'Agent.label': scoped('secret') });
    const { answer } = await probe(
      `{ person(id: "1") { label } robot { label } agents { label ... on Robot { l: label } } node(id: "1") { ... on Person { label } }
         hits { ... on Robot { label } } roster { members { ...F } } } fragment F on Person { label }`,
      { unasked: ['label'] },
    );
    assert.deepEqual(new Set(codesOf(answer)), new Set(['UNAUTHORIZED_FIELD_OR_TYPE']));
    assert.doesNotMatch(JSON.stringify(answer.data), /tin|label \d/);
  });
  test('a rule of a type did not bind it behind its interface, or told its name', async () => {
    const { probe } = await withRules({ Robot: scoped('secret') });
    const { answer } = await probe(
      '{ agents { __typename id } hits { __typename } robot { id } node(id: "1") { __typename } }',
    );
    assert.doesNotMatch(JSON.stringify(answer.data), /Robot|r1/);
    assert.equal(valueAt(answer, 'robot'), null);
  });
  test('a rule of an interface did not bind objects that were asked for by their own type', async () => {
    const { probe } = await withRules({ Agent: scoped('secret') });
    const { answer, asked } = await probe('{ robot { name } person(id: "1") { name } people { id } agents { id } }');
    assert.deepEqual(answer.data, { robot: null, person: null, people: null, agents: null });
    assert.equal(asked.length, 0);
  });
  test('a rule of a union did not bind the field that gives it', async () => {
    const { probe } = await withRules({ Hit: scoped('secret') });
    const { answer, asked } = await probe('{ hits { __typename ... on Robot { name } } }');
    assert.deepEqual([answer.data, asked.length], [{ hits: null }, 0]);
  });
  test('a rule of an enum or a scalar did not bind fields of that type', async () => {
    const { probe } = await withRules({ Level: scoped('secret'), Date: scoped('secret') });
    const { answer } = await probe('{ people { id level born } }', { unasked: ['level', 'born'] });
    assert.deepEqual(valueAt(answer, 'people', 0), { id: '1', level: null, born: null });
  });
  test('a value of an enum was shown that was hidden', async () => {
    const { probe } = await withRules({ 'Level.CLASSIFIED_X': scoped('secret'), 'Person.level': '' });
    // Records name the rule's place, which is the value's name: looked for is what the client gets.
    const { answer, text } = await probe('{ people { id level } }', { isEntitled: true });
    assertHidden(text);
    assert.equal(valueAt(answer, 'people', 0, 'level'), null);
  });
});

describe('directives', () => {
  test('several rules of one place were taken for alternatives', async () => {
    const { probe } = await withRules({ 'Query.plain': scoped('one', 'two') });
    for (const scope of ['', 'one', 'two', 'one two']) {
      const { answer } = await probe('{ plain }', { claims: { scope } });
      assert.equal(valueAt(answer, 'plain'), scope === 'one two' ? 'plain' : null, scope);
    }
  });
  test('rules under another name were not read', async () => {
    const renamed = mesh.supergraph
      .replaceAll(/@requiresScopes\b/g, '@needs')
      .concat('\nextend schema @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", as: "needs")');
    const gateway = createTestGateway(mesh.domains, { supergraph: renamed });
    const { data } = await gateway.ask('{ secret vault { gold } }');
    assert.deepEqual(data, { secret: null, vault: null });
  });
  test('what a field takes from an object above it was not bound', async () => {
    const sdl = `${federation('@key', '@context', '@fromContext')}
      type Query { t: T } type T @key(fields: "id") @context(name: "above") { id: ID! secret: String u: U }
      type U @key(fields: "id") { id: ID! said(text: String @fromContext(field: "$above { secret }")): String open: String }`;
    const domain = createSubgraph('a', sdl, {
      Query: { t: () => ({ id: '1', secret: 'canary', u: { id: '2', open: 'open' } }) },
      U: { said: (_: unknown, { text }: { text?: string }) => `it is ${String(text)}` },
    });
    const supergraph = composeRuled([domain], { 'T.secret': scoped('secret') });
    const answer = await createTestGateway([domain], { supergraph }).ask('{ t { u { open said } } }');
    assertHidden(answer);
    assert.deepEqual(answer.data, { t: { u: { open: 'open', said: null } } });
  });
  for (const scope of [
    'SECRET',
    'secretx',
    'xsecret',
    'secret,vault',
    'secret:',
    ['secret vault'],
    [['secret']],
    { secret: true },
    'secret\u0000',
    'secre\u200bt',
    true,
  ]) {
    test(`a scope was taken for another: ${JSON.stringify(scope)}`, async () => {
      const { answer } = await mesh.probe('{ secret }', { claims: { scope }, unasked: ['secret'] });
      assert.deepEqual(answer.data, { secret: null });
    });
  }
});

describe('documents', () => {
  const levels = (depth: number): string =>
    Array.from(
      { length: depth },
      (_, at) => `fragment F${at} on Person { ...F${at + 1} ... on Agent { ...F${at + 1} } }`,
    ).join(' ');
  attack(
    'fragments that double at each level kept the planner, and the check, busy',
    [`{ people { ...F0 } } ${levels(24)} fragment F24 on Person { code }`, { unasked: ['code'] }],
    ({ answer }) => assert.notEqual(answer.errors, undefined),
  );
  attack(
    'a fragment was looked at once, where it was spread first',
    [
      '{ person(id: "1") { ...F @skip(if: true) } people { ...F } } fragment F on Person { code id }',
      { unasked: ['code'] },
    ],
    ({ answer }) => assert.deepEqual(valueAt(answer, 'people', 0), { code: null, id: '1' }),
  );
  attack(
    'a directive on a fragment hid what is in it',
    [
      'query ($v: Boolean!) { ... @include(if: $v) @skip(if: false) { secret ...F } } fragment F on Query { s: secret }',
      { variables: { v: true }, unasked: ['secret'] },
    ],
    ({ answer }) => assert.deepEqual(answer.data, { secret: null, s: null }),
  );
  attack(
    'a field that is part of the mesh’s own protocol was open at the gateway',
    '{ __typename a: __typename _service { sdl } }',
    ({ answer, asked }) => assert.deepEqual([answer.data, asked.length], [undefined, 0]),
  );
  for (const query of [
    '\ufeff{ secret }',
    '{,,secret,,}',
    '{ #{ plain }\n secret }',
    '{ secret: secret }',
    'query{secret}',
    '{ a:secret,b :secret }',
  ]) {
    test(`a field was not found as it was written: ${JSON.stringify(query)}`, async () => {
      const { answer, asked } = await mesh.probe(query, { unasked: ['secret'] });
      assert.ok(Object.values(answer.data ?? {}).every((one) => one === null));
      assert.equal(asked.length, 0);
    });
  }
  for (const text of [
    '") { secret } #',
    '\\") secret(x: \\"',
    '"""\n) secret',
    '\u2028") secret',
    '${secret}',
    '{"$ref":"secret"}',
  ]) {
    test(`a text was taken for a part of a domain's operation: ${JSON.stringify(text)}`, async () => {
      for (const [query, variables] of [
        ['query ($t: String) { plain(text: $t) }', { t: text }],
        [`{ plain(text: ${JSON.stringify(text)}) }`, {}],
      ] as const) {
        const { answer } = await mesh.probe(query, { variables });
        assert.deepEqual(answer, { data: { plain: text } });
      }
    });
  }
});

describe('requests', () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
    test(`another site's page could send one: a mutation as ${type || 'nothing'}`, async () => {
      const before = mesh.asked.length;
      const body = JSON.stringify({ query: 'mutation { rename(id: "1", name: "x") { name } }' });
      const headers = { ...mesh.headersOf({}), 'content-type': type };
      const { status } = await mesh.send('/graphql', { method: 'POST', headers, body });
      assert.ok(status >= 400);
      assert.equal(mesh.asked.length, before);
    });
  }
  test('who one is was taken from headers that clients send, and went on to domains', async () => {
    const names = [
      'x-hasura-role',
      'x-hasura-user-id',
      'x-user-id',
      'x-forwarded-user',
      'x-roles',
      'weft-context',
      'weft-subject',
      'weft-scopes',
      'apollo-federation-include-trace',
      'x-weft-roles',
    ];
    const headers = Object.fromEntries(names.map((name) => [name, 'canary admin secret']));
    const { answer, asked } = await mesh.probe('{ secret plain people { id } }', { claims: null, headers });
    assert.deepEqual(answer.data, { secret: null, plain: 'plain', people: [] });
    assertHidden(...asked);
  });
  test('a token that the gateway verified went on to domains', async () => {
    const { asked } = await mesh.probe('{ people { id shift place } }');
    assert.ok(asked.length > 1);
    for (const line of asked) assert.doesNotMatch(line, /bearer|authorization/i);
  });
  test('the last of two operations in one body was run, and the first one checked', async () => {
    const headers = mesh.headersOf({});
    for (const body of [
      '{"query":"{ plain }","query":"{ secret }"}',
      '{"query":"query A { plain } query B { secret }","operationName":"A","operationName":"B"}',
    ]) {
      const { text } = await mesh.send('/graphql', { method: 'POST', headers, body });
      assertHidden(text);
    }
  });
  test('a parameter of the address took the place of the body’s', async () => {
    const { text } = await mesh.send(`/graphql?${new URLSearchParams({ query: '{ secret }' })}`, {
      method: 'POST',
      headers: mesh.headersOf({}),
      body: JSON.stringify({ query: '{ plain }' }),
    });
    assertHidden(text);
  });
  attack(
    'calls to domains that were put together gave one caller’s denial to another',
    ['{ a: person(id: "1") { shift bonus pay } b: person(id: "3") { shift bonus } }', { unasked: ['pay'] }],
    ({ answer, asked }) => {
      assert.deepEqual(answer.data, { a: { shift: 'day', bonus: 1, pay: null }, b: { shift: 'day', bonus: 3 } });
      assert.ok(asked.every((line) => !queryOf(line).includes('pay')));
    },
  );
});
