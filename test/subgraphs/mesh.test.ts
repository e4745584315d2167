/** The example mesh as its clients see it: real data through gateway, workers, log and lineage, held against the files. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../mesh/core/json.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import travellersDomain from '../../subgraphs/travellers/domain.ts';
import { ask as askLake } from './lake.ts';
import { openTestMesh } from './mesh.ts';
import type { TestMesh } from './mesh.ts';

let mesh: TestMesh;

before(async () => {
  mesh = await openTestMesh();
});
after(() => mesh[Symbol.asyncDispose]());

/** Answers without errors; the shape is the query's. */
async function ask<Data = Record<string, never>>(query: string, subject: Subject = anonymous): Promise<Data> {
  const { data, errors } = await mesh.ask(query, { subject });
  assert.deepEqual(errors ?? [], []);
  return data as Data;
}

function example(name: string): string {
  return readFileSync(new URL(`../../subgraphs/examples/${name}`, import.meta.url), 'utf8');
}

/** One of the people whom the travellers domain declares for trying. */
function mockUser(id: string): Subject {
  const user = travellersDomain.mockUsers?.find((candidate) => candidate.id === id);
  assert.ok(user, id);
  return { ...anonymous, ...user };
}

describe('airports', () => {
  test('are listed once each, page by page', async () => {
    type Page = { airports: { iata: string }[] };
    const seen: string[] = [];
    for (;;) {
      const { airports } = await ask<Page>(`{ airports(first: 1500, after: "${seen.at(-1) ?? ''}") { iata } }`);
      if (airports.length === 0) break;
      seen.push(...airports.map(({ iata }) => iata));
    }
    const known = await askLake<{ iata: string }>('select iata from airports order by iata');
    assert.deepEqual(
      seen,
      known.map(({ iata }) => iata),
    );
  });

  test('are found by state, by words and by code', async () => {
    const data = await ask(
      `{ airports(state: "DC") { iata } none: airports(first: 0) { iata }
         words: searchAirports(text: " chicago INT") { iata } code: searchAirports(text: "den", first: 1) { iata }
         empty: searchAirports(text: "") { iata } airport(iata: "CLD") { state city location { latitude } } }`,
    );
    assert.deepEqual(data, {
      airports: [{ iata: '09W' }],
      none: [],
      words: [{ iata: 'ORD' }],
      code: [{ iata: 'DEN' }],
      empty: [],
      airport: { state: null, city: null, location: { latitude: 33.127231 } },
    });
  });
});

describe('flights', () => {
  test('are found by the number of their row, and no others', async () => {
    const data = await ask(
      '{ flight(id: "2000000") { id departedAt delay distance origin { name } } no: flight(id: "x") { id } }',
    );
    assert.deepEqual(data, {
      flight: {
        id: '2000000',
        departedAt: '2001-05-02T09:00:00',
        delay: -9,
        distance: 2419,
        origin: { name: 'Washington Dulles International' },
      },
      no: null,
    });
  });

  test('of many airports are paged in order of departure', async () => {
    type Ends = { departures: { id: string }[]; arrivals: { id: string }[] };
    const { airport } = await ask<{ airport: Ends }>(
      '{ airport(iata: "ORD") { departures(first: 4) { id } arrivals(first: 4) { id } } }',
    );
    const next = await ask<{ airport: Ends }>(
      `{ airport(iata: "ORD") { departures(first: 2, after: "${airport.departures[1]?.id}") { id } } }`,
    );
    assert.deepEqual(next.airport.departures, airport.departures.slice(2));
    const known = await askLake<{ id: string }>(
      "select file_row_number::varchar as id from flights where destination = 'ORD' order by file_row_number limit 4",
    );
    assert.deepEqual(airport.arrivals, known);
    const { airports } = await ask<{ airports: Ends[] }>(
      '{ airports(state: "HI") { departures(first: 1) { origin { state } } } }',
    );
    assert.ok(airports.some(({ departures }) => departures.length === 1));
    assert.ok(airports.every(({ departures }) => departures.length <= 1));
  });

  test('give the delays that the lake holds', async () => {
    type Delays = { delays: { airport: { iata: string }; departures: number; meanDelay: number }[] };
    const { delays } = await ask<Delays>('{ delays(first: 3) { airport { iata } departures meanDelay } }');
    const known = await askLake<{ iata: string; departures: number; minutes: number }>(
      `select origin as iata, count(*)::int as departures, sum(delay)::int as minutes from flights
       group by origin having count(*) >= 1000 order by sum(delay) / count(*) desc limit 3`,
    );
    assert.deepEqual(
      delays,
      known.map(({ iata, departures, minutes }) => ({
        airport: { iata },
        departures,
        meanDelay: minutes / departures,
      })),
    );
  });
});

