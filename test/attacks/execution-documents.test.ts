/** Attacks by how documents come: named, in lists, in parts, over GET, or with more in them than is run. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { assertHidden, attacks, codesOf, defaultConfig, openCanaryMesh } from './canary-mesh.ts';

const config = { limits: { ...defaultConfig.limits, batch: 4 } };
const mesh = await openCanaryMesh({ after }, { config });
const attack = attacks(mesh);
const entitled = { claims: { scope: 'secret cards' }, isEntitled: true };

describe('documents', () => {
  test('that somebody entitled has persisted give others what they see', async () => {
    const query = '{ person(id: "1") { code card } }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
    const kept = await mesh.probe('', { ...entitled, body: { query, extensions } });
    assert.match(kept.text, /canary-code-1.*canary-card-1/);
    const { answer } = await mesh.probe('', { body: { extensions }, unasked: ['code'] });
    assert.deepEqual(answer.data, { person: { code: null, card: '****7777' } });
    const nobody = await mesh.probe('', { body: { extensions }, claims: null });
    assert.deepEqual(nobody.answer.data, { person: null });
  });
  test('put under the hash of another are refused', async () => {
    const sha256Hash = createHash('sha256').update('{ plain }').digest('hex');
    const body = { query: '{ secret }', extensions: { persistedQuery: { version: 1, sha256Hash } } };
    const { answer, asked } = await mesh.probe('', { body });
    assert.deepEqual([codesOf(answer), asked.length], [['BAD_REQUEST'], 0]);
  });
  test('in one request are decided each for itself', async () => {
    const body = ['{ plain }', '{ secret }', '{ person(id: "1") { code } }', '{ plain secret }'].map((query) => ({
      query,
    }));
    const { text } = await mesh.probe('', { body, unasked: ['secret', 'code'] });
    assert.deepEqual(
      (JSON.parse(text) as { data: unknown }[]).map(({ data }) => data),
      [{ plain: 'plain' }, { secret: null }, { person: { code: null } }, { plain: 'plain', secret: null }],
    );
  });
  test('of several operations: the name decides which one is decided upon', async () => {
    const query = 'query A { plain } query B { secret } query C { a: secret plain }';
    for (const [operationName, data] of [
      ['A', { plain: 'plain' }],
      ['B', { secret: null }],
      ['C', { a: null, plain: 'plain' }],
      ['A', { plain: 'plain' }],
    ] as const) {
      const { answer } = await mesh.probe(query, { operationName, unasked: ['secret'] });
      assert.deepEqual(answer.data, data);
    }
    const { asked } = await mesh.probe(query);
    assert.equal(asked.length, 0);
  });
  test('whose operations bear names of fields, or names that mean something to a log', async () => {
    for (const name of ['secret', 'code', 'constructor', '__proto__']) {
      const { answer } = await mesh.probe(`query ${name} { secret plain }`, { operationName: name });
      assert.equal(answer.data?.['secret'] ?? null, null);
    }
  });
  test('over GET: a mutation is not run, a denied field is not given', async () => {
    const before = mesh.asked.length;
    const mutation = await mesh.get('mutation { rename(id: "1", name: "x") { name } }');
    assert.deepEqual(
      [mutation.status, codesOf(mutation.answer), mesh.asked.length],
      [405, ['METHOD_NOT_ALLOWED'], before],
    );
    const query = await mesh.get('{ secret person(id: "1") { code card } }');
    assertHidden(query.text);
    assert.deepEqual(query.answer.data, { secret: null, person: { code: null, card: '****7777' } });
  });
  for (const accept of [
    'multipart/mixed; deferSpec=20220824',
    'multipart/mixed;subscriptionSpec=1.0',
    'text/event-stream',
    'application/json',
  ]) {
    attack(
      `in parts, as ${accept}: what is denied, masked and hidden is so in each`,
      [
        '{ plain people { id ... @defer(label: "late") { code card name strictness: note boss { name } } } ... @defer { secret person(id: "2") { name } } }',
        { headers: { accept }, unasked: ['code', 'secret'] },
      ],
      ({ text }) => assert.match(text, /plain/),
    );
  }
  attack(
    'in parts, of a type that is denied',
    [
      '{ ... @defer { vault { gold } hits { ... on Vault { gold } } } }',
      { headers: { accept: 'multipart/mixed; deferSpec=20220824' }, unasked: ['gold'] },
    ],
    ({ text }) => {
      assert.doesNotMatch(text, /gold/);
    },
  );
});

describe('what a request may blow up', () => {
  attack(
    'a denied field under a thousand names is asked for never',
    [
      `{ person(id: "1") { ${Array.from({ length: 900 }, (_, index) => `a${index}: code`).join(' ')} } }`,
      { unasked: ['code'] },
    ],
    ({ asked }) => {
      assert.ok(asked.length <= 1);
    },
  );
  attack(
    'one hidden row under many names costs one request',
    `{ ${Array.from({ length: 50 }, (_, index) => `a${index}: person(id: "2") { name }`).join(' ')} }`,
    ({ answer, asked }) => {
      assert.ok(Object.values(answer.data ?? {}).every((one) => one === null));
      assert.equal(asked.length, 1);
    },
  );
  attack(
    'interfaces in one another, told apart by type at each level',
    `{ agents { ${'... on Agent { ... on Person { team { ... on Agent { code '.repeat(6)}${'} } } } '.repeat(6)} } }`,
    ({ asked }) => {
      assert.ok(asked.length <= 1);
    },
  );
  test('paths beside /graphql hold nothing of what was asked', async () => {
    for (const path of [
      '/metrics',
      '/health',
      '/ready',
      '/schema',
      '/graphql/schema',
      '/.well-known/weft-jwks.json',
      '/debug',
      '/',
    ]) {
      const { text } = await mesh.send(path, {});
      assertHidden(text);
    }
  });
});
