/** What requests share, while they run at the same time: nobody gets by it what he does not get alone. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { type Probing, assertHidden, defaultConfig, openCanaryMesh, valueAt } from './canary-mesh.ts';

const mesh = await openCanaryMesh(
  { after },
  { config: { headers: { forward: ['x-tenant'] }, limits: { ...defaultConfig.limits, batch: 8 } } },
);
/** Asks without a look at canaries: some may see them. */
const ask = async (query: string, probing: Probing) => (await mesh.probe(query, { isEntitled: true, ...probing })).text;

const principals: readonly Probing[] = [
  { claims: null },
  { claims: {} },
  { claims: { regions: ['east'] } },
  { claims: { regions: ['west', 'east'] } },
  { claims: { regions: [] } },
  { claims: { scope: 'secret' } },
  { claims: { scope: 'cards' } },
  { claims: { scope: 'secret cards vault', regions: ['east'] } },
];
const operations: readonly string[] = [
  '{ people { id name card code shift place } }',
  '{ person(id: "2") { id name token } node(id: "1") { id } plain }',
  '{ hits { __typename ... on Vault { gold } ... on Person { mail } } }',
  '{ agents { id place code } roster { size lead { name } } }',
  '{ people(orderBy: card) { id } page { totalCount nodes { id } } }',
];

/** The bytes that each principal gets of each operation when it asks alone. */
async function askAlone(): Promise<readonly (readonly string[])[]> {
  const alone: string[][] = [];
  for (const principal of principals) {
    const texts: string[] = [];
    for (const query of operations) texts.push(await ask(query, principal));
    alone.push(texts);
  }
  return alone;
}
const alone = await askAlone();

describe('at the same time', () => {
  for (const [index, query] of operations.entries()) {
    test(`all principals ask ${query.slice(0, 30)}…`, async () => {
      mesh.pace.ms = 15;
      const asking = [...principals, ...principals, ...principals.toReversed()];
      const texts = await Promise.all(asking.map((principal) => ask(query, principal)));
      mesh.pace.ms = 0;
      for (const [at, text] of texts.entries())
        assert.equal(text, alone[principals.indexOf(asking[at] ?? {})]?.[index], JSON.stringify(asking[at]));
    });
  }

  test('principals ask anything in any order', async () => {
    const request = fc.record({
      principal: fc.nat(principals.length - 1),
      operation: fc.nat(operations.length - 1),
      wait: fc.nat(6),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 4, maxLength: 24 }), async (requests) => {
        mesh.pace.ms = 3;
        const texts = await Promise.all(
          requests.map(async ({ principal, operation, wait }) => {
            await sleep(wait);
            return ask(operations[operation] ?? '', principals[principal] ?? {});
          }),
        );
        mesh.pace.ms = 0;
        for (const [at, { principal, operation }] of requests.entries())
          assert.equal(texts[at], alone[principal]?.[operation]);
      }),
      { numRuns: 12 },
    );
  });

  test('one persisted document is asked for by all', async () => {
    const [query = ''] = operations;
    const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
    await ask('', { body: { query, extensions } });
    const texts = await Promise.all(principals.map((principal) => ask('', { ...principal, body: { extensions } })));
    assert.deepEqual(
      texts,
      alone.map(([first]) => first),
    );
  });

  test('all ask in lists of operations', async () => {
    const body = operations.map((query) => ({ query }));
    const texts = await Promise.all(principals.map((principal) => ask('', { ...principal, body })));
    for (const [at, text] of texts.entries()) assert.equal(text, `[${alone[at]?.join(',')}]`);
  });

  test('the same operation with other variables', async () => {
    mesh.pace.ms = 15;
    const ids = ['1', '2', '3', '4', '9', '1', '2'];
    const texts = await Promise.all(
      ids.map((id) => ask('query ($id: ID!) { person(id: $id) { id } }', { variables: { id } })),
    );
    mesh.pace.ms = 0;
    const shown = ids.map((id) => (id === '1' || id === '3' ? { id } : null));
    assert.deepEqual(
      texts.map((text) => (JSON.parse(text) as { data: object }).data),
      shown.map((person) => ({ person })),
    );
  });

  test('subjects that are one to the rules, and are not to the domains', async () => {
    mesh.pace.ms = 20;
    const tenants = ['red', 'blue', 'red', 'green', 'blue'];
    const texts = await Promise.all(
      tenants.map((tenant) => ask('{ who plain }', { claims: { sub: 'same' }, headers: { 'x-tenant': tenant } })),
    );
    mesh.pace.ms = 0;
    assert.deepEqual(
      texts,
      tenants.map((who) => JSON.stringify({ data: { who, plain: 'plain' } })),
    );
  });

  test('one who leaves takes nobody along, and leaves nobody his answer', async () => {
    mesh.pace.ms = 40;
    const query = operations[0] ?? '';
    const leaving = new AbortController();
    const left = mesh.send('/graphql', {
      method: 'POST',
      headers: mesh.headersOf({ claims: { scope: 'secret cards' } }),
      body: JSON.stringify({ query }),
      signal: leaving.signal,
    });
    const staying = principals.map((principal) => ask(query, principal));
    await sleep(15);
    leaving.abort();
    await assert.rejects(left, { name: 'AbortError' });
    assert.deepEqual(
      await Promise.all(staying),
      alone.map(([first]) => first),
    );
    mesh.pace.ms = 0;
  });

  test('a mutation runs between queries: who may not see what it did does not see it', async () => {
    mesh.pace.ms = 10;
    const query = 'query { person(id: "1") { name } }';
    const [before, hidden, ...rest] = await Promise.all([
      ask(query, { claims: { regions: ['east'] } }),
      ask('mutation { rename(id: "1", name: "canary") { name card } }', { claims: { regions: ['east'] } }),
      ask(query, {}),
      ask(query, { claims: null }),
    ]);
    mesh.pace.ms = 0;
    assert.deepEqual([before, hidden], ['{"data":{"person":null}}', '{"data":{"rename":null}}']);
    assert.deepEqual(rest, ['{"data":{"person":{"name":"Ann"}}}', '{"data":{"person":null}}']);
  });
});

