/** Oracles on rows: whoever asks for a row that does not exist for him learns as much as of one that never was. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { attacks, codesOf, openCanaryMesh, pathsOf, valueAt } from './canary-mesh.ts';

const mesh = await openCanaryMesh({ after });
const attack = attacks(mesh);

/** Asks for a row of the east, for one that there is not, and compares the very bytes. */
async function assertAlike(query: string): Promise<string> {
  const hidden = await mesh.probe(query, { variables: { id: '2' } });
  const absent = await mesh.probe(query, { variables: { id: '9' } });
  assert.equal(hidden.text, absent.text);
  assert.equal(hidden.status, absent.status);
  return hidden.text;
}

describe('a row that is hidden and one that is not there', () => {
  for (const [how, query] of [
    ['by key', 'query ($id: ID!) { person(id: $id) { id name } }'],
    ['by its type name alone', 'query ($id: ID!) { person(id: $id) { __typename } }'],
    ['as a node', 'query ($id: ID!) { node(id: $id) { id __typename } }'],
    ['as a node, of a type that it is not', 'query ($id: ID!) { node(id: $id) { ... on Robot { name } } }'],
    ['by a denied field', 'query ($id: ID!) { person(id: $id) { code } }'],
    ['by a denied field that may not be null', 'query ($id: ID!) { person(id: $id) { strict } }'],
    ['by a masked field', 'query ($id: ID!) { person(id: $id) { card phone ghost } }'],
    ['by what is below it', 'query ($id: ID!) { person(id: $id) { boss { id } team { id } badge { number } } }'],
    [
      'several times at once',
      'query ($id: ID!) { a: person(id: $id) { id } b: node(id: $id) { id } c: person(id: $id) { name } }',
    ],
    ['by a mutation', 'mutation ($id: ID!) { rename(id: $id, name: "x") { id name } }'],
    ['by a mutation and a denied field', 'mutation ($id: ID!) { rename(id: $id, name: "x") { code strict } }'],
  ] as const) {
    test(`are told alike ${how}`, async () => {
      await assertAlike(query);
    });
  }

  test('are told alike where another domain knows more of it', async () => {
    const text = await assertAlike('query ($id: ID!) { person(id: $id) { shift bonus place } }');
    assert.equal(text, '{"data":{"person":null}}');
  });

  test('kill their parent alike where they may not be null', async () => {
    const [hidden, absent] = await Promise.all(
      ['2', '9'].map((id) => mesh.probe('query ($id: ID!) { sure(id: $id) { id } }', { variables: { id } })),
    );
    assert.equal(hidden?.answer.data, null);
    assert.equal(hidden?.text, absent?.text);
  });

  test('fail alike where a field of it fails', async () => {
    await assertAlike('query ($id: ID!) { person(id: $id) { id broken } }');
  });

  test('are asked for alike often: nothing is looked up on for what is not shown', async () => {
    const asking = async (id: string) => {
      const { asked } = await mesh.probe('query ($id: ID!) { person(id: $id) { name } }', { variables: { id } });
      return asked.length;
    };
    assert.equal(await asking('2'), await asking('9'));
  });
});

