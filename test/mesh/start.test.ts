/** What a newcomer does first: start the mesh, ask the three example queries, stop it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runWeft, startMesh } from '../support/mesh.ts';

const root = join(import.meta.dirname, '../..');
const example = (name: string) => readFileSync(join(root, 'subgraphs/examples', `${name}.graphql`), 'utf8');

test('the mesh starts, answers its examples with real data, and stops when it is told to', async (context) => {
  const mesh = await startMesh(context);
  const names = [...mesh.output().matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name);
  assert.deepEqual(names, ['gateway', 'page', 'subgraphs', 'log', 'lineage']);
  assert.match(mesh.output(), /subgraphs +airports, discovery, flights, safety, travellers$/m);

  const across = await mesh.ask(example('1-across-domains'));
  assert.equal(across.errors, undefined);
  const airport = across.data?.['airport'] as {
    name: string;
    departures: { destination: { city: string } }[];
    incidents: { species: string }[];
  };
  assert.equal(airport.name, 'John F Kennedy Intl');
  assert.deepEqual(
    airport.departures.map(({ destination }) => destination.city),
    ['Boston', 'Windsor Locks', 'Albany'],
  );
  assert.equal(airport.incidents.length, 3);

  const lineage = await mesh.ask(example('3-lineage'));
  assert.equal(lineage.errors, undefined);

  const ready = await fetch(`${mesh.url}/health/ready`);
  assert.equal(ready.status, 200);
  assert.equal(((await ready.json()) as { status: string }).status, 'up');
  assert.equal(await mesh.stop(), 0);
});

test('live events come through the gateway with the fields of other domains', async (context) => {
  const mesh = await startMesh(context);
  const response = await fetch(`${mesh.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: example('2-live-events') }),
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/^data: \{.*$/m.test(text)) break;
  }
  const { data } = JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? '{}') as {
    data: { flightDelayed: { flight: { delay: number; origin: { name: string } } } };
  };
  assert.ok(data.flightDelayed.flight.delay >= 30);
  assert.ok(data.flightDelayed.flight.origin.name.length > 0);
});

test('a port that is taken ends the start with status 3 and says so', async (context) => {
  const mesh = await startMesh(context);
  const { port } = new URL(mesh.url);
  const second = await runWeft(['start', '--port', port, '--data', join(mesh.data, 'second')]).exited;
  assert.equal(second.status, 3);
  assert.match(
    second.stderr,
    /^PORT_IN_USE {2}Cannot listen on 127\.0\.0\.1:\d+: found another process there, wanted a free port\./m,
  );
});

test('the supergraph in schema/ is what the domains compose to', async () => {
  const { status, stdout } = await runWeft(['compose']).exited;
  assert.equal(status, 0);
  assert.equal(
    stdout,
    readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8'),
    'stale: run "npm run weft -- compose > schema/supergraph.graphql"',
  );
});
