/** Matching the airports that incident reports name: the parts, then all ten thousand real reports. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createMatcher } from '../../subgraphs/safety/model/match.ts';
import type { Candidate, Match } from '../../subgraphs/safety/model/match.ts';
import { wordsOf } from '../../subgraphs/safety/model/names.ts';
import { codesOf } from '../../subgraphs/safety/model/states.ts';
import { summarise } from '../../subgraphs/safety/processes/matching.ts';
import { sumByAirport } from '../../subgraphs/safety/processes/totals.ts';
import { ask } from './lake.ts';

describe('wordsOf()', () => {
  test('writes abbreviations out and leaves fillers and doubles out', () => {
    assert.deepEqual(wordsOf('DENVER INTL AIRPORT'), ['denver', 'international']);
    assert.deepEqual(wordsOf("Denver Int'l Arpt"), ['denver', 'international']);
    assert.deepEqual(wordsOf('DETROIT METRO WAYNE CNTY'), ['detroit', 'metropolitan', 'wayne', 'county']);
    assert.deepEqual(wordsOf('St Paul / Saint Paul Muni Fld'), ['st', 'paul', 'municipal', 'field']);
    assert.deepEqual(wordsOf('BARKSDALE AIR FORCE BASE ARPT'), wordsOf('Barksdale AFB'));
  });

  test('finds no words where there are none', () => {
    assert.deepEqual(wordsOf(' - / '), []);
  });
});

describe('codesOf()', () => {
  test('knows states by name, and the capital with its neighbours', () => {
    assert.deepEqual(codesOf('North Carolina'), ['NC']);
    assert.deepEqual(codesOf('DC'), ['DC', 'VA', 'MD']);
    assert.deepEqual(codesOf('Atlantis'), []);
  });
});

describe('createMatcher()', () => {
  const airport = (iata: string, name: string, city: string): Candidate => ({
    iata,
    state: 'TX',
    nameWords: wordsOf(name),
    cityWords: wordsOf(city),
  });
  const match = createMatcher([
    airport('HOU', 'William P Hobby', 'Houston'),
    airport('IAH', 'George Bush Intercontinental', 'Houston'),
    airport('HBR', 'Hobby Ranch', 'Elsewhere'),
    airport('AAA', 'Twin', 'Here'),
    airport('AAB', 'Twin', 'There'),
  ]);
  const find = (name: string, states = ['TX']) => match({ words: wordsOf(name), states });

  test('scores 1 when all words agree', () => {
    assert.deepEqual(find('GEORGE BUSH INTERCONTINENTAL ARPT'), { iata: 'IAH', score: 1 });
  });

  test('lets the city speak for an airport that its name leaves out', () => {
    assert.equal(find('HOUSTON-HOBBY')?.iata, 'HOU');
  });

  test('gives ties to the first code', () => {
    assert.equal(find('TWIN')?.iata, 'AAA');
  });

  test('finds nothing where little agrees, in another state, and for no words', () => {
    assert.equal(find('BUSH LEAGUE BASEBALL FIELD'), null);
    assert.equal(find('TWIN', ['LA']), null);
    assert.equal(find(''), null);
  });
});

describe('the reports', () => {
  type Site = { airportName: string; state: string; incidents: number; damaging: number; costTotal: number };
  const matches = new Map<string, Match>();
  let sites: Site[] = [];

  before(async () => {
    sites = await ask<Site>(
      `select "Airport Name" as "airportName", "Origin State" as state, count(*)::int as incidents,
              0 as damaging, 0 as "costTotal" from birdstrikes group by all`,
    );
    const airports = await ask<{ iata: string; name: string; city: string; state: string }>('from airports');
    const match = createMatcher(
      airports.map(({ iata, name, city, state }) => ({
        iata,
        state,
        nameWords: wordsOf(name),
        cityWords: wordsOf(city),
      })),
    );
    for (const { airportName, state } of sites) {
      const found = match({ words: wordsOf(airportName), states: codesOf(state) });
      if (found) matches.set(`${airportName}|${state}`, found);
    }
  });

  test('name airports that a person finds under the same codes', () => {
    const expected = {
      "CHICAGO O'HARE INTL ARPT|Illinois": 'ORD',
      'ATLANTA INTL|Georgia': 'ATL',
      'GREATER PITTSBURGH|Pennsylvania': 'PIT',
      'LOGAN INTL|Massachusetts': 'BOS',
      'RONALD REAGAN WASHINGTON NATL|DC': 'DCA',
      'WASHINGTON DULLES INTL ARPT|DC': 'IAD',
      'PORTLAND INTL (OR)|Oregon': 'PDX',
      'LAGUARDIA NY|New York': 'LGA',
      'CINCINNATI/NORTHERN KENTUCKY INTL ARPT|Kentucky': 'CVG',
      'METRO OAKLAND INTL|California': 'OAK',
    };
    for (const [site, iata] of Object.entries(expected)) assert.equal(matches.get(site)?.iata, iata, site);
  });

  test('match but for one air base that the airports domain does not list', () => {
    const unmatched = sites.filter(({ airportName, state }) => !matches.has(`${airportName}|${state}`));
    assert.deepEqual(
      unmatched.map((site) => site.airportName),
      ['BARKSDALE AIR FORCE BASE ARPT'],
    );
  });

  test('are all counted, matched or not', () => {
    const { total, matched, unmatched, meanScore } = summarise(sites, matches);
    assert.deepEqual({ total, matched, unmatched }, { total: 10_000, matched: 9_565, unmatched: 435 });
    assert.ok(meanScore > 0.9 && meanScore <= 1, String(meanScore));
    const totals = sumByAirport(sites, matches);
    assert.equal(
      totals.reduce((sum, { incidents }) => sum + incidents, 0),
      matched,
    );
  });
});
