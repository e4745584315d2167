/** Ways to a denied field or type by how an operation is written. Each looks for canaries in all that comes of it. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { attacks, codesOf, openCanaryMesh, pathsOf, queryOf, valueAt } from './canary-mesh.ts';

const mesh = await openCanaryMesh({ after });
const attack = attacks(mesh);
const code = { unasked: ['code'] };
const denied = 'UNAUTHORIZED_FIELD_OR_TYPE';

describe('aliases', () => {
  attack('put a denied field under an allowed name', ['{ person(id: "1") { name: code } }', code], ({ answer }) => {
    assert.deepEqual(answer.data, { person: { name: null } });
    assert.deepEqual(pathsOf(answer), ['person.name']);
  });
  attack('put an allowed field under a denied name', ['{ person(id: "1") { code: name } }', code], ({ answer }) => {
    assert.deepEqual(answer, { data: { person: { code: 'Ann' } } });
  });
  attack(
    'merge an allowed and a denied field under one key',
    ['{ person(id: "1") { x: name x: code } }', code],
    ({ answer, asked }) => {
      assert.deepEqual([...new Set(codesOf(answer))], ['GRAPHQL_VALIDATION_FAILED']);
      assert.equal(asked.length, 0);
    },
  );
  attack(
    'merge them behind types that exclude each other',
    '{ agents { ... on Robot { x: code } ... on Person { x: code } } }',
    ({ answer, asked }) => {
      assert.deepEqual(answer.data?.['agents'], [{ x: null }, { x: null }, { x: 'open-code' }]);
      for (const line of asked) assert.doesNotMatch(queryOf(line), /\bx:code\b.*\bx:code\b/);
    },
  );
  for (const key of ['__rows_Person_region', '__typename', '__rows_PersonEdge_node']) {
    test(`take the key ${key} that row conditions are read by`, async () => {
      const { answer, asked } = await mesh.probe(`{ people { ${key}: name id } }`);
      assert.equal(answer.data ?? null, null);
      assert.equal(asked.length, 0);
    });
  }
  attack(
    'take the name that a row condition reads for something else',
    '{ people { region: label id: name } again: people { name: region } }',
    ({ answer }) => {
      assert.deepEqual(answer.data, {
        people: [
          { region: 'label 1', id: 'Ann' },
          { region: 'label 3', id: 'Cyd' },
        ],
        again: [{ name: 'west' }, { name: 'west' }],
      });
    },
  );
  attack(
    'take the keys that the planner gives to what it adds',
    ['{ person(id: "1") { required0_code: name required0_card: label __: name } }', code],
    ({ answer }) => {
      assert.equal(answer.data ?? null, null);
    },
  );
  attack(
    'take the keys of required fields, by somebody who may see what comes of them',
    [
      '{ person(id: "1") { required0_code: name grade code: label } }',
      { claims: { scope: 'secret' }, isEntitled: true },
    ],
    ({ answer }) => {
      assert.deepEqual(answer.data, {
        person: { required0_code: 'Ann', grade: 'grade of canary-code-1', code: 'label 1' },
      });
    },
  );
});

describe('fragments', () => {
  for (const [how, selection] of [
    ['inline', '{ person(id: "1") { ... on Person { code } } }'],
    ['inline without a type', '{ person(id: "1") { ... { ... { code } } } }'],
    ['named', '{ person(id: "1") { ...F } } fragment F on Person { code }'],
    [
      'nested',
      '{ person(id: "1") { ...F } } fragment F on Person { ...G } fragment G on Agent { ... on Person { code } }',
    ],
    ['on an interface', '{ person(id: "1") { ... on Agent { code } } }'],
    ['on another interface', '{ node(id: "1") { ... on Agent { code } } }'],
    ['on a union', '{ person(id: "1") { ... on Hit { ... on Person { code } } } }'],
    [
      'on all of them by turns',
      '{ node(id: "1") { ... on Person { ... on Hit { ... on Agent { ... on Node { ... on Person { code } } } } } } }',
    ],
    [
      'beside an allowed selection of the same object',
      '{ person(id: "1") { name } ...F } fragment F on Query { person(id: "1") { code } }',
    ],
  ] as const) {
    test(`reach a denied field: ${how}`, async () => {
      const { answer, asked } = await mesh.probe(selection);
      for (const line of asked) assert.doesNotMatch(queryOf(line).replaceAll('...on Robot{code}', ''), /\bcode\b/);
      assert.deepEqual(codesOf(answer), [denied]);
      assert.match(JSON.stringify(answer.data), /"code":null/);
    });
  }
  attack(
    'include a denied field by a default of a variable',
    ['query ($v: Boolean = true) { person(id: "1") { name ... @include(if: $v) { code } } }', code],
    ({ answer }) => {
      assert.deepEqual(codesOf(answer), [denied]);
    },
  );
  test('skip and include by variables: what was planned without the field is not used with it', async () => {
    const query = 'query ($v: Boolean!) { person(id: "1") { name code @include(if: $v) strict @skip(if: $v) } }';
    for (const v of [true, false, true, false]) {
      const { answer } = await mesh.probe(query, { variables: { v }, unasked: ['code', 'strict'] });
      assert.deepEqual(pathsOf(answer), [v ? 'person.code' : 'person.strict']);
      assert.deepEqual(answer.data, { person: v ? { name: 'Ann', code: null } : null });
    }
  });
  attack('excluded fields tell nothing', ['{ person(id: "1") { code @skip(if: true) name } }', code], ({ answer }) => {
    assert.deepEqual(answer, { data: { person: { name: 'Ann' } } });
  });
});

describe('interfaces and unions', () => {
  attack('an interface field of which one implementation is denied', '{ agents { id code } }', ({ answer, asked }) => {
    assert.deepEqual(answer.data?.['agents'], [
      { id: '1', code: null },
      { id: '3', code: null },
      { id: 'r1', code: 'open-code' },
    ]);
    assert.ok(asked.every((line) => !/on (Agent|Person)\{[^}]*\bcode/.test(queryOf(line))));
  });
  attack(
    'a denied type behind a union',
    ['{ hits { ... on Vault { gold } } }', { unasked: ['gold'] }],
    ({ answer }) => {
      assert.equal(valueAt(answer, 'hits', 3), null);
    },
  );
  attack(
    'the type name of a denied type, under other names',
    '{ hits { kind: __typename ... on Vault { gold: __typename } } vault { __typename } }',
    ({ answer, text }) => {
      assert.equal(answer.data?.['vault'], null);
      assert.doesNotMatch(text, /"(kind|gold)":"Vault"/);
    },
  );
  attack(
    'a denied field of an interface object, by each way to its objects',
    [
      '{ agents { hideout } guards { hideout } person(id: "1") { hideout } robot { hideout ... on Agent { hideout } } node(id: "1") { ... on Agent { hideout } } }',
      { unasked: ['hideout'] },
    ],
    ({ answer }) => {
      assert.equal(new Set(codesOf(answer)).size, 1);
      assert.equal(pathsOf(answer).length, 5);
    },
  );
  attack('rows of an interface object are those of its objects', '{ guards { id place } }', ({ answer }) => {
    assert.deepEqual(
      answer.data?.['guards'],
      ['1', '3', 'r1'].map((id) => ({ id, place: 'hall' })),
    );
  });
});

describe('other ways to an object', () => {
  attack(
    'an entity by five paths, and a denied field of another domain at each',
    [
      '{ person(id: "1") { pay } node(id: "1") { ... on Person { pay } } roster { members { pay lead: boss { pay } } } grid { pay } page { nodes { pay } } hits { ... on Person { pay } } }',
      { unasked: ['pay'] },
    ],
    ({ answer }) => {
      assert.equal(new Set(codesOf(answer)).size, 1);
      assert.equal(codesOf(answer).length, 8);
    },
  );
  attack(
    'a denied field of an object that is no entity, below lists of lists',
    ['{ grid { team { team { badge { number color } } } } }', { unasked: ['number'] }],
    ({ answer }) => {
      assert.match(JSON.stringify(answer.data), /"number":null,"color":"blue"/);
    },
  );
  attack('a path that one domain provides', ['{ best { name code } richest { code } }', code], ({ answer }) => {
    assert.deepEqual(answer.data, { best: null, richest: null });
  });
  attack(
    'a field that requires a denied one, in a supergraph that somebody else has composed',
    ['{ person(id: "1") { shift grade } people { grade } }', { unasked: ['code', 'grade'] }],
    ({ answer }) => {
      assert.deepEqual(answer.data, {
        person: { shift: 'day', grade: null },
        people: [{ grade: null }, { grade: null }],
      });
      assert.deepEqual(codesOf(answer), [denied, denied]);
    },
  );
  attack(
    'a field that requires a masked one, in a supergraph that somebody else has composed',
    ['{ people { rank } richest { rank } }', { unasked: ['rank'] }],
    ({ answer }) => {
      assert.deepEqual(answer.data?.['people'], [{ rank: null }, { rank: null }]);
    },
  );
  attack(
    'a field that requires something of an object that does not exist, in a supergraph that somebody else has composed',
    '{ person(id: "1") { chief } }',
    ({ answer }) => assert.deepEqual(answer.data, { person: { chief: null } }),
  );
  attack(
    'a field of an interface object that requires what is denied of one implementation',
    '{ agents { id hint } person(id: "1") { hint } robot { hint } }',
    ({ answer }) => {
      assert.deepEqual(answer.data?.['person'], { hint: null });
      assert.deepEqual(valueAt(answer, 'agents', 0), { id: '1', hint: null });
    },
  );
  attack(
    'a mutation that is denied is not run, whatever stands beside it',
    ['mutation { secret: code(id: "1") rename(id: "1", name: "Ann") { name: code } }', code],
    ({ answer, asked }) => {
      assert.deepEqual(answer.data, { secret: null, rename: { name: null } });
      assert.equal(asked.length, 1);
    },
  );
  attack(
    'a denied root field alone asks nobody',
    ['{ secret a: secret }', { unasked: ['secret'] }],
    ({ asked, answer }) => {
      assert.deepEqual([asked.length, answer.data], [0, { secret: null, a: null }]);
    },
  );
  for (const query of [
    '{ _entities(representations: [{ __typename: "Person", id: "1" }]) { ... on Person { code } } }',
    '{ _service { sdl } }',
    'query ($r: [_Any!]!) { x: _entities(representations: $r) { __typename } }',
    '{ __type(name: "_Entity") { possibleTypes { name } } }',
  ]) {
    test(`the roots that domains keep for gateways: ${query.slice(0, 32)}`, async () => {
      const { answer, asked } = await mesh.probe(query, { variables: { r: [{ __typename: 'Person', id: '1' }] } });
      assert.equal(answer.data?.['__type'] ?? null, null);
      assert.equal(asked.length, 0);
    });
  }
});
