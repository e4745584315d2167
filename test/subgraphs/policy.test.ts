/** What the example mesh shows of policy: masks, purposes, and rows that a field of another domain decides about. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthenticator } from '../../gateway/auth/subject.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { defaultConfig } from '../../mesh/core/config.ts';
import travellersDomain from '../../subgraphs/travellers/domain.ts';
import { complaintOf, counts, travellerOf } from '../../subgraphs/travellers/model/people.ts';
import { ask as askLake } from './lake.ts';
import { openTestMesh } from './mesh.ts';
import type { TestMesh } from './mesh.ts';

let mesh: TestMesh;

before(async () => {
  mesh = await openTestMesh();
});
after(() => mesh[Symbol.asyncDispose]());

const { mockUsers = [] } = travellersDomain;
const authenticate = createAuthenticator({ auth: defaultConfig.auth, mockUsers, clock: systemClock });

/** Asks as one of the people whom the domain declares for trying; without a name as nobody in particular. */
async function ask(query: string, { as, purpose }: { readonly as?: string; readonly purpose?: string } = {}) {
  const subject = await authenticate(as && `Mock ${as}`, purpose);
  const { data, errors = [] } = await mesh.ask(query, { subject });
  return {
    data,
    text: JSON.stringify({ data, errors }),
    reasons: errors.map(({ extensions }) => extensions['reasonCode']),
  };
}

describe('travellers', () => {
  const { id, card, memberSince } = travellerOf(2001, 1);

  test('show four digits of their cards and the year they joined, and the rest to those who may read what is personal', async () => {
    const query = `{ traveller(id: "${id}") { card memberSince again: card } travellers(first: 1) { card } }`;
    for (const as of [undefined, 'ana', 'kim']) {
      const { data, text } = await ask(query, as === undefined ? {} : { as });
      const masked = `****${card.slice(-4)}`;
      const year = `${memberSince.slice(0, 4)}-01-01`;
      assert.deepEqual(data, {
        traveller: { card: masked, memberSince: year, again: masked },
        travellers: [{ card: masked }],
      });
      assert.ok(!text.includes(card) && !text.includes(memberSince));
    }
    const { data } = await ask(query, { as: 'piet' });
    assert.deepEqual(data, { traveller: { card, memberSince, again: card }, travellers: [{ card }] });
  });

  test('say what they need help with to those who state that they give it', async () => {
    const needy = Array.from({ length: counts.T }, (_, index) => travellerOf(2001, index + 1)).find(
      ({ assistance }) => assistance !== null,
    );
    const query = `{ traveller(id: "${needy?.id}") { assistance } }`;
    for (const who of [{}, { as: 'ana' }, { as: 'piet' }]) {
      const { data, reasons } = await ask(query, who);
      assert.deepEqual([data, reasons], [{ traveller: { assistance: null } }, ['PURPOSE_MISSING']]);
    }
    const { data } = await ask(query, { as: 'piet', purpose: 'special-assistance' });
    assert.deepEqual(data, { traveller: { assistance: needy?.assistance } });
    await assert.rejects(ask(query, { as: 'ana', purpose: 'special-assistance' }), { code: 'BAD_REQUEST' });
  });
});

describe('complaints', () => {
  const all = Array.from({ length: counts.C }, (_, index) => complaintOf(2001, index + 1));
  let texan: readonly string[];

  before(async () => {
    const airports = await askLake<{ iata: string }>("select iata from airports where state = 'TX'");
    const codes = new Set(airports.map(({ iata }) => iata));
    texan = all.filter(({ traveller }) => codes.has(traveller.homeAirport.iata)).map(({ id }) => id);
    assert.ok(texan.length > 10 && texan.length < all.length);
  });

  const idsOf = (data: unknown) => (data as { complaints: { id: string }[] }).complaints.map(({ id }) => id);

  test('are those of the states that one answers for, and their count is that of these', async () => {
    const everybody = [
      { who: { as: 'ana' }, ids: texan },
      { who: { as: 'piet' }, ids: all.map(({ id }) => id) },
      { who: { as: 'kim' }, ids: [] },
      { who: {}, ids: [] },
    ];
    for (const { who, ids } of everybody) {
      const { data, reasons } = await ask('{ complaintCount complaints(first: 500) { id } }', who);
      assert.deepEqual(reasons, []);
      assert.equal(data?.['complaintCount'], ids.length);
      assert.deepEqual(idsOf(data), ids);
    }
  });

  test('fill their pages as if there were no others', async () => {
    const seen: string[] = [];
    for (const last of ['', texan[4], texan[9]]) {
      const { data } = await ask(`{ complaints(first: 5, after: "${last}") { id } }`, { as: 'ana' });
      seen.push(...idsOf(data));
    }
    assert.deepEqual(seen, texan.slice(0, 15));
  });

  test('are read with what the condition needs, of which the answer shows nothing that was not asked for', async () => {
    const query = '{ complaints(first: 1) { traveller { name homeAirport { city } } } }';
    const first = all.find(({ id }) => id === texan[0]);
    const [airport] = await askLake<{ city: string }>(
      `select city from airports where iata = '${first?.traveller.homeAirport.iata}'`,
    );
    const { data } = await ask(query, { as: 'ana' });
    assert.deepEqual(data, { complaints: [{ traveller: { name: first?.traveller.name, homeAirport: airport } }] });
  });
});
