/** A connection of the lane through time: what is slow to come, what rests, what ends. Time is told by its sweeps. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../mesh/core/clock.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { type Exchange, LaneConnection, type LaneGround } from '../../../gateway/server/lane-connection.ts';
import { createHeadReader } from '../../../gateway/server/lane-head.ts';
import { LaneWriter } from '../../../gateway/server/lane-writer.ts';

const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n';
const headers = { 'content-type': 'application/json' };

async function open(context: TestContext) {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  const accepted = once(server, 'connection');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await accepted) as [Socket];
  context.after(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  const exchanges: Exchange[] = [];
  const handed: string[] = [];
  const ground: LaneGround = {
    requestMs: 60_000,
    headMs: limits.requestHeadMs,
    readHead: createHeadReader({ forward: [], bodyBytesMax: 10_000 }),
    writer: new LaneWriter(systemClock),
    answer: (exchange) => void exchanges.push(exchange),
    handOver: (_socket, bytes) => void handed.push(String(bytes)),
    onClose: () => {},
  };
  const connection = new LaneConnection(socket, ground);
  let text = '';
  client.on('data', (bytes: Buffer) => void (text += String(bytes)));
  client.on('error', () => {});
  const answerAll = (): void => {
    for (const exchange of exchanges.splice(0)) {
      exchange.finish({ status: 200, headers, body: exchange.body });
    }
  };
  const sweep = (ms: number): void => {
    for (let passed = 0; passed <= ms; passed += limits.requestSweepMs) connection.sweep();
  };
  let taken = 0;
  socket.on('data', (bytes: Buffer) => void (taken += bytes.length));
  let sent = 0;
  const send = async (bytes: string): Promise<void> => {
    client.write(bytes);
    sent += bytes.length;
    await until(() => taken === sent);
  };
  return { client, socket, exchanges, handed, sweep, send, answerAll, heard: () => text };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 500 && !holds(); turns++) await sleep(5);
}

test('a connection on which nothing comes is told so with 408', async (context) => {
  const { client, sweep, heard, handed } = await open(context);
  sweep(limits.requestHeadMs - limits.requestSweepMs);
  await sleep(20);
  assert.equal(heard(), '');
  sweep(limits.requestSweepMs);
  await once(client, 'close');
  assert.equal(heard(), 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  assert.deepEqual(handed, []);
});

test('a connection at rest is closed after as long as its answers say, and not before', async (context) => {
  const { client, sweep, send, answerAll, heard } = await open(context);
  await send(`${head}{}`);
  answerAll();
  sweep(limits.requestIdleMs - limits.requestSweepMs);
  await send(`${head}{1`);
  answerAll();
  await until(() => heard().endsWith('{1'));
  assert.equal(heard().match(/Keep-Alive: timeout=5\r\n\r\n(\{\}|\{1)/g)?.length, 2);
  sweep(limits.requestIdleMs + limits.requestIdleGraceMs);
  await once(client, 'close');
});

test('a request under way is not at rest, however long it takes', async (context) => {
  const { sweep, send, answerAll, heard } = await open(context);
  await send(`${head}{}`);
  sweep(100_000);
  answerAll();
  await until(() => heard() !== '');
  assert.match(heard(), /^HTTP\/1.1 200 OK/);
});

test('half a request is Node’s when its other half is slow to come: every byte of it', async (context) => {
  const { sweep, send, handed } = await open(context);
  const half = head.slice(0, 40);
  await send(half);
  sweep(2 * limits.requestSweepMs);
  assert.deepEqual(handed, [half]);
});

test('a request in too many pieces is Node’s', async (context) => {
  const { send, handed, exchanges } = await open(context);
  const body = 'x'.repeat(100);
  for (const piece of head.replace('length: 2', 'length: 100').match(/[^]{1,40}/g) ?? []) await send(piece);
  for (const piece of body.slice(0, limits.lanePiecesMax)) await send(piece);
  assert.equal(exchanges.length, 0);
  assert.equal(handed.length, 1);
  assert.ok(handed[0]?.startsWith(head.slice(0, 30)));
});

test('what stands behind a request that Node must read is Node’s too, once those before it are answered', async (context) => {
  const { send, handed, answerAll, exchanges, heard } = await open(context);
  const rest = `${head.replace('host', 'transfer-encoding: chunked\r\nhost')}0\r\n\r\n${head}{}`;
  await send(`${head}{}${head}{1${rest}`);
  assert.equal(exchanges.length, 2);
  assert.deepEqual(handed, []);
  answerAll();
  await until(() => heard().endsWith('{1'));
  assert.deepEqual(handed, [rest]);
  assert.match(heard(), /\{\}[^]*\{1$/);
});

test('no more requests are answered at a time than the limit says; the others are answered after them', async (context) => {
  const { send, answerAll, exchanges, heard } = await open(context);
  const count = limits.laneRequestsMax + 10;
  await send(`${head}{}`.repeat(count));
  assert.equal(exchanges.length, limits.laneRequestsMax);
  answerAll();
  await until(() => exchanges.length > 0);
  assert.equal(exchanges.length, 10);
  answerAll();
  await until(() => heard().split('HTTP/1.1 200').length > count);
  assert.equal(heard().split('HTTP/1.1 200').length - 1, count);
});

test('a client that closes in the middle of a request is told 400, between two nothing', async (context) => {
  const middle = await open(context);
  await middle.send(head);
  middle.client.end();
  await once(middle.client, 'close');
  assert.equal(middle.heard(), 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  const between = await open(context);
  await between.send(`${head}{}`);
  between.answerAll();
  between.client.end();
  await once(between.client, 'close');
  assert.match(between.heard(), /^HTTP\/1.1 200 OK[^]*\{\}$/);
});

test('a client that leaves ends what it asked for', async (context) => {
  const { client, send, exchanges } = await open(context);
  await send(`${head}{}${head}{}`);
  const signals = exchanges.map(({ life }) => life.signal);
  client.destroy();
  await until(() => exchanges[0]?.isWanted === false);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
  assert.equal(exchanges[0]?.isWanted, false);
});

test('a request that comes again is told from one that differs in a byte of its head or its body', async (context) => {
  const { send, exchanges, answerAll, handed } = await open(context);
  const from = (who: string, body: string): string =>
    `${head.replace('host', `authorization: ${who}\r\nhost`).replace('length: 2', `length: ${body.length}`)}${body}`;
  const asked: string[] = [];
  const ask = async (...pieces: readonly string[]): Promise<void> => {
    for (const piece of pieces) await send(piece);
    for (const exchange of exchanges) asked.push(`${exchange.head.authorization} ${exchange.body}`);
    answerAll();
  };
  await ask(from('ann', '{1}'));
  await ask(from('ann', '{1}'));
  await ask(from('bob', '{1}'));
  await ask(from('bob', '{2}'));
  await ask(from('ann', '{1}').slice(0, -1), '}');
  await ask(from('bob', '{2}'), from('ann', '{1}'));
  await ask(from('ann', '{1}') + from('bob', '{2}'));
  await ask(from('bob', '{2}'));
  assert.deepEqual(asked, [
    'ann {1}',
    'ann {1}',
    'bob {1}',
    'bob {2}',
    'ann {1}',
    'bob {2}',
    'ann {1}',
    'ann {1}',
    'bob {2}',
    'bob {2}',
  ]);
  const [long, other] = ['1', '2'].map((digit) => `{${digit.repeat(limits.laneLastBytesMax)}}`);
  await ask(from('ann', long ?? ''));
  await ask(from('ann', long ?? ''));
  await ask(from('ann', other ?? ''));
  assert.deepEqual(asked.slice(-3), [`ann ${long}`, `ann ${long}`, `ann ${other}`]);
  assert.deepEqual(handed, []);
});
