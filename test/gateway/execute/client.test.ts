/** The HTTP client against raw sockets: what is on the wire, who gets which answer, and what becomes of a connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import type { SubgraphRequest } from '../../../mesh/core/subgraph.ts';

/** One connection as the subgraph sees it. */
interface Line {
  readonly socket: Socket;
  /** The number of the connection, and of the request on it, both from 0. */
  readonly connection: number;
  readonly position: number;
  /** The requests that this one came together with, itself included. */
  readonly together: number;
  readonly head: string;
  readonly body: string;
  /** What the request asks for: its variable `x`. */
  readonly x: number;
}

interface Wire {
  readonly subgraph: ReturnType<typeof createHttpSubgraph>;
  /** All that came, in order. */
  readonly lines: Line[];
  ask(x: number, options?: Partial<SubgraphRequest>, signal?: AbortSignal): Promise<unknown>;
}

const still = new AbortController().signal;
const answerOf = (x: number): string => {
  const body = `{"data":{"x":${x}}}`;
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

/** Serves each request as `serve` says; gives `x` of each answer, or the code of what went wrong. */
async function open(context: TestContext, serve: (line: Line) => void, options = {}): Promise<Wire> {
  const lines: Line[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = sockets.size;
    let position = 0;
    let text = '';
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const arrived: Omit<Line, 'together'>[] = [];
      for (let request = takeRequest(text); request !== null; request = takeRequest(text)) {
        text = text.slice(request.size);
        const x = Number(/"x":(\d+)/.exec(request.body)?.[1]);
        arrived.push({ socket, connection, position: position++, ...request, x });
      }
      for (const line of arrived) lines.push({ ...line, together: arrived.length });
      for (const line of lines.slice(lines.length - arrived.length)) serve(line);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const subgraph = createHttpSubgraph({ name: 'shop', sdl: '', url: `http://127.0.0.1:${port}/`, ...options });
  context.after(async () => {
    await subgraph.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask: Wire['ask'] = async (x, changes = {}, signal = still) => {
    const request = {
      operationKind: 'query' as const,
      query: '{x}',
      queryJson: '"{x}"',
      variablesJson: `{"x":${x}}`,
      headers: {},
      subject: anonymous,
      ...changes,
    };
    try {
      return (await subgraph.fetch(request, signal)).data?.['x'];
    } catch (error) {
      assert.ok(isWeftError(error), String(error));
      return error.code;
    }
  };
  return { subgraph, lines, ask };
}

function takeRequest(text: string): { head: string; body: string; size: number } | null {
  const end = text.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/.exec(text)?.[1]);
  if (end < 0 || text.length < end + 4 + length) return null;
  return { head: text.slice(0, end), body: text.slice(end + 4, end + 4 + length), size: end + 4 + length };
}

const mutation = { operationKind: 'mutation' } as const;

/** Answers in time make the client pipeline: as many as it takes for a full pipeline. */
async function warm({ ask, lines }: Wire): Promise<void> {
  for (let round = 0; round < 70; round++) await Promise.all(Array.from({ length: 8 }, (_, x) => ask(x)));
  lines.length = 0;
}

test('a request is one message with what the subgraph needs, and asks for no compression', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x }) => socket.write(answerOf(x)));
  assert.equal(await ask(1, { headers: { 'x-tag': 'é', accept: 'text/html', 'accept-encoding': 'gzip' } }), 1);
  assert.match(
    lines[0]?.head ?? '',
    /^POST \/ HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\ncontent-type: application\/json\r\naccept: application\/graphql-response\+json, application\/json;q=0\.9\r\nx-tag: é\r\ncontent-length: \d+$/,
  );
});

test('a body beyond ASCII arrives as UTF-8, its length in bytes', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x }) => socket.write(answerOf(x)));
  assert.equal(await ask(1, { variablesJson: '{"x":1,"y":"é€😀"}' }), 1);
  assert.equal(
    Buffer.from(lines[0]?.body ?? '', 'latin1').toString(),
    '{"query":"{x}","variables":{"x":1,"y":"é€😀"}}',
  );
});

test('a header that would end its line, or that no byte stands for, is not sent', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x }) => socket.write(answerOf(x)));
  for (const value of ['a\r\nx-admin: 1', 'a\nb', 'a\rb', 'a\0', '€']) {
    assert.equal(await ask(1, { headers: { 'x-tag': value } }), 'BAD_REQUEST');
  }
  assert.equal(await ask(1, { headers: { 'x-tag: 1\r\nx': 'a' } }), 'BAD_REQUEST');
  assert.deepEqual(lines, []);
});

