/** A subgraph behind https: asked when its certificate is trusted, and not at all when it is not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { anonymous } from '../../../mesh/core/subject.ts';

const folder = join(import.meta.dirname, '../../support/tls');
/** For localhost, signed by itself; good for tests alone. */
const cert = readFileSync(join(folder, 'certificate.pem'), 'utf8');
const key = readFileSync(join(folder, 'key.pem'), 'utf8');
const still = new AbortController().signal;

async function open(context: TestContext) {
  let asked = 0;
  const server = createServer({ cert, key }, async (incoming, response) => {
    asked += 1;
    const body = Buffer.concat(await Array.fromAsync(incoming as AsyncIterable<Buffer>)).toString();
    const { variables } = JSON.parse(body) as { variables: { text: string } };
    response.end(JSON.stringify({ data: { echo: variables.text } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const subgraph = createHttpSubgraph({ name: 'shop', sdl: '', url: `https://localhost:${port}/graphql` });
  context.after(async () => {
    await subgraph.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const ask = (text: string) => {
    const query = 'query ($text: String) { echo(text: $text) }';
    const queryJson = JSON.stringify(query);
    const variablesJson = JSON.stringify({ text });
    return subgraph.fetch(
      { operationKind: 'query', query, queryJson, variablesJson, headers: {}, subject: anonymous },
      still,
    );
  };
  return { ask, asked: () => asked };
}

test('a certificate that nobody vouches for is not talked to', async (context) => {
  const { ask, asked } = await open(context);
  await assert.rejects(ask('secret'), (error) => isWeftError(error, 'SUBGRAPH_UNAVAILABLE'));
  assert.equal(asked(), 0);
});

test('texts of any script arrive over TLS as they were sent', async (context) => {
  setDefaultCACertificates([...getCACertificates('default'), cert]);
  const { ask, asked } = await open(context);
  for (const text of ['plain', 'Zürich', '東京', '🙂', 'a'.repeat(200_000)]) {
    assert.deepEqual((await ask(text)).data, { echo: text });
  }
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`é${i}`)));
  assert.deepEqual(
    answers.map(({ data }) => data?.['echo']),
    Array.from({ length: 50 }, (_, i) => `é${i}`),
  );
  assert.equal(asked(), 55);
});
