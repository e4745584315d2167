/** A host of domains: what it records as deployed, what starts by itself, and what it refuses. */
import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isWeftError } from '../../mesh/core/error.ts';
import type { MeshEvent } from '../../mesh/core/event.ts';
import { openLog } from '../../mesh/events/open.ts';
import { askSubgraph, finishedOf, openStage, parks, temporaryFolder, until, writeDomain } from './fixture.ts';

const finished = 'weft.execution.finished';
const deployed = ['weft.domain.deployed', 'weft.process.deployed', 'weft.product.deployed'];

describe('deployments', () => {
  const names = (events: readonly MeshEvent[]) =>
    events.map(({ type, payload }) => `${type.split('.')[1]} ${payload['name']}`);

  test('are recorded when they change, and then alone', async (t) => {
    const folder = writeDomain(t, parks);
    const log = await openLog(join(temporaryFolder(t), 'log.db'));
    t.after(() => log.close());
    const open = async (): Promise<readonly MeshEvent[]> => {
      const after = await log.end();
      await (await openStage(t, [folder], { log })).host.close();
      return log.read({ after, filter: { types: deployed } });
    };
    const all = [
      'domain trial',
      'process park',
      'process parks',
      'process near',
      'process twice',
      'product theWorst',
      'product Park',
    ];
    assert.deepEqual(names(await open()), all);
    assert.deepEqual(names(await open()), []);
    writeFileSync(join(folder, 'schema.graphql'), '\ntype Extra @dataProduct { a: Int }\n', { flag: 'a' });
    // A process may run what any file of its domain says.
    assert.deepEqual(names(await open()), [...all.slice(0, 5), 'product Extra']);
    appendFileSync(join(folder, 'domain.ts'), '// Changed.\n');
    assert.deepEqual(names(await open()), all.slice(0, 5));
  });

  test('tell of products what the schema says, sources as products', async (t) => {
    const { host, closed } = await openStage(t, [writeDomain(t, parks)]);
    assert.deepEqual(host.products, [
      {
        domain: 'trial',
        product: {
          name: 'theWorst',
          coordinate: 'Query.worst',
          owner: 'Team',
          description: '',
          status: 'ACTIVE',
          freshness: 'PT1H',
          availability: null,
          process: 'park',
          labels: [],
          fields: ['id: ID!', 'name: String!', 'size: Int', 'near: [Park!]!'],
          derivedFrom: ['trial/Park'],
        },
      },
      {
        domain: 'trial',
        product: {
          name: 'Park',
          coordinate: 'Park',
          owner: 'Rangers',
          description: 'A place with trees.',
          status: 'ACTIVE',
          freshness: null,
          availability: null,
          process: 'parks',
          labels: [],
          fields: ['id: ID!', 'name: String!', 'size: Int', 'near: [Park!]!'],
          derivedFrom: [],
        },
      },
    ]);
    const near = (await closed('weft.process.deployed')).find(({ process }) => process === 'near');
    assert.deepEqual(near?.payload['answers'], ['Park.near']);
  });
});

describe('triggers', () => {
  test('run a process at multiples of its pace, each tick from where the one before ended', async (t) => {
    const { host, log, closed } = await openStage(t, [
      writeDomain(t, {
        schema: 'type Query { a: Int }',
        body: `const processes = [defineProcess({
  name: 'tick', triggers: [schedule({ everyMs: 50 })], logics: [],
  aggregator: aggregator('x', async ({ input, result, events }) => { await events.emit({ label: 'ticked', payload: input }); result.finalize(null); }),
})];`,
      }),
    ]);
    host.start();
    await until(async () => (await log.read({ filter: { labels: ['ticked'] } })).length >= 4);
    const [record] = await closed(finished);
    assert.deepEqual(
      [finishedOf(record).trigger, finishedOf(record).from, record?.subject],
      ['schedule', 'every 50 ms', 'domain:trial'],
    );
    assert.deepEqual(finishedOf(record).outputs, [{ kind: 'label', domain: 'trial', name: 'ticked' }]);
    const ticks = (await log.read({ filter: { labels: ['ticked'] } })).map(
      ({ payload }) => payload as { dueAt: number; previousDueAt: number },
    );
    ticks.forEach(({ dueAt, previousDueAt }, index) => {
      assert.equal(dueAt % 50, 0);
      assert.equal(previousDueAt, ticks[index - 1]?.dueAt ?? dueAt - 50);
      assert.ok(dueAt > previousDueAt);
    });
  });

  test('run a process for each event of its domain, in order, again when it failed', async (t) => {
    const define = (name: string, label: string, run: string) =>
      `defineProcess({ name: '${name}', logics: [], ${run} ${label} })`;
    const body = `const seen = new Set();
const processes = [
  ${define('emit', '', `aggregator: aggregator('x', async ({ events, result }) => { await events.emit([1, 2, 3].map((n) => ({ label: 'n', payload: { n } }))); result.finalize(null); })`)},
  ${define(
    'heed',
    `, retry: 1, triggers: [onEvent({ label: 'n' })]`,
    `aggregator: aggregator('x', async ({ input, events, result }) => {
    const { n } = input.event.payload;
    if (n === 2 && !seen.has(n)) { seen.add(n); throw new Error('not yet'); }
    await events.emit({ label: 'heard', payload: { n } });
    result.finalize(null);
  })`,
  )},
];`;
    const schema = 'type Query { a: Int } type Mutation { emit: Int @process(name: "emit") }';
    const { host, log, closed } = await openStage(t, [writeDomain(t, { schema, body })]);
    await askSubgraph(host.subgraphs[0] ?? assert.fail(), 'mutation { emit }');
    host.start();
    const heard = async () => (await log.read({ filter: { labels: ['heard'] } })).map(({ payload }) => payload['n']);
    // What was there before it started does not count; when it has begun to follow is for itself to know.
    await until(async () => {
      await askSubgraph(host.subgraphs[0] ?? assert.fail(), 'mutation { emit }');
      return (await heard()).length >= 3;
    });
    const numbers = await heard();
    assert.deepEqual(numbers.slice(0, 3).toSorted(), [1, 2, 3]);
    const records = (await closed(finished)).filter(({ process }) => process === 'heed').map(finishedOf);
    assert.equal(records.filter(({ status }) => status === 'FAILED').length, 1);
    assert.ok(records.every(({ trigger, from }) => trigger === 'event' && from === 'n'));
  });
});