describe('safety', () => {
  test('keeps and counts the incidents whose airport was not found', async () => {
    const data = await ask<{ matchSummary: JsonObject; incidents: { airportName: string; airport: null }[] }>(
      `{ matchSummary { total matched unmatched }
         incidents(first: 1000, matched: false) { airportName airport { iata } matchScore } }`,
    );
    assert.deepEqual(data.matchSummary, { total: 10_000, matched: 9_565, unmatched: 435 });
    assert.equal(data.incidents.length, 435);
    assert.deepEqual(
      [...new Set(data.incidents.map((incident) => JSON.stringify(incident)))],
      ['{"airportName":"BARKSDALE AIR FORCE BASE ARPT","airport":null,"matchScore":null}'],
    );
  });

  test('gives an airport its incidents, newest first, and none to one that is not named', async () => {
    type Incidents = { airport: { incidents: { id: string; date: string; airport: { city: string } }[] } };
    const { airport } = await ask<Incidents>(
      '{ airport(iata: "ORD") { incidents(first: 50) { id date airport { city } } } }',
    );
    const dates = airport.incidents.map(({ date }) => date);
    assert.equal(dates.length, 50);
    assert.deepEqual(dates, dates.toSorted().toReversed());
    assert.ok(airport.incidents.every((incident) => incident.airport.city === 'Chicago'));
    assert.deepEqual(await ask('{ airport(iata: "00M") { incidents { id } } }'), { airport: { incidents: [] } });
  });

  test('has the same incident alone as in the list', async () => {
    type Both = { incidents: JsonObject[]; incident: JsonObject; none: null };
    const fields = '{ id airportName state date species costTotal matchScore airport { iata } }';
    const data = await ask<Both>(
      `{ incidents(first: 1, after: "16", matched: true) ${fields} incident(id: "17") ${fields} none: incident(id: "10000") { id } }`,
    );
    assert.deepEqual(data.incidents, [data.incident]);
    assert.equal(data.none, null);
  });
});

describe('riskByAirport', () => {
  test('ranks the airports of the mesh by incidents and departures', async () => {
    type Risks = { riskByAirport: { airport: { name: string; state: string }; score: number; departures: number }[] };
    const { riskByAirport } = await ask<Risks>(
      '{ riskByAirport(state: "CA", minDepartures: 10000) { airport { name state } score departures } }',
    );
    const scores = riskByAirport.map(({ score }) => score);
    assert.equal(riskByAirport[0]?.airport.name, 'Sacramento International');
    assert.ok(riskByAirport.every(({ airport, departures }) => airport.state === 'CA' && departures >= 10_000));
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
  });

  test('has airports, flights and incidents as sources in its lineage, declared and observed', async () => {
    await ask('{ riskByAirport(first: 1) { score } }');
    await mesh.settle('riskByAirport');
    type Walk = { lineage: { nodes: { id: string }[]; edges: { from: string; to: string; kind: string }[] } };
    const { lineage } = await ask<Walk>(example('3-lineage.graphql'));
    const ids = lineage.nodes.map(({ id }) => id);
    for (const id of [
      'product:airports/Airport',
      'product:flights/delays',
      'product:safety/Incident',
      'dataset:npm:vega-datasets/data/airports.csv',
      'dataset:npm:vega-datasets/data/flights-3m.parquet',
      'dataset:npm:vega-datasets/data/birdstrikes.csv',
    ]) {
      assert.ok(ids.includes(id), id);
    }
    const into = (target: string) =>
      lineage.edges.filter(({ to }) => to === target).map(({ from, kind }) => `${from} ${kind}`);
    assert.ok(into('product:safety/riskByAirport').includes('product:airports/Airport DECLARED'));
    assert.ok(into('process:safety/riskByAirport').includes('product:flights/delays OBSERVED'));
  });
});

