/** Ways to a masked value: past its mask, through its mask, and by what is said of it. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { attacks, openCanaryMesh, pathsOf, valueAt } from './canary-mesh.ts';

const secret = (maskSecret: string) => ({
  governance: { policies: new Map(), agreements: null, roster: new Map(), revision: '', maskSecret },
});
const mesh = await openCanaryMesh({ after }, { gateway: secret('one') });
const attack = attacks(mesh);
const masked = [
  'mail',
  'card',
  'born',
  'seen',
  'salary',
  'score',
  'nick',
  'token',
  'note',
  'level',
  'flag',
  'tags',
  'nested',
  'phone',
];

describe('past a mask', () => {
  for (const field of masked) {
    test(`of ${field}, by aliases, fragments and every path`, async () => {
      const { answer } = await mesh.probe(
        `{ people { ${field} name: ${field} ...F ... on Agent { ... on Person { b: ${field} } } }
           node(id: "1") { ...F } hits { ...F } grid { ${field} } page { edges { node { ${field} } } nodes { ${field} } } best { ...F } }
         fragment F on Person { a: ${field} }`,
      );
      assert.deepEqual(pathsOf(answer), ['hits']);
      const shown = valueAt(answer, 'people', 0, field);
      assert.deepEqual(valueAt(answer, 'people', 0, 'name'), shown);
      assert.deepEqual(valueAt(answer, 'node', 'a'), shown);
    });
  }
  attack('of NULL: nobody is asked', ['{ people { ghost name: ghost } }', { unasked: ['ghost'] }], ({ answer }) => {
    assert.deepEqual(answer, {
      data: {
        people: [
          { ghost: null, name: null },
          { ghost: null, name: null },
        ],
      },
    });
  });
  attack('by an error of its domain', '{ boom name: boom(text: "x") }', ({ answer }) => {
    assert.deepEqual([answer.data, pathsOf(answer).toSorted()], [{ boom: null, name: null }, ['boom', 'name']]);
  });
  attack(
    'by a mutation that gives it back',
    'mutation { rename(id: "1", name: "Ann", card: "x") { card phone mail } }',
    ({ answer }) => {
      assert.deepEqual(answer.data?.['rename'], { card: '****7777', phone: '****0077', mail: 'c***@example.com' });
    },
  );
  test('by turns with somebody who sees it', async () => {
    const query = '{ person(id: "1") { card } }';
    for (const scope of ['cards', '', 'cards', 'other'] as const) {
      const { text } = await mesh.probe(query, { claims: { scope }, isEntitled: scope === 'cards' });
      assert.equal(text.includes('canary-card-1-7777'), scope === 'cards');
    }
  });
  test('of a key: other domains are asked by it, clients see it masked', async () => {
    const keyed = await openCanaryMesh({ after }, { rules: { 'Person.id': '@weft__mask(with: HASH)' } });
    const { answer } = await keyed.probe('{ people { id shift place } guards { id } node(id: "1") { id } }');
    assert.doesNotMatch(JSON.stringify(answer.data), /"id":"[13]"/);
    assert.deepEqual([valueAt(answer, 'people', 0, 'shift'), valueAt(answer, 'people', 1, 'shift')], ['day', 'day']);
  });
});

describe('through a mask', () => {
  test('by a dictionary of hashes', async () => {
    const { text } = await mesh.probe('{ people { token } }');
    for (const value of ['canary-token-1', '"canary-token-1"', 'Person.token:canary-token-1']) {
      for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256']) {
        assert.ok(!text.includes(createHash(algorithm).update(value).digest('hex').slice(0, 16)));
        assert.ok(!text.includes(createHmac(algorithm, '').update(value).digest('hex').slice(0, 16)));
      }
    }
  });
  test('by the hashes of another mesh', async () => {
    const other = await openCanaryMesh({ after }, { gateway: secret('two') });
    const tokenOf = async ({ probe }: typeof mesh) => (await probe('{ person(id: "1") { token } }')).text;
    assert.equal(await tokenOf(mesh), await tokenOf(mesh));
    assert.notEqual(await tokenOf(mesh), await tokenOf(other));
  });
  attack(
    'by asking often: a rounded number is always the same',
    `{ ${Array.from({ length: 20 }, (_, index) => `p${index}: person(id: "1") { salary score }`).join(' ')} }`,
    ({ answer }) => {
      assert.deepEqual(
        new Set(Object.values(answer.data ?? {}).map((one) => JSON.stringify(one))),
        new Set(['{"salary":7300000,"score":9000}']),
      );
    },
  );
  attack(
    'by how many and how long: list items are told, their lengths are not',
    '{ people { tags nested } }',
    ({ answer }) => {
      assert.deepEqual(
        answer.data?.['people'],
        Array.from({ length: 2 }, () => ({ tags: ['c***', 'x***'], nested: [['[redacted]'], [null]] })),
      );
    },
  );
  attack('by a type that has few values', '{ people { flag level } }', ({ answer }) => {
    assert.deepEqual(
      answer.data?.['people'],
      Array.from({ length: 2 }, () => ({ flag: false, level: 'OPEN' })),
    );
  });
});
