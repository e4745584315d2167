/** The parts on their own: one domain over HTTP, and the gateway before it, with no mesh around them. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Answer } from '../support/gateway.ts';
import { runWeft, serveWeft, temporaryFolder } from '../support/mesh.ts';

async function serve(...words: Parameters<typeof serveWeft>): Promise<string> {
  return (await serveWeft(...words)).url;
}

async function ask(url: string, query: string, variables = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Answer;
}

test('a domain serves alone, and the gateway alone plans over it', async (context) => {
  const folder = await temporaryFolder(context);
  const airports = await serve(context, ['subgraph', 'airports', '--port', '0', '--data', folder, '--dev'], folder);
  const flights = await serve(context, ['subgraph', 'flights', '--port', '0', '--data', folder, '--dev'], folder);

  const entities = await ask(
    `${airports}/graphql`,
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Airport { name } } _service { sdl } }',
    {
      r: [
        { __typename: 'Airport', iata: 'JFK' },
        { __typename: 'Airport', iata: 'nowhere' },
      ],
    },
  );
  assert.deepEqual(entities.data?.['_entities'], [{ name: 'John F Kennedy Intl' }, null]);

  const config = join(folder, 'weft.yaml');
  await writeFile(
    config,
    `subgraphs:\n  airports: { routing_url: "${airports}/graphql" }\n  flights: { routing_url: "${flights}/graphql" }\n`,
  );
  const composed = await runWeft(['compose', '--config', config]).exited;
  assert.equal(composed.status, 0, composed.stderr);
  await writeFile(join(folder, 'supergraph.graphql'), composed.stdout);
  const gateway = await serve(context, ['gateway', '--supergraph', 'supergraph.graphql', '--port', '0'], folder);
  const answer = await ask(`${gateway}/graphql`, '{ flight(id: "11") { delay origin { name } destination { city } } }');
  assert.deepEqual(answer, {
    data: { flight: { delay: 105, origin: { name: 'John F Kennedy Intl' }, destination: { city: 'Boston' } } },
  });
});

test('a domain whose products derive from other domains serves alone; only what asks them fails', async (context) => {
  const folder = await temporaryFolder(context);
  const travellers = await serve(context, ['subgraph', 'travellers', '--port', '0', '--data', folder, '--dev'], folder);
  const answer = await ask(`${travellers}/graphql`, '{ traveller(id: "T0001") { name } }');
  assert.deepEqual(answer.data, { traveller: { name: 'Elif Dube' } });
  const safety = await serve(context, ['subgraph', 'safety', '--port', '0', '--data', folder, '--dev'], folder);
  const failed = await ask(`${safety}/graphql`, '{ riskByAirport(first: 1) { score } }');
  assert.equal(failed.errors?.[0]?.extensions.code, 'EXECUTION_FAILED');
});
