/** Domains in a host: what their schemas answer, what goes wrong and how it is told, and what the log says of it. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isWeftError } from '../../mesh/core/error.ts';
import type { MeshEvent } from '../../mesh/core/event.ts';
import type { MeshRequest } from '../../mesh/core/subgraph.ts';
import { openLog } from '../../mesh/events/open.ts';
import { askSubgraph, finishedOf, openStage, requestOf, temporaryFolder, until, writeDomain } from './fixture.ts';

const finished = 'weft.execution.finished';
const deployed = ['weft.domain.deployed', 'weft.process.deployed', 'weft.product.deployed'];

const parks = {
  schema: `
type Query {
  park(id: ID!): Park @process(name: "park")
  twice(n: Int!): Int! @process(name: "twice")
  worst: Park! @process(name: "park") @dataProduct(name: "theWorst", freshness: "PT1H") @derivedFrom(coordinates: ["Park.size"])
}
"A place with trees."
type Park @key(fields: "id") @process(name: "parks") @dataProduct(owner: "Rangers") {
  id: ID!
  name: String!
  size: Int
  near(first: Int = 2): [Park!]! @process(name: "near")
}
`,
  body: `
const one = (name, run) => defineProcess({ name, logics: [], aggregator: aggregator('answer', run) });
const processes = [
  one('park', ({ input, result }) => result.finalize({ id: input.args.id ?? '0', name: 'Park ' + input.args.id })),
  one('parks', ({ input, result }) => result.finalize(input.references.map(({ id }) => id === 'none' ? null : { id, name: 'Park ' + id, size: 3 }))),
  one('near', ({ input, result }) => result.finalize(input.parents.map(({ id }) => Array.from({ length: input.args.first }, (_, n) => ({ id: id + n, name: 'by ' + id }))))),
  one('twice', ({ input, result, session, execution, subject, variables, logic }) => {
    if (input.args.n < 0) throw new Error('secret reason');
    result.finalize(input.args.n * variables.factor);
  }),
];
more = { variables: { factor: 2 } };
`,
};

describe('a field with a process', () => {
  test('is answered by its result, arguments with their defaults', async (t) => {
    const { ask } = await openStage(t, [writeDomain(t, parks)]);
    assert.deepEqual(await ask('{ park(id: "a") { id name near { id } } twice(n: 4) }'), {
      data: { park: { id: 'a', name: 'Park a', near: [{ id: 'a0' }, { id: 'a1' }] }, twice: 8 },
    });
  });

  test('takes variables from the configuration before the domain’s', async (t) => {
    const { ask } = await openStage(t, [writeDomain(t, parks)], { variables: () => ({ factor: 10 }) });
    assert.deepEqual((await ask('{ twice(n: 4) }')).data, { twice: 40 });
  });

  test('is one execution for all entities of a batch, and one for a field of all of them', async (t) => {
    const { ask, closed } = await openStage(t, [writeDomain(t, parks)]);
    const representations = ['a', 'b', 'none', 'a'].map((id) => ({ __typename: 'Park', id }));
    const { data } = await ask(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Park { id name near(first: 1) { id } other: near(first: 0) { id } } } }',
      { r: representations },
    );
    const park = (id: string) => ({ id, name: `Park ${id}`, near: [{ id: `${id}0` }], other: [] });
    assert.deepEqual(data, { _entities: [park('a'), park('b'), null, park('a')] });
    const records = await closed(finished);
    assert.deepEqual(records.map(({ process }) => process).toSorted(), ['near', 'near', 'parks']);
  });

  test('fails with a code and an id, and keeps its reason to the log', async (t) => {
    const { ask, closed } = await openStage(t, [writeDomain(t, parks)]);
    const { errors, data } = await ask('{ twice(n: -1) park(id: "a") { id } }');
    assert.equal(data, null);
    const [record] = await closed(finished).then((all) => all.filter(({ process }) => process === 'twice'));
    assert.deepEqual(errors, [
      {
        message: 'Process "twice" failed.',
        path: ['twice'],
        extensions: { executionId: record?.executionId, code: 'EXECUTION_FAILED' },
      },
    ]);
    const { status, error, timeline } = finishedOf(record);
    assert.deepEqual([status, error], ['FAILED', { code: 'LOGIC_FAILED', message: 'secret reason' }]);
    assert.deepEqual(
      timeline.map(({ logic, ran }) => [logic, ran]),
      [['answer', 'run']],
    );
  });

  test('refuses a batch that is not aligned with what was asked for', async (t) => {
    const { ask } = await openStage(t, [
      writeDomain(t, {
        schema: 'type Query { a: T @process(name: "a") } type T { b: Int @process(name: "b") }',
        body: `const one = (name, value) => defineProcess({ name, logics: [], aggregator: aggregator('x', ({ result }) => result.finalize(value)) });
const processes = [one('a', {}), one('b', [1, 2])];`,
      }),
    ]);
    const { errors } = await ask('{ a { b } }');
    assert.deepEqual(
      errors?.map(({ message, extensions }) => [message, extensions?.['code']]),
      [['Cannot answer a batch: found a list of 2, wanted a list of 1, aligned with what was asked for.', 'EXECUTION_FAILED']],
    );
  });

  test('is validated against the schema', async (t) => {
    const { ask } = await openStage(t, [writeDomain(t, parks)]);
    const codes = async (query: string) => (await ask(query)).errors?.map(({ extensions }) => extensions?.['code']);
    assert.deepEqual(await codes('{ nothing }'), ['GRAPHQL_VALIDATION_FAILED']);
    assert.deepEqual(await codes('{ nothing'), ['GRAPHQL_PARSE_FAILED']);
    assert.deepEqual(await codes('{ nothing }'), ['GRAPHQL_VALIDATION_FAILED']);
  });

  test('is cancelled with its request', async (t) => {
    const { host, closed } = await openStage(t, [
      writeDomain(t, {
        schema: 'type Query { hang: Int @process(name: "hang") }',
        body: `const processes = [defineProcess({ name: 'hang', logics: [logic('wait', () => new Promise(() => undefined))], aggregator: aggregator('x', () => undefined) })];`,
      }),
    ]);
    const stop = new AbortController();
    const asked = host.subgraphs[0]?.fetch(requestOf('{ hang }'), stop.signal);
    stop.abort();
    assert.equal((await asked)?.errors?.[0]?.extensions?.['code'], 'EXECUTION_CANCELLED');
    assert.equal(finishedOf((await closed(finished))[0]).status, 'CANCELLED');
  });

  test('runs in the host itself when it is inline', async (t) => {
    const folder = writeDomain(t, {
      schema: 'type Query { pid: Int! @process(name: "pid") stuck: Int @process(name: "stuck") }',
      body: `const processes = [
  defineProcess({ name: 'pid', inline: true, logics: [], aggregator: aggregator('x', ({ result }) => result.finalize(process.pid)) }),
  defineProcess({ name: 'stuck', inline: true, timeoutMs: 20, logics: [], aggregator: aggregator('x', () => new Promise(() => undefined)) }),
];`,
    });
    const { ask } = await openStage(t, [folder]);
    assert.deepEqual((await ask('{ pid }')).data, { pid: process.pid });
    assert.equal((await ask('{ stuck }')).errors?.[0]?.extensions?.['code'], 'EXECUTION_TIMED_OUT');
  });
});

describe('the record of an execution', () => {
  test('tells who asked, what it read through the mesh and what it answered', async (t) => {
    const other = writeDomain(t, {
      name: 'other',
      schema: 'type Query { size: Int @process(name: "size") @dataProduct }',
      body: `const processes = [defineProcess({
  name: 'size',
  logics: [logic('ask', async ({ mesh, session }) => session.set('data', await mesh.query('query ($id: ID!) { park(id: $id) { size } }', { id: 'a' })))],
  aggregator: aggregator('x', ({ session, result }) => result.finalize(session.get('data').park.size)),
})];`,
    });
    const asked: MeshRequest[] = [];
    const { ask, closed } = await openStage(t, [other, writeDomain(t, parks)], {
      meshQuery: async (request) => {
        asked.push(request);
        return { data: { park: { size: 7 } }, errors: [], coordinates: ['Query.park', 'Park.size'] };
      },
      scopes: (domain) => [`${domain}:all`],
    });
    assert.deepEqual((await ask('{ size }')).data, { size: 7 });
    const [request] = asked;
    assert.deepEqual([request?.variables, request?.subject.id, request?.subject.scopes], [{ id: 'a' }, 'domain:other', ['other:all']]);
    const [record] = await closed(finished);
    const { trigger, from, status, inputs, outputs } = finishedOf(record);
    assert.deepEqual([record?.domain, record?.process, record?.product, record?.subject], ['other', 'size', 'size', null]);
    assert.deepEqual([trigger, from, status], ['query', 'Query.size', 'COMPLETE']);
    assert.deepEqual(inputs, [{ kind: 'product', domain: 'trial', name: 'Park' }]);
    assert.deepEqual(outputs, [{ kind: 'product', domain: 'other', name: 'size' }]);
  });

  test('fits, however long the execution', async (t) => {
    const folder = writeDomain(t, {
      schema: 'type Query { long: Int @process(name: "long") }',
      body: `const handleError = () => { throw new Error('\\u0001'.repeat(5000)); };
const processes = [defineProcess({
  name: 'long',
  logics: Array.from({ length: 500 }, (_, n) => logic('step ' + n, { run: handleError, handleError })),
  aggregator: aggregator('x', { run: () => undefined, handleError: ({ result }) => result.finalize(1) }),
})];`,
    });
    const { ask, closed } = await openStage(t, [folder]);
    assert.deepEqual((await ask('{ long }')).data, { long: 1 });
    const { status, timeline } = finishedOf((await closed(finished))[0]);
    assert.equal(status, 'COMPLETE_WITH_ERROR');
    assert.ok(timeline.length > 0 && timeline.length < 500);
  });
});

describe('a subscription field', () => {
  const folder = {
    schema: `
type Query { a: Int }
type Mutation { cut(height: Float!): Int! @process(name: "cut") }
type Subscription {
  cuts(least: Int, exact: Int): Cut! @event(label: "tree.cut", where: "(args.least == null || event.payload.height >= args.least) && (args.exact == null || event.payload.height == args.exact)") @dataProduct
}
type Cut { height: Float! }
`,
    body: `const processes = [defineProcess({
  name: 'cut',
  logics: [logic('emit', ({ events, input }) => events.emit([{ label: 'tree.cut', payload: { height: input.args.height }, target: 'tree:1' }, { label: 'else', payload: {} }]))],
  aggregator: aggregator('x', ({ result }) => result.finalize(2)),
})];`,
  };

  test('gives the payloads of the events that its condition lets through, from now on', async (t) => {
    const { host, ask } = await openStage(t, [writeDomain(t, folder)]);
    const stop = new AbortController();
    const cut = (height: number) => ask('mutation ($h: Float!) { cut(height: $h) }', { h: height });
    await cut(99);
    const stream = host.subgraphs[0]?.subscribe?.(requestOf('subscription { cuts(least: 10) { height } }'), stop.signal);
    assert.ok(stream);
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    // Until the subscription has found the end of the log, an event may come too early for it.
    const feeding = (async () => {
      for (let height = 10.5; !stop.signal.aborted; height++) {
        await cut(9.5);
        await cut(height);
      }
    })();
    const { value } = await first;
    const height = value?.data?.cuts?.height;
    assert.ok(height >= 10.5 && height < 99, String(height));
    assert.deepEqual((await iterator.next()).value, { data: { cuts: { height: height + 1 } } });
    stop.abort();
    await feeding;
    await iterator.return?.();
  });

  test('answers once, with errors, what is no subscription of its schema', async (t) => {
    const { host } = await openStage(t, [writeDomain(t, folder)]);
    const answers = [];
    for await (const answer of host.subgraphs[0]?.subscribe?.(requestOf('subscription { nothing }'), new AbortController().signal) ?? []) {
      answers.push(answer);
    }
    assert.equal(answers.length, 1);
    assert.equal(answers[0]?.errors?.[0]?.extensions?.['code'], 'GRAPHQL_VALIDATION_FAILED');
  });

  test('is absent from a subgraph without subscriptions', async (t) => {
    const { host } = await openStage(t, [writeDomain(t, parks)]);
    assert.equal(host.subgraphs[0]?.subscribe, undefined);
  });
});

describe('deployments', () => {
  const names = (events: readonly MeshEvent[]) => events.map(({ type, payload }) => `${type.split('.')[1]} ${payload['name']}`);

  test('are recorded when they change, and then alone', async (t) => {
    const folder = writeDomain(t, parks);
    const log = await openLog(join(temporaryFolder(t), 'log.db'));
    t.after(() => log.close());
    const open = async (): Promise<readonly MeshEvent[]> => {
      const after = await log.end();
      await (await openStage(t, [folder], { log })).host.close();
      return log.read({ after, filter: { types: deployed } });
    };
    const all = ['domain trial', 'process park', 'process parks', 'process near', 'process twice', 'product theWorst', 'product Park'];
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
    assert.deepEqual([finishedOf(record).trigger, finishedOf(record).from, record?.subject], ['schedule', 'every 50 ms', 'domain:trial']);
    assert.deepEqual(finishedOf(record).outputs, [{ kind: 'label', domain: 'trial', name: 'ticked' }]);
    const ticks = (await log.read({ filter: { labels: ['ticked'] } })).map(({ payload }) => payload as { dueAt: number; previousDueAt: number });
    ticks.forEach(({ dueAt, previousDueAt }, index) => {
      assert.equal(dueAt % 50, 0);
      assert.equal(previousDueAt, ticks[index - 1]?.dueAt ?? dueAt - 50);
      assert.ok(dueAt > previousDueAt);
    });
  });

  test('run a process for each event of its domain, in order, again when it failed', async (t) => {
    const define = (name: string, label: string, run: string) => `defineProcess({ name: '${name}', logics: [], ${run} ${label} })`;
    const body = `const seen = new Set();
const processes = [
  ${define('emit', '', `aggregator: aggregator('x', async ({ events, result }) => { await events.emit([1, 2, 3].map((n) => ({ label: 'n', payload: { n } }))); result.finalize(null); })`)},
  ${define('heed', `, retry: 1, triggers: [onEvent({ label: 'n' })]`, `aggregator: aggregator('x', async ({ input, events, result }) => {
    const { n } = input.event.payload;
    if (n === 2 && !seen.has(n)) { seen.add(n); throw new Error('not yet'); }
    await events.emit({ label: 'heard', payload: { n } });
    result.finalize(null);
  })`)},
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
  const ok = `const processes = [defineProcess({ name: 'known', logics: [], aggregator: aggregator('x', () => undefined) })];`;
  for (const [what, code, schema, message, place] of [
    ['a process that is not there', 'PROCESS_INVALID', 'type Query {\n  a: Int @process(name: "nope")\n}', 'Cannot answer "Query.a" with process "nope": found no such process in domain "trial", wanted one of "known".', [5, 10]],
    ['a source that no product owns', 'DOMAIN_INVALID', 'type Query { a: Int @dataProduct @derivedFrom(coordinates: ["Query.b"]) }', 'Cannot derive "Query.a" from "Query.b": found no product at that coordinate, wanted one of Query.a.', [4, 34]],
    ['a condition that cannot be read', 'POLICY_INVALID', 'type Query { a: Int } type Subscription { b: Int @event(label: "x", where: "1 +") }', null, [4, 50]],
    ['SDL that does not parse', 'DOMAIN_INVALID', 'type Query {', null, [4, 13]],
    ['SDL that is no schema', 'DOMAIN_INVALID', 'type Query { a: Nothing }', null, [4, 17]],
  ] as const) {
    test(`${what}, with its place`, async (t) => {
      const folder = writeDomain(t, { schema, body: ok });
      await assert.rejects(openStage(t, [folder]), (thrown) => {
        assert.ok(isWeftError(thrown, code), String(thrown));
        if (message !== null) assert.equal(thrown.message, message);
        assert.deepEqual([thrown.at?.file, thrown.at?.line, thrown.at?.column], [join(folder, 'schema.graphql'), ...place]);
        return true;
      });
    });
  }

  test('a folder without a schema, a dataset that is not there, two domains of one name', async (t) => {
    const schema = 'type Query { a: Int }';
    const refused = async (folders: readonly string[], found: RegExp) =>
      assert.rejects(openStage(t, folders), (thrown) => isWeftError(thrown, 'DOMAIN_INVALID') && found.test(thrown.message));
    const { rmSync } = await import('node:fs');
    const bare = writeDomain(t, { schema, body: ok });
    rmSync(join(bare, 'schema.graphql'));
    await refused([bare], /schema\.graphql": found no file that can be read/);
    await refused([writeDomain(t, { schema, body: `${ok} more = { datasets: { t: csv('none.csv') } };` })], /Cannot open dataset "t" at "none.csv"/);
    await refused([writeDomain(t, { schema, body: ok }), writeDomain(t, { schema, body: ok })], /Cannot open domain "trial"/);
  });
});