describe('openHost() refuses', () => {
  test('a schedule without a pace, where it is written', async (t) => {
    const body = `const processes = [defineProcess({
  name: 'a',
  triggers: [schedule({ everyMs: 0.5 })], logics: [], aggregator: aggregator('x', () => undefined) })];`;
    const folder = writeDomain(t, { schema: 'type Query { a: Int }', body });
    await assert.rejects(openStage(t, [folder]), (thrown) => {
      assert.ok(isWeftError(thrown, 'PROCESS_INVALID'));
      assert.deepEqual(thrown.at, { file: join(folder, 'domain.ts'), line: 6 });
      return true;
    });
  });

  const ok = `const processes = [defineProcess({ name: 'known', logics: [], aggregator: aggregator('x', () => undefined) })];`;
  for (const [what, code, schema, message, place] of [
    [
      'a process that is not there',
      'PROCESS_INVALID',
      'type Query {\n  a: Int @process(name: "nope")\n}',
      'Cannot answer "Query.a" with process "nope": found no such process in domain "trial", wanted one of "known".',
      [5, 10],
    ],
    [
      'a source that no product owns',
      'DOMAIN_INVALID',
      'type Query { a: Int @dataProduct @derivedFrom(coordinates: ["Query.b"]) }',
      'Cannot derive "Query.a" from "Query.b": found no product at that coordinate, wanted one of Query.a.',
      [4, 34],
    ],
    [
      'a condition that cannot be read',
      'POLICY_INVALID',
      'type Query { a: Int } type Subscription { b: Int @event(label: "x", where: "1 +") }',
      null,
      [4, 50],
    ],
    ['SDL that does not parse', 'DOMAIN_INVALID', 'type Query {', null, [4, 13]],
    ['SDL that is no schema', 'DOMAIN_INVALID', 'type Query { a: Nothing }', null, [4, 17]],
  ] as const) {
    test(`${what}, with its place`, async (t) => {
      const folder = writeDomain(t, { schema, body: ok });
      await assert.rejects(openStage(t, [folder]), (thrown) => {
        assert.ok(isWeftError(thrown, code), String(thrown));
        if (message !== null) assert.equal(thrown.message, message);
        assert.deepEqual(
          [thrown.at?.file, thrown.at?.line, thrown.at?.column],
          [join(folder, 'schema.graphql'), ...place],
        );
        return true;
      });
    });
  }

  test('a folder without a schema, a dataset that is not there, two domains of one name', async (t) => {
    const schema = 'type Query { a: Int }';
    const refused = async (folders: readonly string[], found: RegExp) =>
      assert.rejects(
        openStage(t, folders),
        (thrown) => isWeftError(thrown, 'DOMAIN_INVALID') && found.test(thrown.message),
      );
    const bare = writeDomain(t, { schema, body: ok });
    rmSync(join(bare, 'schema.graphql'));
    await refused([bare], /schema\.graphql": found no file that can be read/);
    await refused(
      [writeDomain(t, { schema, body: `${ok} more = { datasets: { t: csv('none.csv') } };` })],
      /Cannot open dataset "t" at "none.csv"/,
    );
    await refused(
      [writeDomain(t, { schema, body: ok }), writeDomain(t, { schema, body: ok })],
      /Cannot open domain "trial"/,
    );
    await refused([writeDomain(t, { name: 'gateway', schema, body: ok })], /the name under which gateways record/);
  });
});