test('one connection is kept for calls that follow each other', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x }) => socket.write(answerOf(x)));
  for (const x of [1, 2, 3]) assert.equal(await ask(x), x);
  assert.deepEqual(
    lines.map(({ connection, position }) => [connection, position]),
    [
      [0, 0],
      [0, 1],
      [0, 2],
    ],
  );
});

test('queries of one turn share a connection once answers come in time; mutations never do', async (context) => {
  const wire = await open(context, ({ socket, x }) => socket.write(answerOf(x)));
  const { ask, lines } = wire;
  await Promise.all([ask(1), ask(2)]);
  assert.deepEqual(
    lines.map(({ together }) => together),
    [1, 1],
    'at first each has its own',
  );
  await warm(wire);
  await Promise.all([ask(1), ask(2), ask(3, mutation), ask(4), ask(5), ask(6, mutation)]);
  assert.deepEqual(
    new Map(lines.map(({ x, together }) => [x, together])),
    new Map([
      [1, 2],
      [2, 2],
      [3, 1],
      [4, 2],
      [5, 2],
      [6, 1],
    ]),
  );
});

test('each caller has the answer to its own question, however answers are cut, dripped and reset', async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 40 }), fate: fc.constantFrom('whole', 'drip', 'reset') }), {
        minLength: 1,
        maxLength: 12,
      }),
      async (plans) => {
        // Answers on one connection are written one after the other.
        const tails = new WeakMap<Socket, Promise<void>>();
        const wire = await open(context, ({ socket, x }) => {
          const { size, fate } = plans[x] ?? { size: 100, fate: 'whole' };
          const write = async (): Promise<void> => {
            const text = answerOf(x);
            for (let at = 0; at < text.length; at += fate === 'whole' ? 1_000 : size) {
              socket.write(text.slice(at, at + (fate === 'whole' ? 1_000 : size)));
              if (fate !== 'whole') await new Promise(setImmediate);
              if (fate === 'reset') return void socket.resetAndDestroy();
            }
          };
          tails.set(socket, (tails.get(socket) ?? Promise.resolve()).then(write));
        });
        for (let round = 0; round < 12; round++)
          await Promise.all(Array.from({ length: 12 }, (_, x) => wire.ask(100 + x)));
        const answers = await Promise.all(plans.map((_, x) => wire.ask(x)));
        plans.forEach(({ fate }, x) => assert.equal(answers[x], fate === 'reset' ? 'SUBGRAPH_UNAVAILABLE' : x));
      },
    ),
    { numRuns: 25 },
  );
});

test('a subgraph that works in sequence is soon asked one by one', async (context) => {
  const tails = new Map<Socket, Promise<unknown>>();
  let isSlow = false;
  const wire = await open(context, ({ socket, x }) => {
    if (!isSlow) return void socket.write(answerOf(x));
    const tail = (tails.get(socket) ?? Promise.resolve()).then(() => sleep(2 * limits.subgraphPipelineGapMs));
    tails.set(
      socket,
      tail.then(() => socket.write(answerOf(x))),
    );
  });
  await warm(wire);
  isSlow = true;
  for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 8 }, (_, x) => wire.ask(x)));
  assert.ok(wire.lines.slice(0, 8).every(({ together }) => together > 1));
  assert.ok(wire.lines.slice(-8).every(({ together }) => together === 1));
});

test('queries behind one that is not answered are sent again, alone', async (context) => {
  const wire = await open(context, ({ socket, x, position }) => {
    if (x === 999) return;
    if (position > 0 && wire.lines.some((line) => line.socket === socket && line.x === 999)) return;
    socket.write(answerOf(x));
  });
  await warm(wire);
  const controller = new AbortController();
  const stuck = wire.ask(999, {}, controller.signal);
  assert.deepEqual(await Promise.all([wire.ask(1), wire.ask(2)]), [1, 2]);
  assert.deepEqual(
    wire.lines.map(({ x, together }) => [x, together]),
    [
      [999, 3],
      [1, 3],
      [2, 3],
      [1, 1],
      [2, 1],
    ],
  );
  controller.abort();
  assert.equal(await stuck, 'SUBGRAPH_TIMED_OUT');
});