describe('what is remembered of subjects', () => {
  const query = '{ people { id } }';
  const whole = '{"data":{"people":[{"id":"1"},{"id":"3"}]}}';
  const none = '{"data":{"people":[]}}';

  for (const regions of [
    'west',
    7,
    null,
    true,
    {},
    { west: false, 0: 'x' },
    [['west']],
    [7],
    ['West'],
    ['west '],
    'west,east',
  ]) {
    test(`a claim that was a list becomes ${JSON.stringify(regions)} and a list again`, async () => {
      const expected = JSON.stringify(regions).startsWith('{"') ? undefined : none;
      assert.equal(await ask(query, { claims: { regions: ['west'] } }), whole);
      const text = await ask(query, { claims: { regions } });
      // CEL asks an object for its keys: whose token has the key has been given it.
      if (expected !== undefined) assert.equal(text, expected);
      assertHidden(text);
      assert.equal(await ask(query, { claims: { regions: ['west'] } }), whole);
      if (expected !== undefined) assert.equal(await ask(query, { claims: { regions } }), none);
    });
  }

  test('the same id with other rights, by turns', async () => {
    for (const scope of ['secret', '', 'secret', 'x']) {
      const text = await ask('{ secret }', { claims: { sub: 'twin', scope } });
      assert.equal(text.includes('canary-secret'), scope === 'secret');
    }
  });

  test('claims and variables that name the prototype change nothing for others', async () => {
    const poison = JSON.parse(
      '{"__proto__":{"regions":["west"],"scopes":["secret"]},"constructor":{"prototype":{"x":1}}}',
    );
    await ask('query ($f: JSON) { people(filter: $f) { id } }', {
      claims: { ...poison, regions: [] },
      variables: { f: poison },
    });
    const body = `{"query":"{ secret people { id } }","variables":{"__proto__":{"regions":["west"]}},"__proto__":{"x":1}}`;
    const { text } = await mesh.send('/graphql', {
      method: 'POST',
      headers: mesh.headersOf({ claims: { regions: [] } }),
      body,
    });
    assertHidden(text);
    assert.match(text, /"people":\[\]/);
    assert.equal(({} as Record<string, unknown>)['regions'], undefined);
    assert.equal(await ask(query, { claims: { regions: undefined } }), none);
  });

  test('large claims decide as small ones do', async () => {
    const many = Array.from({ length: 400 }, (_, index) => `region-${index}`);
    assert.equal(await ask(query, { claims: { regions: many } }), none);
    assert.equal(await ask(query, { claims: { regions: [...many, 'west'] } }), whole);
    assert.equal(await ask(query, { claims: { regions: many } }), none);
  });

  test('many subjects push each other out, and are decided as before', async () => {
    for (let round = 0; round < 120; round++) {
      const text = await ask(query, {
        claims: { sub: `s${round}`, regions: round % 3 === 0 ? ['west'] : [`r${round}`] },
      });
      assert.equal(text, round % 3 === 0 ? whole : none);
    }
  });
});

describe('while the policy is replaced', () => {
  test('each answer is by the one or by the other, and what is asked afterwards by the new one', async () => {
    const changing = await openCanaryMesh({ after }, { rules: { 'Query.plain': '', 'Person.label': '' } });
    const stricter = await openCanaryMesh({ after }, { rules: { 'Person.label': '@requiresScopes(scopes: [["x"]])' } });
    const query = '{ people { id label } }';
    changing.pace.ms = 10;
    const [open, shut] = [(await changing.probe(query)).text, (await stricter.probe(query)).text];
    assert.notEqual(open, shut);
    for (const { supergraph, wanted } of [
      { supergraph: stricter.supergraph, wanted: shut },
      { supergraph: changing.supergraph, wanted: open },
    ]) {
      const during = Array.from({ length: 12 }, async (_, index) => {
        await sleep(index);
        return (await changing.probe(query)).text;
      });
      await sleep(4);
      await changing.pipeline.swap({
        supergraph: readSupergraph(supergraph),
        subgraphs: changing.pipeline.subgraphs(),
      });
      const afterwards = await Promise.all([changing.probe(query), changing.probe(query)]);
      assert.deepEqual(
        afterwards.map(({ text }) => text),
        [wanted, wanted],
      );
      for (const text of await Promise.all(during)) assert.ok(text === open || text === shut, text);
    }
  });
  test('answers of a former policy are not remembered under the new one', async () => {
    const changing = await openCanaryMesh({ after }, { rules: { 'Query.secret': '' } });
    const { supergraph } = mesh;
    const open = await changing.probe('{ secret }', { isEntitled: true });
    assert.equal(valueAt(open.answer, 'secret'), 'canary-secret');
    await changing.pipeline.swap({ supergraph: readSupergraph(supergraph), subgraphs: changing.pipeline.subgraphs() });
    const { answer, asked } = await changing.probe('{ secret }', { unasked: ['secret'] });
    assert.deepEqual([answer.data, asked.length], [{ secret: null }, 0]);
  });
});