describe('what tells of rows together', () => {
  for (const [what, selection] of [
    ['a total', 'page { totalCount }'],
    ['a sum', 'page { salarySum }'],
    ['whether there is more', 'page { pageInfo { hasNextPage } }'],
    ['the last cursor', 'page { pageInfo { endCursor } }'],
    ['a total under an allowed name', 'page { nodes { id } edges: totalCount }'],
    ['a total of a page of one', 'page(first: 1) { totalCount }'],
    ['a number that declares what it counts', 'roster { size }'],
  ] as const) {
    test(`is denied: ${what}`, async () => {
      const unasked = ['totalCount', 'salarySum', 'pageInfo', 'cursor', 'size'];
      const { answer } = await mesh.probe(`{ ${selection} }`, { unasked });
      assert.deepEqual(codesOf(answer), ['UNAUTHORIZED_FIELD_OR_TYPE']);
    });
  }

  attack(
    'edges go with their nodes, also where no node is asked for',
    '{ page { edges { __typename } } }',
    ({ answer }) => {
      assert.deepEqual(answer.data, { page: { edges: [{ __typename: 'PersonEdge' }, { __typename: 'PersonEdge' }] } });
    },
  );
  attack(
    'edges of another name, by what they say themselves',
    '{ links { edges { weight cursor } } }',
    ({ answer }) => {
      assert.deepEqual(answer.data, {
        links: { edges: ['Ann', 'Cyd'].map((name) => ({ weight: `weight of ${name}`, cursor: 'c' })) },
      });
    },
  );
  attack('cursors of edges to hidden rows', '{ page { edges { cursor } } }', ({ answer }) => {
    assert.deepEqual(answer.data?.['page'], { edges: [{ cursor: 'cursor-Ann' }, { cursor: 'cursor-Cyd' }] });
  });
  attack(
    'edges whose node stands under another name',
    '{ page { edges { node: __typename n: node { id } } } }',
    ({ answer }) => {
      assert.deepEqual(answer.data?.['page'], { edges: ['1', '3'].map((id) => ({ node: 'PersonEdge', n: { id } })) });
    },
  );
  attack(
    'a filter that only a hidden row fits',
    '{ people(where: { name: { eq: "canary" } }) { id } }',
    ({ answer }) => {
      assert.deepEqual(answer.data?.['people'], [{ id: '1' }, { id: '3' }]);
    },
  );
});

describe('rows', () => {
  attack(
    'below each other, in lists of lists, behind every type that they may have',
    '{ grid { id name } hits { ... on Person { name } } agents { ... on Person { name } } roster { lead { name } members { name boss { name } team { name } } } }',
    ({ answer }) => {
      assert.deepEqual(answer.data?.['grid'], [[{ id: '1', name: 'Ann' }], [null, { id: '3', name: 'Cyd' }]]);
      assert.deepEqual(valueAt(answer, 'roster', 'lead'), null);
    },
  );
  attack(
    'that another domain gives, with and without what it provides',
    '{ richest { id name shift } best { id name } }',
    ({ answer }) => {
      assert.deepEqual(answer, { data: { richest: null, best: null } });
    },
  );
  attack(
    'that a mutation has just taken out of sight',
    'mutation { hide(id: "1") { id name region } }',
    ({ answer }) => {
      assert.deepEqual(answer, { data: { hide: null } });
    },
  );
  attack(
    'of which a field fails: nobody is told of those that are hidden',
    '{ people { broken } page { nodes { broken } } }',
    ({ answer }) => {
      assert.deepEqual(pathsOf(answer).toSorted(), [
        'page.nodes.0.broken',
        'page.nodes.1.broken',
        'people.0.broken',
        'people.1.broken',
      ]);
    },
  );
  for (const [what, claims] of [
    ['there is none', { regions: undefined }],
    ['it is null', { regions: null }],
    ['it is a text that holds the region', { regions: 'west east' }],
    ['it is a number', { regions: 7 }],
    ['it is a list of lists', { regions: [['west'], ['east']] }],
    ['it is an object of other keys', { regions: { 0: 'west', 1: 'east' } }],
    ['it is a list of patterns', { regions: ['*', '.*', 'w%', ''] }],
    ['it is of the prototype', { __proto__: { regions: ['west'] }, regions: undefined }],
  ] as const) {
    test(`do not exist where a condition reads a claim and ${what}`, async () => {
      const { answer } = await mesh.probe('{ people { id } person(id: "1") { id } }', { claims });
      assert.deepEqual(answer, { data: { people: [], person: null } });
    });
  }
  attack(
    'do not exist for somebody without a token',
    ['{ people { id } agents { id } }', { claims: null }],
    ({ answer }) => {
      assert.deepEqual(answer.data, { people: [], agents: [{ id: 'r1' }] });
    },
  );
});
