/** The pure steps of the products: sums into means, sites into airports, incidents into risk. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinTotals, summarise } from '../../subgraphs/flights/processes/delays.ts';
import { assess } from '../../subgraphs/safety/processes/risk.ts';
import { sumByAirport } from '../../subgraphs/safety/processes/totals.ts';

describe('delays', () => {
  const departures = { iata: 'ORD', flights: 4, minutes: 60, late: 1 };

  test('put departures beside arrivals, and turn sums into means and shares', () => {
    const [turnover] = joinTotals(
      [departures],
      [
        { iata: 'DEN', flights: 1, minutes: 9, late: 0 },
        { iata: 'ORD', flights: 2, minutes: -5, late: 0 },
      ],
    );
    assert.deepEqual(turnover && summarise(turnover), {
      airport: { iata: 'ORD' },
      departures: 4,
      meanDelay: 15,
      lateShare: 0.25,
      arrivals: 2,
      meanArrivalDelay: -2.5,
    });
  });

  test('keep an airport where nothing arrives', () => {
    const [turnover] = joinTotals([departures], []);
    const summary = turnover && summarise(turnover);
    assert.equal(summary?.arrivals, 0);
    assert.equal(summary?.meanArrivalDelay, null);
  });
});

describe('incidentsByAirport', () => {
  test('adds up sites that are one airport and leaves out those that are none', () => {
    const site = (airportName: string) => ({ airportName, state: 'Texas', incidents: 2, damaging: 1, costTotal: 10 });
    const matches = new Map(['DFW|Texas', 'DALLAS|Texas'].map((key) => [key, { iata: 'DFW', score: 1 }]));
    assert.deepEqual(sumByAirport([site('DFW'), site('NOWHERE'), site('DALLAS')], matches), [
      { airport: { iata: 'DFW' }, incidents: 4, damaging: 2, costTotal: 20 },
    ]);
  });
});

describe('riskByAirport', () => {
  test('sets incidents against departures, and counts damage three times', () => {
    const traffic = (iata: string, departures: number) => ({ airport: { iata, state: null }, departures });
    const sources = {
      delays: [traffic('ORD', 20_000), traffic('DEN', 5_000)],
      incidentsByAirport: [
        { airport: { iata: 'ORD' }, incidents: 10, damaging: 5 },
        { airport: { iata: 'TEB' }, incidents: 3, damaging: 0 },
      ],
    };
    assert.deepEqual(assess(sources), [
      {
        airport: { iata: 'ORD' },
        incidents: 10,
        departures: 20_000,
        incidentsPer10kDepartures: 5,
        damageShare: 0.5,
        score: 10,
      },
    ]);
  });
});
