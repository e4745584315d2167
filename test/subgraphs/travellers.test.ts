/** Synthetic people: the same from the same seed, well-formed, and tied to real flights and airports. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bookingsOf } from '../../subgraphs/travellers/model/bookings.ts';
import { createDraw } from '../../subgraphs/travellers/model/draw.ts';
import { bookingOf, complaintOf, counts, numberOf, travellerOf } from '../../subgraphs/travellers/model/people.ts';
import { ask } from './lake.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const travellers = numbers(counts.T).map((number) => travellerOf(2001, number));
const bookings = numbers(counts.B).map((number) => bookingOf(2001, number));

describe('createDraw()', () => {
  test('gives the same numbers for the same key, and others for another', () => {
    const take = (key: string) => {
      const draw = createDraw(key);
      return numbers(20).map(() => draw(1_000));
    };
    assert.deepEqual(take('a'), take('a'));
    assert.notDeepEqual(take('a'), take('b'));
  });

  test('spreads over the whole range', () => {
    const draw = createDraw('spread');
    const hits = Array.from({ length: 10 }, () => 0);
    for (let count = 0; count < 10_000; count++) {
      const hit = draw(10);
      hits[hit] = (hits[hit] ?? 0) + 1;
    }
    assert.ok(Math.min(...hits) > 700 && Math.max(...hits) < 1_300, hits.join(' '));
  });
});

describe('travellers', () => {
  test('follow from the seed and their number alone', () => {
    assert.deepEqual(travellerOf(2001, 17), travellers[16]);
    assert.notDeepEqual(travellerOf(2002, 17), travellers[16]);
  });

  test('have ids, addresses and dates that are well-formed, and ids that differ', () => {
    assert.equal(new Set(travellers.map(({ id }) => id)).size, counts.T);
    for (const { id, email, birthDate, passport, card, memberSince } of travellers) {
      assert.match(id, /^T\d{4}$/);
      assert.match(email, /^[a-z]+\.[a-z]+\.\d+@example\.com$/);
      assert.match(passport, /^X\d{8}$/);
      assert.match(card, /^9000\d{12}$/);
      assert.ok(birthDate < memberSince && memberSince < '2001');
      assert.equal(new Date(memberSince).toISOString().slice(0, 10), memberSince);
      assert.equal(new Date(birthDate).toISOString().slice(0, 10), birthDate);
    }
  });

  test('need help some of the time', () => {
    const helped = travellers.filter(({ assistance }) => assistance !== null).length;
    assert.ok(helped > 150 && helped < 350, String(helped));
  });

  test('live near airports that exist', async () => {
    const homes = new Set(travellers.map(({ homeAirport }) => homeAirport.iata));
    const known = new Set((await ask<{ iata: string }>('select iata from airports')).map(({ iata }) => iata));
    assert.deepEqual(
      [...homes].filter((iata) => !known.has(iata)),
      [],
    );
  });
});

describe('bookings', () => {
  test('are of travellers and flights that exist, made before the flight', async () => {
    const [lake] = await ask<{ flights: number; start: string }>(
      "select count(*)::int as flights, strftime(min(date), '%Y-%m-%d') as start from flights",
    );
    assert.ok(lake);
    for (const { traveller, flight, bookedAt, fare } of bookings) {
      assert.notEqual(numberOf('T', traveller.id), 0);
      assert.ok(Number(flight.id) < lake.flights);
      assert.ok(bookedAt < lake.start);
      assert.equal(new Date(bookedAt).toISOString(), bookedAt);
      assert.ok(fare >= 49 && fare < 799);
    }
  });

  test('are found by traveller and by flight', () => {
    const { all, byTraveller, byFlight } = bookingsOf(2001);
    assert.deepEqual(all, bookings);
    for (const [traveller, list] of byTraveller) {
      assert.deepEqual(
        list,
        bookings.filter((booking) => booking.traveller.id === traveller),
      );
    }
    for (const booking of bookings) {
      assert.ok(
        byFlight.get(booking.flight.id)?.some(({ id }) => id === booking.id),
        booking.id,
      );
    }
  });
});

describe('complaints', () => {
  test('are of travellers who exist, about something, made on a day of the half year of the flights', () => {
    for (const number of numbers(counts.C)) {
      const { id, traveller, about, filedOn } = complaintOf(2001, number);
      assert.equal(numberOf('C', id), number);
      assert.notEqual(numberOf('T', traveller.id), 0);
      assert.notEqual(about, '');
      assert.ok(filedOn > '2001-01' && filedOn < '2001-07');
      assert.equal(new Date(filedOn).toISOString().slice(0, 10), filedOn);
    }
  });
});

describe('numberOf()', () => {
  test('reads ids of its letter that exist, and gives 0 for all else', () => {
    assert.equal(numberOf('T', 'T0017'), 17);
    assert.equal(numberOf('B', 'B5000'), 5_000);
    for (const id of ['', 'T17', 'T0000', 'T2001', 'B0001', 'T00017', 'T-001']) assert.equal(numberOf('T', id), 0, id);
  });
});
