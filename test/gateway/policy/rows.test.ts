/** Row filters: what does not exist for a subject is nowhere in the answer, whichever way it is asked for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createRuledAirline, inRegions, westerner } from './airline.ts';

describe('rows that do not exist for a subject', () => {
  const { ask, flights } = createRuledAirline({ Flight: inRegions });

  test('are gone from lists, under aliases and in fragments', async () => {
    const { data, errors, text } = await ask(`{
      flights { id } again: flights { key: id ...F } }
      fragment F on Flight { pilot region: label }`);
    assert.equal(errors, undefined);
    assert.deepEqual(data, {
      flights: [{ id: '1' }, { id: '3' }],
      again: [
        { key: '1', pilot: 'ann@example.com', region: 'canary-label-1' },
        { key: '3', pilot: 'cyd@example.com', region: 'canary-label-3' },
      ],
    });
    assert.doesNotMatch(text, /canary-label-[24]|__rows/);
  });

  test('are gone from lists in lists; what was null stays', async () => {
    const { data } = await ask('{ grid { id } }');
    assert.deepEqual(data, { grid: [[{ id: '1' }], [], [null, { id: '3' }]] });
  });

  test('are null alone, as if they were absent', async () => {
    const hidden = await ask('{ flight(id: "2") { id pilot } }');
    const absent = await ask('{ flight(id: "9") { id pilot } }');
    assert.deepEqual(hidden, absent);
    const [sure, none] = [await ask('{ sure(id: "2") { id } }'), await ask('{ sure(id: "9") { id } }')];
    assert.equal(sure.data, null);
    assert.deepEqual(sure.data, none.data);
    assert.deepEqual(
      sure.errors?.map(({ path }) => path),
      [['sure']],
    );
  });

  test('are gone behind interfaces and unions, whatever is selected of them', async () => {
    const { data, text } = await ask(`{
      things { __typename } assets { id } named: assets { ... on Asset { label } } only: things { ... on Gate { name } } }`);
    assert.deepEqual(data, {
      things: [{ __typename: 'Gate' }, { __typename: 'Flight' }, { __typename: 'Flight' }],
      assets: [{ id: 'g1' }, { id: '1' }, { id: '3' }],
      named: [{ label: 'gate' }, { label: 'canary-label-1' }, { label: 'canary-label-3' }],
      only: [{ name: 'G1' }, {}, {}],
    });
    assert.doesNotMatch(text, /canary-label-[24]/);
  });

  test('are gone below objects that exist, also where the same entity stands twice', async () => {
    const { data } = await ask(
      '{ flights { id next { id next { id } } } crew { lead { id } members { id next { id } } } }',
    );
    assert.deepEqual(data, {
      flights: [
        { id: '1', next: null },
        { id: '3', next: null },
      ],
      crew: {
        lead: null,
        members: [
          { id: '1', next: null },
          { id: '3', next: null },
        ],
      },
    });
  });

  test('take their edges with them, also where no node is asked for', async () => {
    const { data } = await ask('{ page { edges { node { id } } nodes { id } } }');
    assert.deepEqual(data, {
      page: { edges: [{ node: { id: '1' } }, { node: { id: '3' } }], nodes: [{ id: '1' }, { id: '3' }] },
    });
    assert.deepEqual((await ask('{ page { edges { weight } } }')).data, {
      page: { edges: [{ weight: 1 }, { weight: 3 }] },
    });
  });

  test('are gone from what mutations give, one after the other', async () => {
    const { data } = await ask(
      'mutation { a: delay(id: "1", minutes: 3) { delay } b: delay(id: "2", minutes: 4) { delay } touch { id } }',
    );
    assert.deepEqual(data, { a: { delay: 3 }, b: null, touch: [{ id: '1' }, { id: '3' }] });
  });

  test('differ between subjects who share the compiled operation', async () => {
    const eastern = { ...westerner, id: 'eas', claims: { regions: ['east'] } };
    const query = '{ flights { id } }';
    const answers = await Promise.all([ask(query), ask(query, eastern), ask(query, anonymous), ask(query)]);
    assert.deepEqual(
      answers.map(({ data }) => data),
      [
        { flights: [{ id: '1' }, { id: '3' }] },
        { flights: [{ id: '2' }] },
        { flights: [] },
        { flights: [{ id: '1' }, { id: '3' }] },
      ],
    );
  });

  test('cost one request, which asks for what the condition reads', async () => {
    flights.requests.length = 0;
    await ask('{ flights { pilot } }');
    assert.equal(flights.requests.length, 1);
    assert.match(flights.requests[0]?.query ?? '', /__rows_Flight_region:\s*region/);
  });

  test('are not told of by errors; those of the others move up', async () => {
    const { data, errors, text } = await ask('{ flights { id broken } grid { broken } flight(id: "2") { broken } }');
    assert.deepEqual(data, {
      flights: [
        { id: '1', broken: null },
        { id: '3', broken: null },
      ],
      grid: [[{ broken: null }], [], [null, { broken: null }]],
      flight: null,
    });
    assert.deepEqual(errors?.map(({ message, path }) => [message, path]).toSorted(), [
      ['broken-1', ['flights', 0, 'broken']],
      ['broken-1', ['grid', 0, 0, 'broken']],
      ['broken-3', ['flights', 1, 'broken']],
      ['broken-3', ['grid', 2, 1, 'broken']],
    ]);
    assert.doesNotMatch(text, /canary/);
  });
});

test('what is denied is told alike of what exists, what does not, and what never did', async () => {
  const { ask } = createRuledAirline({ Flight: inRegions, 'Flight.pilot': '@requiresScopes(scopes: [["pii"]])' });
  const told = async (id: string) => {
    const { data, errors } = await ask(`{ flight(id: "${id}") { pilot } }`);
    return { data, paths: errors?.map(({ path }) => path) };
  };
  assert.deepEqual(await told('2'), { data: { flight: null }, paths: [['flight', 'pilot']] });
  assert.deepEqual(await told('2'), await told('9'));
  assert.deepEqual((await told('1')).paths, (await told('9')).paths);
});

describe('a condition', () => {
  test('may read what another domain knows; where that fails, the row does not exist', async () => {
    const { ask } = createRuledAirline({ Flight: '@weft__rows(where: "object.risk < 9")' });
    const { data, errors, text } = await ask('{ flights { id } flight(id: "4") { id } worst { id } }');
    assert.deepEqual(data, { flights: [{ id: '1' }, { id: '3' }], flight: null, worst: null });
    assert.equal(errors, undefined);
    assert.doesNotMatch(text, /canary|risk/);
  });

  test('that something is not so hides what could not be had as well', async () => {
    const { ask } = createRuledAirline({ Flight: '@weft__rows(where: "object.risk != 9")' });
    assert.deepEqual((await ask('{ flights { id } }')).data, { flights: [{ id: '1' }, { id: '3' }] });
    const has = createRuledAirline({ Flight: '@weft__rows(where: "!has(object.risk) || object.risk < 9")' });
    assert.deepEqual((await has.ask('{ flights { id } }')).data, { flights: [{ id: '1' }, { id: '3' }] });
  });

  test('may ask for null where nothing failed', async () => {
    const { ask } = createRuledAirline({ Flight: '@weft__rows(where: "object.region == null")' });
    assert.deepEqual((await ask('{ flights { id } }')).data, { flights: [{ id: '4' }] });
  });

  test('may go into objects, and reads what the subject is denied', async () => {
    const { ask, flights } = createRuledAirline({
      Flight: '@weft__rows(where: "object.owner.country == \'far\'")',
      'Owner.country': '@weft__mask(with: NULL)',
    });
    const { data, text } = await ask('{ flights { id owner { country } } }');
    assert.deepEqual(data, { flights: [{ id: '3', owner: { country: null } }] });
    assert.doesNotMatch(text, /canary|far/);
    assert.match(flights.requests.at(-1)?.query ?? '', /__rows_Flight_owner/);
  });

  test('of an interface binds what implements it', async () => {
    const { ask } = createRuledAirline({
      Asset: "@weft__rows(where: \"object.label == 'canary-label-3' || object.label == 'gate'\")",
    });
    const { data } = await ask('{ flights { id } assets { id } things { __typename } flight(id: "1") { id } }');
    assert.deepEqual(data, {
      flights: [{ id: '3' }],
      assets: [{ id: 'g1' }, { id: '3' }],
      things: [{ __typename: 'Gate' }, { __typename: 'Flight' }],
      flight: null,
    });
  });

  test('that reads nothing holds for all or for none', async () => {
    const rules = { Flight: '@weft__rows(where: "\'staff\' in subject.roles")' };
    const { ask } = createRuledAirline(rules);
    const staff = { ...westerner, roles: ['staff'] };
    assert.deepEqual((await ask('{ flights { id } }', staff)).data, {
      flights: ['1', '2', '3', '4'].map((id) => ({ id })),
    });
    assert.deepEqual((await ask('{ flights { id } page { edges { weight } } }')).data, {
      flights: [],
      page: { edges: [] },
    });
  });

  test('that reads a field which is not there holds for nobody', async () => {
    const { ask } = createRuledAirline({ Flight: '@weft__rows(where: "object.nothing == 1 || object.id != 1.5")' });
    assert.deepEqual((await ask('{ flights { id } }')).data, { flights: [] });
  });
});

test('all conditions of a type must hold', async () => {
  const { ask } = createRuledAirline({ Flight: `${inRegions} @weft__rows(where: "object.delay > 0")` });
  assert.deepEqual((await ask('{ flights { id } }')).data, { flights: [{ id: '1' }] });
});

test('what is deferred is answered at once where rows are filtered', async () => {
  const { gateway } = createRuledAirline({ Flight: inRegions });
  const query = '{ flights { id ... @defer { pilot } } }';
  const answers = await Array.fromAsync(gateway.follow(query, new AbortController().signal, { subject: westerner }));
  assert.deepEqual(answers, [
    {
      data: {
        flights: [
          { id: '1', pilot: 'ann@example.com' },
          { id: '3', pilot: 'cyd@example.com' },
        ],
      },
    },
  ]);
});
