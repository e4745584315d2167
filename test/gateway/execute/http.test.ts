/** A subgraph behind HTTP, against a real socket that answers well, badly or not at all. */
import assert from 'node:assert/strict';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import type { SubgraphRequest, SubgraphResponse } from '../../../mesh/core/subgraph.ts';
import { anonymous } from '../../../mesh/core/subject.ts';

const request: SubgraphRequest = {
  operationKind: 'query',
  query: '{ a }',
  queryJson: '"{ a }"',
  variablesJson: '{"x":1}',
  headers: { authorization: 'Bearer t' },
  subject: anonymous,
};
const still = new AbortController().signal;

async function open(context: TestContext, listener: RequestListener, options = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const subgraph = createHttpSubgraph({
    name: 'shop',
    sdl: '',
    url: `http://127.0.0.1:${port}/graphql?v=1`,
    ...options,
  });
  context.after(async () => {
    await subgraph.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return subgraph;
}

/** An answer with all that it says read. */
const readOf = async (outcome: Promise<SubgraphResponse>) => {
  const { data, errors, plain } = await outcome;
  return { data, errors, plain };
};

const codeOf = async (outcome: Promise<unknown>): Promise<string> => {
  try {
    await outcome;
    return 'none';
  } catch (error) {
    assert.ok(isWeftError(error), String(error));
    assert.match(error.message, /^Subgraph "shop" /);
    assert.doesNotMatch(error.message, /127\.0\.0\.1|secret/);
    return error.code;
  }
};

test('a request is sent as JSON with the forwarded headers, and its answer read', async (context) => {
  let seen = '';
  const subgraph = await open(context, async (incoming, response) => {
    const chunks = await Array.fromAsync(incoming as AsyncIterable<Buffer>);
    seen = `${incoming.method} ${incoming.url} ${incoming.headers.authorization} ${Buffer.concat(chunks).toString()}`;
    response.end('{"data":{"a":1},"errors":[{"message":"m","path":["a",0],"extensions":{"code":"C"}},7]}');
  });
  assert.deepEqual(await readOf(subgraph.fetch(request, still)), {
    data: { a: 1 },
    errors: [
      { message: 'm', path: ['a', 0], extensions: { code: 'C' } },
      { message: 'The subgraph reported an error.' },
    ],
    plain: true,
  });
  assert.equal(seen, 'POST /graphql?v=1 Bearer t {"query":"{ a }","variables":{"x":1}}');
});

test('an answer with a backslash is not plain', async (context) => {
  const subgraph = await open(context, (_, response) => response.end('{"data":{"a":"\\n"}}'));
  assert.deepEqual(await readOf(subgraph.fetch(request, still)), { data: { a: '\n' }, errors: [], plain: false });
});

const faults: Readonly<Record<string, RequestListener>> = {
  'HTML with 200': (_, response) => response.end('<html>secret</html>'),
  'HTML with 500': (_, response) => response.writeHead(500).end('<html>secret</html>'),
  'an empty body': (_, response) => response.end(),
  'truncated JSON': (_, response) => response.end('{"data":{"a":'),
  'JSON that is no response': (_, response) => response.end('[1]'),
  'an object without data or errors': (_, response) => response.end('{"result":1}'),
  'data that is a list': (_, response) => response.end('{"data":[]}'),
  'more bytes than allowed': (_, response) => response.end(`{"data":{"a":"${'x'.repeat(5_000)}"}}`),
};
for (const [what, listener] of Object.entries(faults)) {
  test(`${what} is an invalid response`, async (context) => {
    const subgraph = await open(context, listener, { responseBytesMax: 4_096 });
    assert.equal(await codeOf(readOf(subgraph.fetch(request, still))), 'SUBGRAPH_INVALID_RESPONSE');
  });
}

test('a well-formed GraphQL answer is taken whatever its status', async (context) => {
  const subgraph = await open(context, (_, response) => response.writeHead(500).end('{"errors":[{"message":"m"}]}'));
  assert.deepEqual(await readOf(subgraph.fetch(request, still)), {
    data: null,
    errors: [{ message: 'm' }],
    plain: true,
  });
});

test('a connection that is cut makes the subgraph unavailable', async (context) => {
  const subgraph = await open(context, (incoming) => incoming.socket.destroy());
  assert.equal(await codeOf(subgraph.fetch(request, still)), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(await subgraph.health(), 'SUBGRAPH_UNAVAILABLE');
});

test('a body that is cut short makes the subgraph unavailable', async (context) => {
  const subgraph = await open(context, (incoming, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"data":', () => incoming.socket.destroy());
  });
  assert.equal(await codeOf(subgraph.fetch(request, still)), 'SUBGRAPH_UNAVAILABLE');
});

test('an answer that does not come, or drips, is cut off at the deadline', async (context) => {
  const silent = await open(context, () => undefined, { timeoutMs: 50 });
  assert.equal(await codeOf(silent.fetch(request, still)), 'SUBGRAPH_TIMED_OUT');
  const dripping = await open(
    context,
    (_, response) => {
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    },
    { timeoutMs: 80 },
  );
  assert.equal(await codeOf(dripping.fetch(request, still)), 'SUBGRAPH_TIMED_OUT');
});

test('a request that is over is cut off at once', async (context) => {
  const subgraph = await open(context, () => undefined);
  const controller = new AbortController();
  const outcome = codeOf(subgraph.fetch(request, controller.signal));
  controller.abort();
  assert.equal(await outcome, 'SUBGRAPH_TIMED_OUT');
  assert.equal(await codeOf(subgraph.fetch(request, controller.signal)), 'SUBGRAPH_TIMED_OUT');
});

test('queries of the same bytes are sent once while one is under way; each reads an answer of its own', async (context) => {
  let asked = 0;
  const subgraph = await open(context, (_, response) => {
    asked += 1;
    setTimeout(() => response.end('{"data":{"a":{"b":1}}}'), 20);
  });
  const [one, two] = await Promise.all([subgraph.fetch(request, still), subgraph.fetch({ ...request }, still)]);
  assert.equal(asked, 1);
  assert.deepEqual(one, two);
  assert.notEqual(one.data?.['a'], two.data?.['a'], 'no object is shared');
  await subgraph.fetch(request, still);
  assert.equal(asked, 2, 'an answer is not kept');
});

test('queries that differ in a variable or a header, and mutations, are each sent', async (context) => {
  let asked = 0;
  const subgraph = await open(context, (_, response) => {
    asked += 1;
    setTimeout(() => response.end('{"data":{}}'), 20);
  });
  const others = [
    request,
    { ...request, variablesJson: '{"x":2}' },
    { ...request, headers: { authorization: 'Bearer other' } },
    { ...request, operationKind: 'mutation' as const },
    { ...request, operationKind: 'mutation' as const },
  ];
  await Promise.all(others.map((other) => subgraph.fetch(other, still)));
  assert.equal(asked, 5);
});

test('a query from before a mutation is not joined after it', async (context) => {
  const held: (() => void)[] = [];
  const subgraph = await open(context, async (incoming, response) => {
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
    if (body.includes('write')) response.end('{"data":{"write":1}}');
    else held.push(() => response.end(`{"data":{"nth":${held.length}}}`));
  });
  const before = subgraph.fetch(request, still);
  await subgraph.fetch({ ...request, operationKind: 'mutation', queryJson: '"mutation { write }"' }, still);
  const after = subgraph.fetch(request, still);
  while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const answer of held) answer();
  await Promise.all([before, after]);
});

test('one caller that leaves does not end the exchange for the others', async (context) => {
  const subgraph = await open(context, (_, response) => void setTimeout(() => response.end('{"data":{"a":1}}'), 30));
  const controller = new AbortController();
  const leaving = codeOf(subgraph.fetch(request, controller.signal));
  const staying = subgraph.fetch(request, still);
  controller.abort();
  assert.equal(await leaving, 'SUBGRAPH_TIMED_OUT');
  assert.deepEqual((await staying).data, { a: 1 });
});

test('a routing URL that is none is refused when the subgraph is created', () => {
  assert.throws(() => createHttpSubgraph({ name: 'shop', sdl: '', url: 'ftp://x' }), {
    code: 'CONFIG_INVALID',
    message:
      'Cannot reach subgraph "shop": found "ftp://x" as its routing URL, wanted an http: or https: address. Set `subgraphs.NAME.routing_url`.',
  });
});