test('the answer to a call that was given up is thrown away, and reaches nobody else', async (context) => {
  const gate = Promise.withResolvers<void>();
  const wire = await open(context, async ({ socket, x }) => {
    if (x === 77) await gate.promise;
    socket.write(answerOf(x));
  });
  await warm(wire);
  const controller = new AbortController();
  const given = wire.ask(77, {}, controller.signal);
  const behind = wire.ask(77, { headers: { 'x-other': '1' } });
  await sleep(5);
  controller.abort();
  assert.equal(await given, 'SUBGRAPH_TIMED_OUT');
  gate.resolve();
  assert.equal(await behind, 77);
  assert.equal(wire.lines.length, 2, 'nothing was sent again');
  assert.equal(await wire.ask(1), 1);
  assert.equal(wire.lines[2]?.connection, wire.lines[0]?.connection, 'the connection is in order');
});

test('a query is sent once more when its kept connection closes before an answer; a mutation is not', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x, position }) => {
    if (position === 0) socket.write(answerOf(x));
    else socket.destroy();
  });
  assert.equal(await ask(1), 1);
  assert.equal(await ask(2), 2);
  assert.deepEqual(
    lines.map(({ connection, x }) => [connection, x]),
    [
      [0, 1],
      [0, 2],
      [1, 2],
    ],
  );
  assert.equal(await ask(3, mutation), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(lines.length, 4);
});

test('a query is not sent again once a byte of its answer came, or on a fresh connection, or twice', async (context) => {
  const partial = await open(context, ({ socket, x, position }) => {
    if (position === 0) socket.write(answerOf(x));
    else socket.end('H');
  });
  assert.equal(await partial.ask(1), 1);
  assert.equal(await partial.ask(2), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(partial.lines.length, 2);
  const dead = await open(context, ({ socket, x }) => void (x === 1 ? socket.write(answerOf(x)) : socket.destroy()));
  assert.equal(await dead.ask(2), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(dead.lines.length, 1);
  assert.equal(await dead.ask(1), 1);
  assert.equal(await dead.ask(2), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(dead.lines.length, 4);
});

const unsafe: Readonly<Record<string, (x: number) => string>> = {
  'is followed by an answer nobody asked for': (x) => answerOf(x) + answerOf(666),
  'is followed by a byte': (x) => `${answerOf(x)}H`,
  'says that it is the last': (x) => answerOf(x).replace('\r\n', '\r\nconnection: close\r\n') + answerOf(666),
};
for (const [what, answer] of Object.entries(unsafe)) {
  test(`a connection is not used again when its answer ${what}`, async (context) => {
    const { ask, lines } = await open(context, ({ socket, x }) => socket.write(answer(x)));
    for (const x of [1, 2, 3]) assert.equal(await ask(x), x);
    assert.deepEqual(
      lines.map(({ connection }) => connection),
      [0, 1, 2],
    );
  });
}

test('an answer that comes before its question ends the connection', async (context) => {
  const { ask, lines } = await open(context, ({ socket, x }) => {
    socket.write(answerOf(x));
    setTimeout(() => socket.write(answerOf(666)), 5);
  });
  assert.equal(await ask(1), 1);
  await once(lines[0]?.socket ?? assert.fail(), 'close');
  assert.equal(await ask(2), 2);
});

test('an answer that breaks the rules costs its own call alone', async (context) => {
  const wire = await open(context, ({ socket, x }) => {
    socket.write(x === 9 ? 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab' : answerOf(x));
  });
  await warm(wire);
  const answers = await Promise.all([wire.ask(1), wire.ask(9), wire.ask(2), wire.ask(3)]);
  assert.deepEqual(answers, [1, 'SUBGRAPH_INVALID_RESPONSE', 2, 3]);
});

test('calls beyond the connections wait, and go out as answers come', async (context) => {
  let busy = 0;
  let most = 0;
  const held: (() => void)[] = [];
  const { ask, lines } = await open(context, ({ socket, x }) => {
    most = Math.max(most, ++busy);
    held.push(() => {
      busy -= 1;
      socket.write(answerOf(x));
    });
    // The first answer comes when every connection that there may be has its call.
    if (most === limits.subgraphConnectionsMax) setTimeout(() => held.splice(0).forEach((answer) => answer()), 5);
  });
  const count = 2 * limits.subgraphConnectionsMax + 5;
  const asked = Array.from({ length: count }, (_, x) => x);
  assert.deepEqual(await Promise.all(asked.map((x) => ask(x, mutation))), asked);
  assert.equal(most, limits.subgraphConnectionsMax);
  assert.equal(new Set(lines.map(({ connection }) => connection)).size, limits.subgraphConnectionsMax);
});

test('calls under way fail when the subgraph is closed, and so do later ones', async (context) => {
  const { ask, subgraph } = await open(context, () => void subgraph.close());
  assert.equal(await ask(1), 'SUBGRAPH_UNAVAILABLE');
  assert.equal(await ask(2), 'SUBGRAPH_UNAVAILABLE');
});
