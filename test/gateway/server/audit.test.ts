/** GraphQL over HTTP to the letter: every audit of graphql-http, over a real socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditServer } from 'graphql-http';
import { startTiny } from './tiny.ts';

test('the endpoint passes all 61 audits of GraphQL over HTTP', async (context) => {
  const { url } = await startTiny(context);
  const results = await auditServer({ url: `${url}/graphql` });
  const failed = results.filter(({ status }) => status !== 'ok').map((result) => `${result.id} ${result.name}`);
  assert.deepEqual(failed, []);
  assert.equal(results.length, 61);
  await Promise.all(results.map((result) => ('response' in result ? result.response.body?.cancel() : undefined)));
});
