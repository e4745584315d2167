/** Masked values, end to end: what a subgraph gives stays inside, whichever way it is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRuledAirline, inRegions, westerner } from './airline.ts';

test('a masked value is masked under every alias, in fragments, lists and lists of lists', async () => {
  const { ask } = createRuledAirline({
    'Flight.pilot': '@weft__mask(with: EMAIL, unless: [["pii"]])',
    'Flight.delay': '@weft__mask(with: "ROUND(100)")',
    'Flight.legs': '@weft__mask(with: FIRST1)',
    'Flight.nested': '@weft__mask(with: REDACT)',
    'Flight.label': '@weft__mask(with: HASH)',
  });
  const query = `{ flights { id pilot mail: pilot delay legs nested ...L } things { ...L } assets { label } }
    fragment L on Flight { pilot x: label }`;
  const { data, errors, text } = await ask(query);
  assert.equal(errors, undefined);
  assert.doesNotMatch(text, /canary|ann@|cyd@|"(a1|b1)"|:149\b/);
  const [first, second, , last] = (data as { flights: Record<string, unknown>[] }).flights;
  assert.deepEqual(
    { ...first, x: null },
    {
      id: '1',
      pilot: 'a***@example.com',
      mail: 'a***@example.com',
      delay: 100,
      legs: ['a***', 'b***'],
      nested: [['[redacted]', '[redacted]'], [null]],
      x: null,
    },
  );
  assert.match(String(first?.['x']), /^[0-9a-f]{32}$/);
  assert.notEqual(first?.['x'], second?.['x']);
  assert.deepEqual([second?.['delay'], last?.['legs']], [300, []]);
  const entitled = await ask('{ flights { pilot } }', { ...westerner, scopes: ['pii'] });
  assert.match(entitled.text, /ann@example\.com/);
});

test('a field is masked as its interface says, also for objects of which nobody asks the type', async () => {
  const { ask } = createRuledAirline({ 'Asset.label': '@weft__mask(with: REDACT)' });
  const { data, text } = await ask('{ assets { label } flights { label } things { ... on Gate { label } } }');
  assert.doesNotMatch(text, /canary|gate/);
  assert.deepEqual((data as { assets: unknown[] }).assets.length, 5);
});

test('a subgraph does not tell a masked value by its errors', async () => {
  const { ask } = createRuledAirline({ 'Flight.broken': '@weft__mask(with: REDACT)' });
  const { errors, text } = await ask('{ flights { broken } }');
  assert.equal(errors?.length, 4);
  assert.doesNotMatch(text, /canary-broken/);
});

test('conditions read values as they are, clients see them masked', async () => {
  const { ask } = createRuledAirline({ Flight: inRegions, 'Flight.region': '@weft__mask(with: REDACT)' });
  const { data } = await ask('{ flights { id region } }');
  assert.deepEqual(data, {
    flights: [
      { id: '1', region: '[redacted]' },
      { id: '3', region: '[redacted]' },
    ],
  });
});

test('a masked key still finds what other domains know', async () => {
  const { ask } = createRuledAirline({ 'Flight.id': '@weft__mask(with: HASH)' });
  const { data, errors } = await ask('{ flights { id notes } worst { id region } }');
  assert.equal(errors, undefined);
  const {
    flights: [flight],
    worst,
  } = data as { flights: Record<string, string>[]; worst: Record<string, string> };
  assert.equal(flight?.['notes'], 'note 1');
  assert.equal(worst['region'], 'east');
  assert.match(`${flight?.['id']} ${worst['id']}`, /^[0-9a-f]{32} [0-9a-f]{32}$/);
});

test('hashes are of the mesh: the same secret gives the same, another one another', async () => {
  const hashUnder = async (maskSecret: string | null) => {
    const governance = { policies: new Map(), agreements: null, roster: new Map(), revision: '', maskSecret };
    const { ask } = createRuledAirline({ 'Flight.pilot': '@weft__mask(with: HASH)' }, { governance });
    const { data } = await ask('{ flight(id: "1") { pilot } }');
    return (data as { flight: { pilot: string } }).flight.pilot;
  };
  assert.equal(await hashUnder('one secret of the mesh'), await hashUnder('one secret of the mesh'));
  assert.notEqual(await hashUnder('one secret of the mesh'), await hashUnder('another of the mesh'));
});