describe('travellers', () => {
  test('show what is personal to those who may read it', async () => {
    const query = '{ traveller(id: "T0001") { name email passport birthDate } }';
    const { data, errors } = await mesh.ask(query, { subject: mockUser('ana') });
    assert.deepEqual(data, { traveller: { name: 'Elif Dube', email: null, passport: null, birthDate: null } });
    assert.deepEqual(
      errors?.map((error) => error.extensions.code),
      Array.from({ length: 3 }, () => 'UNAUTHORIZED_FIELD_OR_TYPE'),
    );
    const { traveller } = await ask<{ traveller: { email: string } }>(query, mockUser('piet'));
    assert.equal(traveller.email, 'elif.dube.1@example.com');
  });

  test('show bookings to those who are signed in, and drinks to adults', async () => {
    type Booked = { bookings: { id: string; drink: string | null; flight: { origin: { name: string } } }[] | null };
    const query = '{ bookings(first: 3, after: "B0001") { id drink flight { origin { name } } traveller { name } } }';
    assert.equal((await mesh.ask(query)).data?.['bookings'], null);
    const { bookings } = await ask<Booked>(query, mockUser('ana'));
    assert.deepEqual(
      bookings?.map(({ id }) => id),
      ['B0002', 'B0003', 'B0004'],
    );
    assert.ok(bookings?.every(({ drink, flight }) => drink && flight.origin.name));
    const young = (await mesh.ask(query, { subject: mockUser('kim') })).data as Booked;
    assert.ok(young.bookings?.every(({ drink }) => drink === null));
  });

  test('are found from their flights', async () => {
    type Booked = {
      bookings: [{ id: string; flight: { bookings: { id: string }[] }; traveller: { bookings: { id: string }[] } }];
    };
    const { bookings } = await ask<Booked>(
      '{ bookings(first: 1) { id flight { bookings { id } } traveller { bookings { id } } } }',
      mockUser('ana'),
    );
    const [{ id, flight, traveller }] = bookings;
    assert.ok(flight.bookings.some((booking) => booking.id === id));
    assert.ok(traveller.bookings.some((booking) => booking.id === id));
  });
});

