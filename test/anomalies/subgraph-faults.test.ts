/**
 * One subgraph misbehaves on a raw socket in every way we know; the gateway, a process of its own, answers what the other
 * one has, says by code what is missing, tells nobody of the inside, stays small, and goes on.
 */
import assert from 'node:assert/strict';
import { type Socket } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../support/gateway.ts';
import { type Incoming, type RawServer, products, reply, startFaultyMesh } from './misbehaving.ts';

const timeoutMs = 1_000;
/** The promise is 250 ms; the rest is for a machine that others use. */
const graceMs = 250 + 2_000;
const memoryMax = 64 * 2 ** 20;
/** Each fault is to be met by itself: the breaker has tests of its own. */
const settings = () => `timeouts: { subgraph: ${timeoutMs}ms }\nbreaker: { enabled: false }\n`;

const secret = 'TOP-SECRET-TEXT';
const html = `<html><body>${secret} at Object.handle (/srv/app/server.js:10:3)</body></html>`;
const mebibyte = Buffer.alloc(2 ** 20, 'x');

/** Sends a MiB at a time as long as somebody reads. */
function flood(socket: Socket, mebibytes: number, frame: (piece: Buffer) => readonly (string | Buffer)[]): void {
  let left = mebibytes;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      let hasRoom = true;
      for (const piece of frame(mebibyte)) hasRoom = socket.write(piece);
      if (!hasRoom) return void socket.once('drain', more);
    }
    if (!socket.destroyed) socket.end();
  };
  more();
}

const isLookup = ({ query }: Incoming): boolean => query.includes('_entities');

/** The same data for a root field and for entities. */
const data = (incoming: Incoming, depot: unknown, entity: unknown): string =>
  isLookup(incoming)
    ? `{"data":{"_entities":${JSON.stringify((incoming.variables.representations ?? []).map(() => entity))}}}`
    : `{"data":{"depot":${JSON.stringify(depot)}}}`;

