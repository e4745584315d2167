/** The same attacks by the way of each transport: the bytes that a stranger gets over HTTP, server-sent events and WebSocket. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { getIntrospectionQuery } from 'graphql';
import { createPageRoute } from '../../gateway/server/page.ts';
import { openGreeted } from '../gateway/server/raw-socket.ts';
import { startTiny } from '../gateway/server/tiny.ts';
import { type AttackOptions, assertUntold, openIntrospected } from './introspection-house.ts';

const hiding = { introspection: 'filtered', hideExistence: true } as const;
const probes = [
  ['{ people { canarPay } }', 'canarPay'],
  ['{ things { ... on CanarySp { cover } } }', 'CanarySp'],
  ['{ report }', ''],
  ['{ things { __typename } named { name } }', ''],
  ['subscription { canarAlarm }', 'canarAlarm'],
  ['subscription { broken { name } }', ''],
  [getIntrospectionQuery(), ''],
] as const;

async function open(context: TestContext, options: AttackOptions = {}) {
  const { pipeline } = openIntrospected({ ...options, failure: 'no canaryPay in CanarySpy' });
  const { url } = await startTiny(context, { gateway: pipeline });
  const post = async (body: object, accept = 'application/json'): Promise<string> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
    });
    return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
  };
  return { url, post };
}

for (const disclosure of [undefined, hiding]) {
  const options = disclosure ? { disclosure } : {};
  const how = disclosure ? ', as if there were no such thing' : '';

  test(`over HTTP, by POST and by GET: no head and no body has a hidden name${how}`, async (context) => {
    const { url, post } = await open(context, options);
    for (const [query, named] of probes) {
      assertUntold(await post({ query }), named);
      const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`);
      assertUntold(await response.text(), named);
    }
    assertUntold(await post({ query: '{ fails }' }));
  });

  test(`over server-sent events and in parts: no line has a hidden name${how}`, async (context) => {
    const { post } = await open(context, options);
    for (const [query, named] of probes) {
      assertUntold(await post({ query }, 'text/event-stream'), named);
      assertUntold(await post({ query }, 'multipart/mixed;deferSpec=20220824, application/json'), named);
    }
  });

  test(`over WebSocket: no message has a hidden name${how}`, async (context) => {
    const { url } = await open(context, options);
    const socket = await openGreeted(url);
    for (const [index, [query]] of probes.entries())
      socket.send({ type: 'subscribe', id: `op${index}`, payload: { query } });
    const isOver = (index: number): boolean =>
      socket.inbox.some(({ type, id }) => id === `op${index}` && (type === 'error' || type === 'complete'));
    for (let count = 1; !probes.every((_, index) => isOver(index)); count++) await socket.received(count);
    for (const [index, [, named]] of probes.entries())
      assertUntold(JSON.stringify(socket.inbox.filter(({ id }) => id === `op${index}`)), named);
    socket.close();
  });
}

test('variables over a transport are complained of in visible words', async (context) => {
  const { post } = await open(context);
  const query = 'query ($w: PersonWhere, $c: Color) { people(where: $w) { name } paint(color: $c) }';
  const text = await post({ query, variables: { w: { canarPay: 1 }, c: 'CANARY_RE' } });
  assert.match(text, /BAD_REQUEST/);
  assertUntold(text.replaceAll('CANARY_RE', ''), 'canarPay');
});

test('a document that an insider left under its hash is held against what a stranger sees', async (context) => {
  const { post } = await open(context, { disclosure: hiding });
  const query = '{ people { canaryPay } }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };
  await post({ query, extensions });
  const text = await post({ extensions });
  assert.match(text, /Cannot query field/);
  assert.doesNotMatch(text, /canaryPay":/);
});

test('there is no schema, no metrics and no plan to be had beside the endpoint', async (context) => {
  const { pipeline } = openIntrospected();
  const { url } = await startTiny(context, { gateway: pipeline, routes: [createPageRoute({ examples: [] })] });
  for (const path of [
    '/',
    '/schema',
    '/schema.graphql',
    '/sdl',
    '/supergraph',
    '/metrics',
    '/plan',
    '/graphql?sdl',
    '/health',
  ])
    assertUntold(await (await fetch(`${url}${path}`)).text());
  const headers = {
    'content-type': 'application/json',
    'apollo-query-plan-experimental': '1',
    'apollo-expose-query-plan': 'true',
  };
  const body = JSON.stringify({ query: '{ things { __typename } named { name } }', extensions: { queryPlan: true } });
  assertUntold(await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).text());
});
