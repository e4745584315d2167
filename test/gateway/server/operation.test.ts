/** A result whose body is bytes, one character each, reads the same by every way out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Gateway, OperationResult } from '../../../gateway/server/operation.ts';
import { startTiny } from './tiny.ts';

const data = { text: 'é€😀 \u0000"\\' };

for (const isShared of [false, true]) {
  for (const latin1 of [false, true]) {
    const name = `a body of ${latin1 ? 'bytes' : 'text'}${isShared ? ' that others get too' : ''}`;
    test(`${name} reaches clients by POST, GET, SSE and WebSocket`, async (context) => {
      const text = JSON.stringify({ data });
      const body = latin1 ? Buffer.from(text).toString('latin1') : text;
      const result: OperationResult = { body, latin1, isShared, executed: true, status: 200 };
      const gateway: Gateway = { execute: async () => result, subscribe: async () => result };
      const { url } = await startTiny(context, { gateway });

      const post = (accept: string) =>
        fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept },
          body: '{"query":"{ a }"}',
        });
      for (let turn = 0; turn < 2; turn++) assert.deepEqual(await (await post('*/*')).json(), { data });
      assert.deepEqual(await (await fetch(`${url}/graphql?query={a}`)).json(), { data });
      const events = await (await post('text/event-stream')).text();
      assert.ok(events.includes(`data: ${text}\n`), events);

      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
      });
      context.after(() => client.dispose());
      const { value } = await client.iterate({ query: '{ a }' }).next();
      assert.deepEqual(value, { data });
    });
  }
}