const whole: Readonly<Record<string, (incoming: Incoming) => void>> = {
  'says nothing': () => undefined,
  'drips its head': ({ socket }) => drip(socket, 'HTTP/1.1 200 OK\r\nx-slow: '),
  'drips its body': ({ socket }) => drip(socket, 'HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{"data":'),
  'drips its chunks': ({ socket }) =>
    drip(socket, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\n \r\n'),
  'answers 500 with HTML': ({ socket }) => reply(socket, html, '500 Internal Server Error'),
  'answers 503 with HTML': ({ socket }) => reply(socket, html, '503 Service Unavailable'),
  'answers 200 with HTML': ({ socket }) => reply(socket, html, '200 OK\r\ncontent-type: text/html'),
  'answers 204': ({ socket }) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
  redirects: ({ socket }) => reply(socket, '', `302 Found\r\nlocation: http://${secret}/`),
  'answers no HTTP': ({ socket }) => socket.write(`${secret}\r\n\r\n`),
  'cuts its JSON short': ({ socket }) => reply(socket, `{"data":{"depot":{"text":"${secret}`),
  'promises more than it sends, and waits': ({ socket }) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data":{"depot":null}}'),
  'promises more than it sends, and closes': ({ socket }) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data":{"depot":null}}'),
  'promises less than it sends': ({ socket }) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"data":{"depot":null}}'),
  'closes before an answer': ({ socket }) => socket.end(),
  'resets before an answer': ({ socket }) => socket.resetAndDestroy(),
  'resets in its body': ({ socket }) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"data":', () => socket.resetAndDestroy()),
  'answers JSON that is no response': ({ socket }) => reply(socket, `["${secret}"]`),
  'answers `data: null` without an error': ({ socket }) => reply(socket, '{"data":null}'),
  'answers a list for data': ({ socket }) => reply(socket, `{"data":["${secret}"]}`),
  'answers a text for data': ({ socket }) => reply(socket, `{"data":"${secret}"}`),
  'answers no fields': ({ socket }) => reply(socket, '{"data":{}}'),
  'answers only prototypes': ({ socket }) =>
    reply(socket, '{"data":{"__proto__":{"depot":{"int":1},"_entities":[]},"constructor":{"prototype":{"int":1}}}}'),
  'reports errors that are no list': ({ socket }) => reply(socket, `{"data":null,"errors":"${secret}"}`),
  'sends 200 MB with a length': ({ socket }) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${200 * 2 ** 20}\r\n\r\n`);
    flood(socket, 200, (piece) => [piece]);
  },
  'sends 200 MB in chunks': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    flood(socket, 200, (piece) => [`${piece.length.toString(16)}\r\n`, piece, '\r\n']);
  },
  'sends 200 MB until it closes': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    flood(socket, 200, (piece) => [piece]);
  },
  'sends a head without end': ({ socket }) => flood(socket, 50, (piece) => [piece]),
  'sends a gzip bomb': ({ socket }) =>
    reply(socket, gzipSync(Buffer.alloc(50 * 2 ** 20, ' ')), '200 OK\r\ncontent-encoding: gzip'),
  'sends a gzip bomb in disguise': ({ socket }) => reply(socket, gzipSync(Buffer.alloc(50 * 2 ** 20, ' '))),
  'sends bytes that are no UTF-8': ({ socket }) =>
    reply(socket, Buffer.from('{"data":{"depot":{"text":"\xff\xfe"},"_entities":[null,null,null]}}', 'latin1')),
  'nests 100,000 levels deep': (incoming) => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    reply(incoming.socket, `{"data":${deep}}`);
  },
  'nests seven million levels deep': ({ socket }) => reply(socket, `{"data":${'['.repeat(7e6)}${']'.repeat(7e6)}}`),
  'answers five million lists of nothing': ({ socket }) => reply(socket, `{"data":[${'[],'.repeat(5e6)}[]]}`),
  'nests 100,000 levels deep without end': ({ socket }) => reply(socket, `{"data":${'{"a":'.repeat(100_000)}`),
};

function drip(socket: Socket, start: string, drop = ' '): void {
  socket.write(start);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.on('close', () => clearInterval(timer));
}

const question = '{ products { id name stock bin { row } } depot { text int } }';
const healthy = (incoming: Incoming): void =>
  reply(
    incoming.socket,
    data(incoming, { text: 'North', int: 1 }, { __typename: 'Product', stock: 7, bin: { row: 2 } }),
  );

/** Nothing of the inside is told to clients or written down. */
function assertDiscreet(text: string, { good, bad }: { readonly good: RawServer; readonly bad: RawServer }): void {
  for (const told of [
    secret,
    'secret-path',
    new URL(good.url).host,
    new URL(bad.url).host,
    '.js:',
    '.ts:',
    '    at ',
  ]) {
    assert.ok(!text.includes(told), `tells "${told}": ${text.slice(0, 500)}`);
  }
}

test('a subgraph may', async (context) => {
  const mesh = await startFaultyMesh(context, settings);
  const written = mesh.output().length;
  const expected = products.map(({ id, name }) => ({ id, name, stock: null, bin: null }));
  mesh.bad.behave(healthy);
  for (let turn = 0; turn < 30; turn++) await mesh.ask(question);

  for (const [what, behaviour] of Object.entries(whole)) {
    await context.test(what, async () => {
      mesh.bad.behave(behaviour);
      await mesh.forgetPeak();
      const before = await mesh.memory();
      const { text, ms, status } = await mesh.ask(question);
      const { peak } = await mesh.memory();
      assert.equal(status, 200);
      const answer = JSON.parse(text) as Answer;
      assert.deepEqual(answer.data, { products: expected, depot: null });
      for (const place of ['depot', 'products']) {
        const error = answer.errors?.find(({ path }) => path?.[0] === place);
        assert.match(String(error?.extensions.code), /^SUBGRAPH_(UNAVAILABLE|TIMED_OUT|INVALID_RESPONSE)$/, place);
      }
      assertDiscreet(text, mesh);
      assertDiscreet(mesh.output().slice(written), mesh);
      assert.ok(ms < timeoutMs + graceMs, `took ${ms} ms`);
      const grown = peak - before.now;
      assert.ok(grown <= memoryMax, `grew by ${Math.round(grown / 2 ** 20)} MiB`);

      mesh.bad.behave(healthy);
      const after = JSON.parse((await mesh.ask(question)).text) as Answer;
      assert.equal(after.errors, undefined);
      assert.deepEqual(after.data?.['depot'], { text: 'North', int: 1 });
    });
  }
});

/** What comes for `depot` (as JSON text), what of it stands, and where the errors are. */
const wrong: readonly (readonly [what: string, depot: string, stands: unknown, paths: readonly string[]])[] = [
  ['an object for a text', '{"text":{"a":1}}', { text: null }, ['depot.text']],
  ['a list for a text', '{"text":["a"]}', { text: null }, ['depot.text']],
  ['an object for an ID', '{"id":{}}', { id: null }, ['depot.id']],
  ['a broken number for an ID', '{"id":1.5}', { id: null }, ['depot.id']],
  ['a number for an ID that has lost its last digits', '{"id":12345678901234567890}', { id: null }, ['depot.id']],
  ['a text for an Int', '{"int":"1"}', { int: null }, ['depot.int']],
  ['a number beyond 32 bits for an Int', '{"int":2147483648}', { int: null }, ['depot.int']],
  ['a broken number for an Int', '{"int":1.5}', { int: null }, ['depot.int']],
  ['a truth value for an Int', '{"int":true}', { int: null }, ['depot.int']],
  ['a text for a Float', '{"float":"1.5"}', { float: null }, ['depot.float']],
  ['a number beyond all bounds for a Float', '{"float":1e999}', { float: null }, ['depot.float']],
  ['a text for a Boolean', '{"flag":"true"}', { flag: null }, ['depot.flag']],
  ['a number for a Boolean', '{"flag":1}', { flag: null }, ['depot.flag']],
  ['an unknown value of an enum', '{"kind":"WARM"}', { kind: null }, ['depot.kind']],
  ['a name of the prototype for an enum', '{"kind":"constructor"}', { kind: null }, ['depot.kind']],
  ['a number beyond all bounds for a custom scalar', '{"any":-1e999}', { any: null }, ['depot.any']],
  [
    'nesting without bounds for a custom scalar',
    `{"any":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    { any: null },
    ['depot.any'],
  ],
  ['a text for an object', '{"bin":"row"}', { bin: null }, ['depot.bin']],
  ['a number for an object', '{"bin":0}', { bin: null }, ['depot.bin']],
  ['a list for an object', '{"bin":[{"row":1}]}', { bin: null }, ['depot.bin']],
  [
    'a wrong value three levels down',
    '{"bin":{"row":1,"bin":{"row":"2"}}}',
    { bin: { row: 1, bin: { row: null } } },
    ['depot.bin.bin.row'],
  ],
  ['an object for a list', '{"texts":{"0":"a"}}', { texts: null }, ['depot.texts']],
  ['a text for a list', '{"texts":"abc"}', { texts: null }, ['depot.texts']],
  ['a null where a list may have none', '{"texts":["a",null]}', { texts: null }, ['depot.texts.1']],
  ['a wrong item of a list', '{"grid":[[1,"2"],[3]]}', { grid: [[1, null], [3]] }, ['depot.grid.0.1']],
  ['a flat list for a nested one', '{"grid":[1,[2]]}', { grid: [null, [2]] }, ['depot.grid.0']],
  ['a list nested too deep', '{"grid":[[[1]]]}', { grid: [[null]] }, ['depot.grid.0.0']],
  ['a text in a list of objects', '{"bins":[{"row":1},"x"]}', { bins: null }, ['depot.bins.1']],
  ['an unknown type', '{"node":{"__typename":"Robot","row":1}}', { node: null }, ['depot.node']],
  ['a type that is no text', '{"node":{"__typename":7,"row":1}}', { node: null }, ['depot.node']],
  [
    'a wrong value where none may be null',
    '{"sure":{"text":"a","ints":[1,"x"],"any":1,"bin":{}}}',
    { sure: null },
    ['depot.sure.ints.1'],
  ],
  ['no value where none may be null', '{"sure":{"text":"a","ints":[1],"any":1}}', { sure: null }, ['depot.sure.bin']],
  ['a key twice', '{"text":"a","text":"b"}', { text: 'b' }, []],
  ['keys of prototypes', '{"__proto__":{"text":"a"},"constructor":{"prototype":{"int":1}},"int":2}', { int: 2 }, []],
  ['a number for a text, which GraphQL lets pass', '{"text":1}', { text: '1' }, []],
];

const depotFields =
  '{ text id int float flag kind any bin { row bin { row } } texts grid bins { row } node { row ... on Shelf { wide } } sure { text ints any bin { row } } }';

test('a subgraph may answer', async (context) => {
  const mesh = await startFaultyMesh(context, settings);
  const written = mesh.output().length;
  for (const [what, depot, stands, paths] of wrong) {
    await context.test(what, async () => {
      mesh.bad.behave(({ socket }) => reply(socket, `{"data":{"depot":${depot}}}`));
      const { text } = await mesh.ask(`{ products { name } depot ${depotFields} }`);
      const answer = JSON.parse(text) as Answer;
      assert.deepEqual(
        answer.data?.['products'],
        products.map(({ name }) => ({ name })),
        'the other subgraph',
      );
      const found = answer.data?.['depot'] as Readonly<Record<string, unknown>>;
      const expected = Object.fromEntries(
        Object.keys(found).map((key) => [key, (stands as typeof found)[key] ?? null]),
      );
      assert.deepEqual(found, expected);
      assert.deepEqual(
        (answer.errors ?? []).map(({ path }) => path?.join('.')),
        paths,
      );
      assert.ok(
        answer.errors?.every(({ extensions }) =>
          /^(SUBGRAPH_INVALID_RESPONSE|INTERNAL_SERVER_ERROR)$/.test(extensions.code),
        ) ?? true,
      );
      assertDiscreet(text, mesh);
      assertDiscreet(mesh.output().slice(written), mesh);
    });
  }
});

const entity = { __typename: 'Product', stock: 7 };
const lookups: Readonly<Record<string, string>> = {
  'too few': JSON.stringify([entity, entity]),
  'too many': JSON.stringify([entity, entity, entity, entity]),
  none: '[]',
  null: 'null',
  'an object': JSON.stringify({ 0: entity, length: 3 }),
  'a text': '"abc"',
  'lists for entities': JSON.stringify([[entity], [entity], [entity]]),
  'texts for entities': '["a","b","c"]',
  'numbers for entities': '[0,1,2]',
  'texts for their fields': JSON.stringify([1, 2, 3].map(() => ({ ...entity, stock: '7' }))),
  'prototypes for entities': '[{"__proto__":{"stock":7}},0,0]',
};

test('a subgraph may answer a lookup of entities with', async (context) => {
  const mesh = await startFaultyMesh(context, settings);
  for (const [what, entities] of Object.entries(lookups)) {
    await context.test(what, async () => {
      mesh.bad.behave(({ socket }) => reply(socket, `{"data":{"_entities":${entities}}}`));
      const answer = JSON.parse((await mesh.ask('{ products { name stock } }')).text) as Answer;
      assert.deepEqual(answer.data, { products: products.map(({ name }) => ({ name, stock: null })) });
      assert.ok((answer.errors ?? []).length > 0);
      for (const { path, extensions } of answer.errors ?? []) {
        assert.equal(path?.[0], 'products');
        assert.equal(extensions.code, 'SUBGRAPH_INVALID_RESPONSE');
      }
    });
  }
  const nowhere: readonly unknown[] = [
    undefined,
    null,
    ['_entities'],
    ['_entities', 99],
    ['_entities', 'x'],
    ['else'],
    'x',
  ];
  for (const path of nowhere) {
    await context.test(`an error at ${JSON.stringify(path)}`, async () => {
      const body = JSON.stringify({ data: { _entities: null }, errors: [{ message: 'm', path }] });
      mesh.bad.behave(({ socket }) => reply(socket, body));
      const answer = JSON.parse((await mesh.ask('{ products { name stock } }')).text) as Answer;
      assert.deepEqual(answer.data, { products: products.map(({ name }) => ({ name, stock: null })) });
      assert.deepEqual(
        answer.errors?.map(({ message, extensions }) => [message, extensions.code]),
        [['m', 'DOWNSTREAM_SERVICE_ERROR']],
      );
    });
  }
  await context.test('fields that bear a name of the prototype', async () => {
    mesh.bad.behave((incoming) =>
      reply(incoming.socket, data(incoming, null, { __typename: 'Product', constructor: 'ACME' })),
    );
    const good = JSON.parse((await mesh.ask('{ products { constructor } }')).text) as Answer;
    assert.deepEqual(good, { data: { products: products.map(() => ({ constructor: 'ACME' })) } });
    mesh.bad.behave((incoming) => reply(incoming.socket, data(incoming, null, { __typename: 'Product' })));
    const none = JSON.parse((await mesh.ask('{ products { constructor } }')).text) as Answer;
    assert.deepEqual(none.data, { products: products.map(() => ({ constructor: null })) });
  });
});

test('a subgraph may report more errors, and longer ones, than anybody reads', async (context) => {
  const mesh = await startFaultyMesh(context, settings);
  const error = {
    message: 'm'.repeat(10_000),
    path: ['depot'],
    extensions: { code: 'c'.repeat(10_000), stack: secret },
  };
  const floods: Readonly<Record<string, string>> = {
    many: `{"data":null,"errors":[${Array.from({ length: 300_000 }, () => '{"message":"some message"}').join(',')}]}`,
    long: JSON.stringify({ data: null, errors: Array.from({ length: 500 }, () => error) }),
    odd: JSON.stringify({ data: null, errors: [7, null, [secret], { message: 7, path: 'depot', extensions: [] }] }),
    'far away': JSON.stringify({ data: null, errors: [{ message: 'm', path: Array(1e5).fill('depot') }] }),
    'about nobody': JSON.stringify({ data: null, errors: [{ message: 'm', path: ['_entities', -1, '__proto__'] }] }),
  };
  for (const [what, body] of Object.entries(floods)) {
    await context.test(what, async () => {
      mesh.bad.behave(({ socket }) => reply(socket, body));
      await mesh.forgetPeak();
      const before = await mesh.memory();
      const { text, ms } = await mesh.ask('{ products { name } depot { text } }');
      const { peak } = await mesh.memory();
      const answer = JSON.parse(text) as Answer;
      assert.deepEqual(answer.data, { products: products.map(({ name }) => ({ name })), depot: null });
      assert.ok((answer.errors ?? []).length > 0);
      assert.ok(answer.errors?.every(({ extensions }) => typeof extensions.code === 'string'));
      assert.ok(text.length < 2 ** 21, `the answer has ${text.length} characters`);
      assert.ok(peak - before.now <= memoryMax, `grew by ${Math.round((peak - before.now) / 2 ** 20)} MiB`);
      assert.ok(ms < timeoutMs + graceMs, `took ${ms} ms`);
      assertDiscreet(text, mesh);
    });
  }
});

test('a million wrong values cost no more than a second look', async (context) => {
  const mesh = await startFaultyMesh(context, settings);
  mesh.bad.behave(({ socket }) => reply(socket, `{"data":{"depot":{"grid":[[${Array(1e6).fill('"x"').join(',')}]]}}}`));
  const { text, ms } = await mesh.ask('{ products { name } depot { grid } }');
  const answer = JSON.parse(text) as Answer;
  assert.equal(answer.errors?.length, 1_000);
  assert.ok(ms < 10_000, `took ${ms} ms`);
});