describe('discovery', () => {
  test('finds products by words and by domain, each with its lineage', async () => {
    await mesh.settle();
    const data = await ask<{ products: JsonObject[]; none: []; ofFlights: { id: string }[] }>(
      `{ products(text: "wildlife risk") { id coordinate owner freshness lineage(depth: 0) { nodes { id kind } truncated } }
         none: products(first: 0) { id } ofFlights: products(domain: "flights") { id } }`,
    );
    assert.deepEqual(data.products, [
      {
        id: 'product:safety/riskByAirport',
        coordinate: 'Query.riskByAirport',
        owner: 'Safety Office',
        freshness: 'P1D',
        lineage: { nodes: [{ id: 'product:safety/riskByAirport', kind: 'PRODUCT' }], truncated: true },
      },
    ]);
    assert.deepEqual(data.none, []);
    assert.deepEqual(data.ofFlights.map(({ id }) => id).toSorted(), [
      'product:flights/Flight',
      'product:flights/delays',
      'product:flights/flightDelayed',
      'product:flights/flightDeparted',
    ]);
  });

  test('tells of no field, type or product that its subject is denied', async () => {
    await mesh.settle();
    const query = `{ products(text: "birthDate") { id } traveller: product(id: "product:travellers/Traveller") { fields }
      booking: product(id: "product:travellers/Booking") { id } lineage(of: "product:travellers/Booking") { truncated }
      type: __type(name: "Traveller") { fields { name } } hidden: __type(name: "Booking") { name } }`;
    const anonymously = await mesh.ask(query);
    assert.deepEqual(anonymously.errors ?? [], []);
    assert.doesNotMatch(JSON.stringify(anonymously), /birthDate|passport|email/);
    const { products, booking, lineage, hidden, traveller } = anonymously.data ?? {};
    assert.deepEqual([products, booking, lineage, hidden], [[], null, null, null]);
    assert.match(JSON.stringify(traveller), /name: String!/);
    const piet = await mesh.ask(query, { subject: mockUser('piet') });
    assert.deepEqual(piet.data?.['products'], [{ id: 'product:travellers/Traveller' }]);
    assert.match(JSON.stringify(piet.data), /birthDate: Date/);
    assert.match(JSON.stringify(piet.data), /"hidden":\{"name":"Booking"\}/);
  });

  test('shows one product, and nothing for what is none', async () => {
    await mesh.settle();
    const data = await ask(
      `{ product(id: "product:flights/delays") { name domain process fields }
         no: product(id: "process:flights/delays") { id } nowhere: lineage(of: "product:no/such") { truncated } }`,
    );
    assert.deepEqual(data, {
      product: {
        name: 'delays',
        domain: 'flights',
        process: 'delays',
        fields: [
          'airport: Airport!',
          'departures: Int!',
          'meanDelay: Float!',
          'lateShare: Float!',
          'arrivals: Int!',
          'meanArrivalDelay: Float',
        ],
      },
      no: null,
      nowhere: null,
    });
  });

  test('keeps executions and events from those who are not signed in', async () => {
    const { data, errors } = await mesh.ask(
      '{ executions { id } execution(id: "x") { id } events { id } identity(id: "airport:ORD") { id } }',
    );
    assert.deepEqual(data, { executions: null, execution: null, events: null, identity: null });
    assert.equal(errors?.length, 4);
  });

  test('shows an execution step by step, with what it read', async () => {
    await ask('{ delays(first: 1) { departures } }');
    await mesh.settle('delays');
    type Runs = {
      executions: { id: string; status: string; timeline: { logic: string; ran: string }[]; inputs: string[] }[];
    };
    const { executions } = await ask<Runs>(
      '{ executions(process: "delays", first: 1) { id status timeline { logic ran } inputs outputs trigger } }',
      mockUser('ana'),
    );
    const [run] = executions;
    assert.equal(run?.status, 'COMPLETE');
    assert.deepEqual(
      run?.timeline,
      ['load', 'join', 'summarise', 'aggregate'].map((logic) => ({ logic, ran: 'run' })),
    );
    assert.deepEqual(run?.inputs, ['dataset:npm:vega-datasets/data/flights-3m.parquet']);
    assert.deepEqual(await ask(`{ execution(id: "${run?.id}") { id } }`, mockUser('ana')), {
      execution: { id: run?.id },
    });
  });
});

describe('the replay', () => {
  test('reports late flights live, with what other domains know of them, and leaves them in the log', async () => {
    type Late = { flightDelayed: { flight: { id: string; delay: number; origin: { name: string } } } };
    const listening = new AbortController();
    const answers = mesh.follow(example('2-live-events.graphql'), listening.signal);
    mesh.start();
    const ids: string[] = [];
    for await (const { data, errors } of answers) {
      assert.deepEqual(errors ?? [], []);
      const { flight } = (data as Late).flightDelayed;
      assert.ok(flight.delay >= 30 && flight.origin.name);
      if (ids.push(flight.id) === 3) break;
    }
    listening.abort();
    await mesh.settle();
    type Traces = {
      identity: { events: { label: string; source: string }[] };
      events: { payload: { flight: { id: string } } }[];
    };
    const source = `flight:${ids[0]}`;
    const { identity, events } = await ask<Traces>(
      `{ identity(id: "${source}") { events { label source } }
         events(label: "flight.delayed", source: "${source}") { payload } }`,
      mockUser('ana'),
    );
    assert.deepEqual(identity.events, [
      { label: 'flight.delayed', source },
      { label: 'flight.departed', source },
    ]);
    assert.deepEqual(
      events.map(({ payload }) => payload.flight.id),
      [ids[0]],
    );
  });
});
