/** The replay keeps no state: its windows must follow from the ticks alone, and its events from the flights. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { windowsOf } from '../../subgraphs/flights/model/window.ts';
import { eventsOf } from '../../subgraphs/flights/processes/replay.ts';

describe('windowsOf()', () => {
  test('covers every flight of every lap exactly once over consecutive ticks', () => {
    const ticks = fc.record({
      start: fc.integer({ min: 1, max: 2 ** 41 }),
      steps: fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 50 }),
      flightsPerSecond: fc.oneof(fc.constant(0.3), fc.integer({ min: 1, max: 40 })),
      flights: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(ticks, ({ start, steps, flightsPerSecond, flights }) => {
        const pace = { flightsPerSecond, flights, flightsPerTickMax: Infinity };
        const seen: number[] = [];
        let previousDueAt = start;
        for (const step of steps) {
          const dueAt = previousDueAt + step;
          for (const { lap, from, to } of windowsOf({ dueAt, previousDueAt }, pace)) {
            assert.ok(from >= 0 && from < to && to <= flights);
            for (let row = from; row < to; row++) seen.push(lap * flights + row);
          }
          previousDueAt = dueAt;
        }
        const first = Math.floor((start / 1000) * flightsPerSecond);
        const last = Math.floor((previousDueAt / 1000) * flightsPerSecond);
        assert.deepEqual(
          seen,
          Array.from({ length: last - first }, (_, index) => first + index),
        );
      }),
    );
  });

  test('begins the lake anew after its last flight', () => {
    const pace = { flightsPerSecond: 4, flights: 10, flightsPerTickMax: 100 };
    assert.deepEqual(windowsOf({ previousDueAt: 2_000, dueAt: 3_000 }, pace), [
      { lap: 0, from: 8, to: 10 },
      { lap: 1, from: 0, to: 2 },
    ]);
  });

  test('keeps to the last flights of a tick that is due for too many', () => {
    const pace = { flightsPerSecond: 1, flights: 1_000, flightsPerTickMax: 5 };
    assert.deepEqual(windowsOf({ previousDueAt: 0, dueAt: 500_000 }, pace), [{ lap: 0, from: 495, to: 500 }]);
  });

  test('is empty at speed 0, at a speed that is no number, and for an empty lake', () => {
    const tick = { previousDueAt: 1_000, dueAt: 2_000 };
    const pace = { flightsPerSecond: 12, flights: 10, flightsPerTickMax: 5 };
    assert.deepEqual(windowsOf(tick, { ...pace, flightsPerSecond: 0 }), []);
    assert.deepEqual(windowsOf(tick, { ...pace, flightsPerSecond: NaN }), []);
    assert.deepEqual(windowsOf(tick, { ...pace, flights: 0 }), []);
  });
});

describe('eventsOf()', () => {
  const flight = {
    id: '17',
    departedAt: '2001-01-01T00:07:00',
    delay: 15,
    distance: 1745,
    origin: { iata: 'LAX' },
    destination: { iata: 'ORD' },
  };

  test('reports a flight on time as departed, from the flight to its origin', () => {
    const replayedAt = '2026-01-31T12:00:00.000Z';
    assert.deepEqual(eventsOf({ flight, lap: 3 }, replayedAt), [
      {
        label: 'flight.departed',
        source: 'flight:17',
        target: 'airport:LAX',
        key: 'flight.departed:3:17',
        payload: { flight, replayedAt },
      },
    ]);
  });

  test('reports one that is late by more than 15 minutes as delayed too, to its destination', () => {
    const events = eventsOf({ flight: { ...flight, delay: 16 }, lap: 3 }, '2026-01-31T12:00:00.000Z');
    assert.deepEqual(
      events.map(({ label, target, key }) => ({ label, target, key })),
      [
        { label: 'flight.departed', target: 'airport:LAX', key: 'flight.departed:3:17' },
        { label: 'flight.delayed', target: 'airport:ORD', key: 'flight.delayed:3:17' },
      ],
    );
  });
});
