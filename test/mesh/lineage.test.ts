/** The lineage of a derived product, as it is observed: the same on SQLite and on Neo4j. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { type RunningMesh, startMesh, temporaryFolder } from '../support/mesh.ts';
import { type Neo4jServer, startNeo4j } from '../support/neo4j/server.ts';

const lineageQuery = `{
  lineage(of: "product:safety/riskByAirport", direction: UP) {
    nodes { id kind domain depth }
    edges { from to kind }
    truncated
  }
}`;

interface Lineage {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: string;
    readonly domain: string | null;
    readonly depth: number;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: string }[];
  readonly truncated: boolean;
}

let server: Neo4jServer | null = null;
before(async () => {
  server = await startNeo4j();
});
after(() => server?.stop());

/** What the mesh runs is recorded beside the answer: lineage is read until it stands still. */
async function settledLineage(mesh: RunningMesh): Promise<Lineage> {
  let last = '';
  for (let i = 0; i < 100; i++) {
    const { data } = await mesh.ask(lineageQuery);
    const lineage = data?.['lineage'] as unknown as Lineage | null;
    const text = JSON.stringify(lineage);
    if (
      text === last &&
      lineage?.edges.some(({ kind, to }) => kind === 'OBSERVED' && to === 'process:safety/riskByAirport')
    )
      return lineage;
    last = text;
    await delay(300);
  }
  throw new Error(`The lineage does not settle: ${last}`);
}

test('the lineage of riskByAirport names airports, flights and incidents, on SQLite and on Neo4j alike', async (context) => {
  if (server === null) return context.skip('no Neo4j: set WEFT_NEO4J_URL, or install a JDK and Maven');
  const folder = await temporaryFolder(context);
  // Without the replay both meshes run the same.
  const config = join(folder, 'weft.yaml');
  await writeFile(config, 'domains:\n  flights: { variables: { replaySpeed: 0 } }\n');
  const found: Lineage[] = [];
  for (const url of ['', `${server.url}?space=${randomUUID()}`]) {
    const mesh = await startMesh(context, { arguments: ['--config', config], environment: { WEFT_NEO4J_URL: url } });
    assert.match(mesh.output(), url === '' ? /lineage +sqlite/ : /lineage +neo4j/);
    const { data, errors } = await mesh.ask('{ riskByAirport(first: 2) { airport { name } score } }');
    assert.equal(errors, undefined);
    const risks = data?.['riskByAirport'] as unknown as unknown[] | undefined;
    assert.equal(risks?.length, 2);
    found.push(await settledLineage(mesh));
    assert.equal(await mesh.stop(), 0);
  }
  const [onSqlite, onNeo4j] = found;
  assert.deepEqual(onNeo4j, onSqlite);
  const ids = new Set(onSqlite?.nodes.map(({ id }) => id));
  for (const source of [
    'product:airports/Airport',
    'product:flights/delays',
    'product:safety/Incident',
    'dataset:npm:vega-datasets/data/airports.csv',
    'dataset:npm:vega-datasets/data/flights-3m.parquet',
    'dataset:npm:vega-datasets/data/birdstrikes.csv',
  ]) {
    assert.ok(ids.has(source), `${source} is among ${[...ids].join(', ')}`);
  }
  const observed = onSqlite?.edges.filter(
    ({ kind, to }) => kind === 'OBSERVED' && to === 'process:safety/riskByAirport',
  );
  assert.deepEqual(
    new Set(observed?.map(({ from }) => from)),
    new Set(['product:airports/Airport', 'product:flights/delays', 'product:safety/incidentsByAirport']),
  );
  assert.equal(onSqlite?.truncated, false);
});
