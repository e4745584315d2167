/** A power cut while flights are replayed: what a subscriber has seen is in the log, once, and lineage is what the log says. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLog } from '../../mesh/events/open.ts';
import type { StoredEvent } from '../../mesh/core/event.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import { rebuild } from '../../mesh/lineage/rebuild.ts';
import { type RunningMesh, startMesh, temporaryFolder } from '../support/mesh.ts';

const kills = 3;

/** Ids of the flights that reach a subscriber, until the stream breaks or there are enough. */
async function watchFlights({ url }: RunningMesh, enough: number): Promise<string[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: 'subscription { flightDeparted { flight { id } } }' }),
  });
  const seen: string[] = [];
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) seen.push(...[.../"id":"(\d+)"/g[Symbol.matchAll](line)].map(([, id]) => id ?? ''));
    if (seen.length >= enough) break;
  }
  return seen;
}

async function allEvents(file: string): Promise<readonly StoredEvent[]> {
  const log = await openLog(file);
  const events: StoredEvent[] = [];
  for (let after = 0; ; after = events.at(-1)?.offset ?? 0) {
    const page = await log.read({ after });
    if (page.length === 0) break;
    events.push(...page);
  }
  await log.close();
  return events;
}

/** The summary graph and the executions of the store as it was left, and of one folded anew from the log. */
async function bothLineages(context: TestContext, data: string) {
  const log = await openLog(join(data, 'log.db'));
  const left = await openStore(join(data, 'lineage.db'));
  const anew = await openStore(join(await temporaryFolder(context), 'anew.db'));
  await rebuild({ log, store: anew });
  const contents = async (store: typeof left) => ({
    cursor: await store.cursor(),
    ...(await store.dump()),
    executions: await store.executions({ limit: 1_000 }),
  });
  const both = { left: await contents(left), anew: await contents(anew) };
  await Promise.all([left.close(), anew.close(), log.close()]);
  return both;
}

test(`after ${kills} kills during the replay nothing that was seen is lost, and lineage equals a fold of the log`, async (context) => {
  const data = await temporaryFolder(context);
  const seen = new Set<string>();
  for (let i = 0; i < kills; i++) {
    const mesh = await startMesh(context, { data });
    for (const id of await watchFlights(mesh, 8)) seen.add(id);
    await mesh.kill();
  }
  const mesh = await startMesh(context, { data });
  const last = await mesh.ask('{ flight(id: "1") { id origin { name } } }');
  assert.equal(last.errors, undefined);
  assert.equal(await mesh.stop(), 0);

  assert.ok(seen.size >= kills * 8);
  const events = await allEvents(join(data, 'log.db'));
  assert.deepEqual(
    events.map((event) => event.offset),
    events.map((event) => event.offset).toSorted((a, b) => a - b),
  );
  assert.equal(new Set(events.map((event) => event.id)).size, events.length, 'no event is there twice');
  const departed = events.filter((event) => event.label === 'flight.departed').map((event) => event.source);
  assert.equal(new Set(departed).size, departed.length, 'no departure is there twice');
  for (const id of seen) assert.ok(departed.includes(`flight:${id}`), `flight ${id} was seen and is in the log`);

  const { left, anew } = await bothLineages(context, data);
  assert.deepEqual(left, anew);
  assert.equal(left.cursor, events.at(-1)?.offset);
});
