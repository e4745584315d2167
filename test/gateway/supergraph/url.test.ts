/** A supergraph behind a URL, on a real server that answers well, late, too much or not at all. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type UrlSourceOptions, createUrlSource } from '../../../gateway/supergraph/url.ts';
import { serveHttp } from '../../support/http-subgraph.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

interface Registry {
  answer: Answer;
  readonly requests: IncomingMessage[];
  /** Resolves once so many requests have come. */
  reached(count: number): Promise<void>;
}

async function open(context: TestContext, answer: Answer, options: Partial<UrlSourceOptions> = {}) {
  const registry: Registry = {
    answer,
    requests: [],
    async reached(count) {
      while (registry.requests.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  const url = await serveHttp(context, (request, response) => {
    registry.requests.push(request);
    registry.answer(response, request);
  });
  const stop = new AbortController();
  const source = createUrlSource(url.replace('//', '//user:p%40ss@') + '?key=1', {
    pollMs: 10,
    headers: { 'x-key': 'k' },
    ...options,
  });
  const readings = source.read(stop.signal)[Symbol.asyncIterator]();
  context.after(async () => {
    stop.abort();
    await readings.return?.();
  });
  const next = async (): Promise<string> => {
    const { value } = await readings.next();
    return value.kind === 'text' ? value.sdl : value.error.message;
  };
  return { registry, next, source };
}

const give =
  (text: string, etag: string): Answer =>
  (response, { headers }) => {
    if (headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(text);
  };

test('a URL is asked for what is new only, and gives a text once', async (context) => {
  const { registry, next } = await open(context, give('one', '"1"'));
  assert.equal(await next(), 'one');
  const waiting = next();
  await registry.reached(4);
  registry.answer = give('two', '"2"');
  assert.equal(await waiting, 'two');
  const [first, second] = registry.requests;
  assert.equal(first?.headers['if-none-match'], undefined);
  assert.equal(second?.headers['if-none-match'], '"1"');
  assert.equal(first?.headers.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  assert.equal(first?.headers['x-key'], 'k');
  assert.equal(first?.url, '/graphql?key=1');
});

test('a server without entity tags gives a text once as well', async (context) => {
  const { registry, next } = await open(context, (response) => response.end('one'));
  assert.equal(await next(), 'one');
  const waiting = next();
  await registry.reached(4);
  registry.answer = (response) => response.end('two');
  assert.equal(await waiting, 'two');
});

test('what cannot be had is a failure that names no secret, and the text comes again after it', async (context) => {
  const { registry, next, source } = await open(context, give('one', '"1"'));
  assert.equal(await next(), 'one');
  registry.answer = (response) => response.writeHead(500).end('secret');
  const said = await next();
  assert.equal(
    said,
    `Cannot read the supergraph from "${source.location}": found the answer 500, wanted a supergraph SDL.`,
  );
  assert.doesNotMatch(said, /secret|p@ss|p%40ss|key=1/);
  registry.answer = give('one', '"1"');
  assert.equal(await next(), 'one');
});

test('a server that is silent, cuts the line or sends too much is a failure', async (context) => {
  const { registry, next } = await open(context, () => undefined, { timeoutMs: 200, bytesMax: 10 });
  assert.match(await next(), /found no answer in time/);
  registry.answer = (response) => response.destroy();
  assert.match(await next(), /found (other side closed|.*ECONNRESET|.*socket)/i);
  registry.answer = (response) => response.end('x'.repeat(11));
  assert.match(await next(), /found an answer of more than 10 bytes/);
  registry.answer = (response) => response.end('x'.repeat(10));
  assert.equal(await next(), 'x'.repeat(10));
});

test('a URL that fails again and again is asked ever more seldom', async (context) => {
  const times: number[] = [];
  const fail: Answer = (response) => {
    times.push(performance.now());
    response.writeHead(503).end();
  };
  const { next } = await open(context, fail, { pollMs: 20 });
  for (let count = 0; count < 5; count++) await next();
  const [a = 0, b = 0, , d = 0, e = 0] = times;
  assert.ok(b - a >= 35, `the second look came after ${b - a} ms`);
  assert.ok(e - d >= 300, `the fifth look came after ${e - d} ms`);
});
