/** Domains as subgraphs: what their schemas answer, how failures are told, what is recorded, and what subscriptions hear. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../mesh/core/limits.ts';
import type { MeshRequest } from '../../mesh/core/subgraph.ts';
import { finishedOf, openStage, parks, requestOf, writeDomain } from './fixture.ts';

const finished = 'weft.execution.finished';

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
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Park { id name size near(first: 1) { id } other: near(first: 0) { id } } } }',
      { r: representations },
    );
    const park = (id: string) => ({ id, name: `Park ${id}`, size: 3, near: [{ id: `${id}0` }], other: [] });
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
      [
        [
          'Cannot answer a batch: found a list of 2, wanted a list of 1, aligned with what was asked for.',
          'EXECUTION_FAILED',
        ],
      ],
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
    assert.deepEqual(
      [request?.variables, request?.subject.id, request?.subject.scopes],
      [{ id: 'a' }, 'domain:other', ['other:all']],
    );
    const [record] = await closed(finished);
    const { trigger, from, status, inputs, outputs } = finishedOf(record);
    assert.deepEqual(
      [record?.domain, record?.process, record?.product, record?.subject],
      ['other', 'size', 'size', null],
    );
    assert.deepEqual([trigger, from, status], ['query', 'Query.size', 'COMPLETE']);
    assert.deepEqual(inputs, [{ kind: 'product', domain: 'trial', name: 'Park' }]);
    assert.deepEqual(outputs, [{ kind: 'product', domain: 'other', name: 'size' }]);
  });

  test('goes with the lines that its logics wrote', async (t) => {
    const folder = writeDomain(t, {
      schema: 'type Query { a: Int @process(name: "a") b: Int @process(name: "b") }',
      body: `const write = logic('write', ({ log }) => { log.info('begun'); log.warn('odd', { n: 1 }); });
const done = aggregator('x', ({ result }) => result.finalize(1));
const processes = [
  defineProcess({ name: 'a', logics: [write], aggregator: done }),
  defineProcess({ name: 'b', inline: true, logics: [write], aggregator: done }),
];`,
    });
    const { ask, lines, closed } = await openStage(t, [folder]);
    await ask('{ a }');
    await ask('{ b }');
    const ids = (await closed(finished)).map(({ executionId }) => executionId);
    assert.deepEqual(
      lines,
      ids.flatMap((id) => [`info trial ${id} write: begun`, `warn trial ${id} write: odd {"n":1}`]),
    );
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

test('a logic may have so many agent calls underway, and no more', async (t) => {
  const folder = writeDomain(t, {
    schema: 'type Query { a(n: Int!): Int @process(name: "a") }',
    body: `const processes = [defineProcess({
  name: 'a',
  logics: [logic('a', ({ sql, input }) => Promise.all(Array.from({ length: input.args.n }, () => sql.query('select 1'))))],
  aggregator: aggregator('x', ({ result }) => result.finalize(1)),
})];`,
  });
  const { ask, closed } = await openStage(t, [folder]);
  assert.deepEqual(await ask(`{ a(n: ${limits.agentCallsMax}) }`), { data: { a: 1 } });
  await ask(`{ a(n: ${limits.agentCallsMax + 1}) }`);
  const [, refused] = await closed(finished);
  assert.match(
    finishedOf(refused).error?.message ?? '',
    /^Cannot call "sql": found 1000 calls underway, wanted fewer at a time/,
  );
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
    t.after(() => stop.abort());
    const cut = (height: number) => ask('mutation ($h: Float!) { cut(height: $h) }', { h: height });
    await cut(99);
    const stream = host.subgraphs[0]?.subscribe?.(
      requestOf('subscription { cuts(least: 10) { height } }'),
      stop.signal,
    );
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
    const { value: second } = await iterator.next();
    assert.deepEqual(JSON.parse(JSON.stringify(second)), { data: { cuts: { height: height + 1 } } });
    stop.abort();
    await feeding;
    await iterator.return?.();
  });

  test('answers once, with errors, what is no subscription of its schema', async (t) => {
    const { host } = await openStage(t, [writeDomain(t, folder)]);
    const answers = [];
    for await (const answer of host.subgraphs[0]?.subscribe?.(
      requestOf('subscription { nothing }'),
      new AbortController().signal,
    ) ?? []) {
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
