/** A subgraph that is away when the mesh starts: what it guards stays guarded. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveHttp } from '../support/http-subgraph.ts';
import { startMesh, temporaryFolder } from '../support/mesh.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
type Traveller @key(fields: "id") @authenticated { id: ID! points: Int }`;

test('the rules of a subgraph that is away bind the rest, as they were when it was last there', async (context) => {
  let isThere = true;
  const url = await serveHttp(context, (_, response) => {
    response.writeHead(isThere ? 200 : 503, { 'content-type': 'application/json' });
    response.end(isThere ? JSON.stringify({ data: { _service: { sdl } } }) : '');
  });
  const folder = await temporaryFolder(context);
  const file = join(folder, 'weft.yaml');
  await writeFile(file, `subgraphs: { loyalty: { routing_url: "${url}" } }\n`);
  const options = { data: join(folder, 'data'), arguments: ['--config', file] };
  const query = '{ travellers(first: 1) { name } }';

  const whole = await startMesh(context, options);
  assert.equal((await whole.ask(query)).errors?.[0]?.extensions.code, 'UNAUTHORIZED_FIELD_OR_TYPE');
  assert.equal(await whole.stop(), 0);

  isThere = false;
  const rest = await startMesh(context, options);
  assert.match(rest.output(), /subgraph loyalty is left out, its rules bind the rest/);
  assert.equal((await rest.ask(query)).errors?.[0]?.extensions.code, 'UNAUTHORIZED_FIELD_OR_TYPE');
  assert.deepEqual((await rest.ask('{ airports(first: 1) { __typename } }')).data, {
    airports: [{ __typename: 'Airport' }],
  });
});
