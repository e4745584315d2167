/** What the example domains answer to those who see their rows in part, held against the files. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RowFilters, Subgraph } from '../../mesh/core/subgraph.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { ask as askLake } from './lake.ts';
import { openTestMesh } from './mesh.ts';
import type { TestMesh } from './mesh.ts';

let mesh: TestMesh;
let safety: Subgraph;

before(async () => {
  mesh = await openTestMesh();
  const found = mesh.subgraphs.find(({ name }) => name === 'safety');
  assert.ok(found);
  safety = found;
});
after(() => mesh[Symbol.asyncDispose]());

/** Asks the safety domain on behalf of somebody for whom these rows exist. */
async function ask<Data>(query: string, filters: RowFilters): Promise<Data> {
  const request = { operationKind: 'query', query, queryJson: '', variablesJson: '{}', headers: {} } as const;
  const view = { revision: '', filters };
  const { data, errors } = await safety.fetch({ ...request, subject: anonymous, view }, new AbortController().signal);
  assert.deepEqual(errors ?? [], []);
  return data as Data;
}

interface Sums {
  readonly matchSummary: { readonly total: number; readonly matched: number };
  readonly incidentsByAirport: readonly { readonly incidents: number; readonly costTotal: number }[];
}

async function sum(filters: RowFilters) {
  const query = '{ matchSummary { total matched } incidentsByAirport(first: 500) { incidents costTotal } }';
  const { matchSummary, incidentsByAirport } = await ask<Sums>(query, filters);
  const add = (pick: 'incidents' | 'costTotal') => incidentsByAirport.reduce((all, one) => all + one[pick], 0);
  return { ...matchSummary, incidents: add('incidents'), cost: add('costTotal') };
}

test('incidents are counted that the subject may know of, and no others', async () => {
  const [california] = await askLake<{ incidents: number; cost: number }>(
    `select count(*)::int as incidents, sum("Cost Total $")::int as cost from birdstrikes where "Origin State" = 'California'`,
  );
  const all = await sum({});
  const some = await sum({ Incident: 'object.state == "California"' });
  assert.equal(all.total, 10_000);
  assert.equal(some.total, california?.incidents);
  assert.equal(some.incidents, some.matched);
  assert.ok(some.cost > 0 && some.cost <= (california?.cost ?? 0));
  assert.deepEqual(await sum({ Incident: 'false' }), { total: 0, matched: 0, incidents: 0, cost: 0 });
});

test('incidents are matched to airports that exist for the subject, and to no others', async () => {
  const all = await sum({});
  const some = await sum({ Airport: 'object.state == "CO"' });
  assert.equal(some.total, all.total);
  assert.ok(some.matched > 0 && some.matched < all.matched);
  assert.equal(some.incidents, some.matched);
});

test('pages of incidents are as full as if there were no others', async () => {
  const wanted = await askLake<{ id: string }>(
    `select row::varchar as id from (select row_number() over () - 1 as row, "Origin State" as state from birdstrikes)
     where state = 'Hawaii' order by row limit 12`,
  );
  const ids: string[] = [];
  for (const last of [null, wanted[4]?.id, wanted[9]?.id]) {
    const query = `{ incidents(first: 5, after: ${JSON.stringify(last)}) { id } }`;
    const { incidents } = await ask<{ incidents: { id: string }[] }>(query, { Incident: 'object.state == "Hawaii"' });
    assert.equal(incidents.length, 5);
    ids.push(...incidents.map(({ id }) => id));
  }
  assert.deepEqual(
    ids.slice(0, 12),
    wanted.map(({ id }) => id),
  );
});
