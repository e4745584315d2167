/** How long an answer in parts may take. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { Lifetime } from '../../../gateway/server/lifetime.ts';
import { isStream } from '../../../gateway/server/operation.ts';
import { startTiny } from '../server/tiny.ts';
import { createShop } from './shop.ts';

const query = '{ product(id: "1") { id ... @defer { reviews { text } name } } }';

/** A shop where nobody ever talks. */
function createSilentShop() {
  const shop = createShop();
  shop.talk.fetch = (_, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  return shop;
}

test('what is not there at the deadline is an error of its part, and the answer is complete', async () => {
  const life = new Lifetime(200);
  const request = { query, operationName: null, variables: {}, subject: anonymous, headers: {}, readOnly: false };
  const outcome = await createSilentShop().gateway.pipeline.subscribe(request, life.signal);
  assert.ok(isStream(outcome));
  const payloads = (await Array.fromAsync(outcome.stream)).map((text) => JSON.parse(text) as unknown);
  assert.deepEqual(payloads, [
    { data: { product: { id: '1' } }, hasNext: true },
    {
      incremental: [
        {
          data: null,
          path: ['product'],
          errors: [
            {
              message:
                'Cannot answer the request in time: found no answer after 200 ms. Ask for less at once, or try again.',
              path: ['product'],
              extensions: { code: 'REQUEST_TIMED_OUT', service: 'talk' },
            },
          ],
        },
      ],
      hasNext: false,
    },
  ]);
});

test('over HTTP the deadline of a request holds on after its first payload', async (context: TestContext) => {
  const { url } = await startTiny(context, {
    gateway: createSilentShop().gateway.pipeline,
    config: { timeouts: { ...defaultConfig.timeouts, requestMs: 300 } },
  });
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query }),
  });
  assert.match(await response.text(), /data: \{"data":\{"product":\{"id":"1"\}\},"hasNext":true\}/);
});
