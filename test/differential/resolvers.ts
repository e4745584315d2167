/**
 * What every field of the example domains says, by coordinate: plain functions over data in memory, written from the
 * schemas' descriptions. Of the domains' own code only what defines data is used: how names are matched, who the made-up
 * travellers are.
 */
import { createMatcher, type Match } from '../../subgraphs/safety/model/match.ts';
import { wordsOf } from '../../subgraphs/safety/model/names.ts';
import { codesOf } from '../../subgraphs/safety/model/states.ts';
import { bookingOf, complaintOf, counts, travellerOf } from '../../subgraphs/travellers/model/people.ts';
import travellersDomain from '../../subgraphs/travellers/domain.ts';
import type { Airport, Data, Report } from './data.ts';

/** Gives a field's value from its parent and its arguments; each knows which. */
export type Resolvers = Readonly<Record<string, (parent: never, args: never) => unknown>>;

interface Page {
  readonly first: number | null;
  readonly after?: string | null;
}

/** What domains know of each other's objects. */
type AirportReference = Pick<Airport, 'iata'>;
interface Reference {
  readonly id: string;
}

/** All fields that are more than a property of their parent. */
export function createResolvers(data: Data): Resolvers {
  const incidents = locateReports(data);
  const figures: Figures = { delays: delaysOf(data.flights), totals: totalsOf(incidents) };
  return {
    ...airportResolvers(data),
    ...flightResolvers(data, figures),
    ...safetyResolvers(incidents, figures),
    ...riskResolvers(data, figures),
    ...travellerResolvers(),
  };
}

/** Every airport's, in the order in which they are listed. */
interface Figures {
  readonly delays: ReturnType<typeof delaysOf>;
  readonly totals: ReturnType<typeof totalsOf>;
}

function airportResolvers({ airports }: Data): Resolvers {
  const byCode = new Map(airports.map((airport) => [airport.iata, airport]));
  /** Who has found an airport in the directory has all of it; others have its code. */
  const own = (field: keyof Airport) => (airport: AirportReference & Partial<Airport>) =>
    field in airport ? airport[field] : byCode.get(airport.iata)?.[field];
  return {
    'Query.airport': (_: unknown, { iata }: AirportReference) => byCode.get(iata),
    'Query.airports': (_: unknown, { state, first, after }: Page & { state?: string | null }) =>
      airports
        .filter((airport) => (state == null || airport.state === state) && airport.iata > (after ?? ''))
        .slice(0, size(first, 5_000)),
    'Query.searchAirports': (_: unknown, { text, first }: Page & { text: string }) => {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      const rank = ({ iata }: Airport) => (iata.toLowerCase() === words.join(' ') ? 0 : 1);
      return airports
        .filter(({ iata, name, city }) => {
          const hay = `${iata} ${name} ${city ?? ''}`.toLowerCase();
          return words.length > 0 && words.every((word) => hay.includes(word));
        })
        .toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.iata, b.iata))
        .slice(0, size(first, 100));
    },
    'Airport.name': own('name'),
    'Airport.city': own('city'),
    'Airport.state': own('state'),
    'Airport.country': own('country'),
    'Airport.location': own('location'),
  };
}

function flightResolvers({ flights }: Data, { delays }: Figures): Resolvers {
  const { codes, departed, delay, distance, origin, destination } = flights;
  const airportAt = (column: Uint16Array, row: number) => ({ iata: codes[column[row] ?? -1] ?? '' });
  const flightAt = (row: number) =>
    row < 0 || row >= departed.length
      ? null
      : {
          id: String(row),
          departedAt: new Date((departed[row] ?? 0) * 1000).toISOString().slice(0, 19),
          delay: delay[row],
          distance: distance[row],
          origin: airportAt(origin, row),
          destination: airportAt(destination, row),
        };
  const page = (rows: readonly number[] | undefined, { first, after }: Page) => {
    const start = rows?.findIndex((row) => row > rowOf(after ?? '')) ?? -1;
    return start < 0 ? [] : rows?.slice(start, start + size(first, 100)).map(flightAt);
  };
  return {
    'Query.flight': (_: unknown, { id }: Reference) => flightAt(rowOf(id)),
    // Everybody's reference to a flight becomes the flight.
    'Booking.flight': ({ flight }: { flight: Reference }) => flightAt(rowOf(flight.id)),
    'Query.delays': (_: unknown, { first, minFlights }: Page & { minFlights: number | null }) =>
      delays.filter(({ departures }) => departures >= (minFlights ?? 0)).slice(0, size(first, 500)),
    'Airport.departures': ({ iata }: AirportReference, args: Page) => page(flights.departures.get(iata), args),
    'Airport.arrivals': ({ iata }: AirportReference, args: Page) => page(flights.arrivals.get(iata), args),
  };
}

function delaysOf({ departures, arrivals, delay }: Data['flights']) {
  const minutes = (rows: readonly number[]) => rows.reduce((sum, row) => sum + (delay[row] ?? 0), 0);
  return [...departures]
    .filter(([, rows]) => rows.length > 0)
    .map(([iata, rows]) => {
      const arrived = arrivals.get(iata) ?? [];
      return {
        airport: { iata },
        departures: rows.length,
        meanDelay: minutes(rows) / rows.length,
        lateShare: rows.filter((row) => (delay[row] ?? 0) > 15).length / rows.length,
        arrivals: arrived.length,
        meanArrivalDelay: arrived.length === 0 ? null : minutes(arrived) / arrived.length,
      };
    })
    .toSorted((a, b) => b.meanDelay - a.meanDelay || compare(a.airport.iata, b.airport.iata));
}

function safetyResolvers(incidents: readonly Incident[], { totals }: Figures): Resolvers {
  const newestFirst = incidents.toSorted((a, b) => compare(b.date, a.date) || Number(a.id) - Number(b.id));
  const byAirport = Map.groupBy(newestFirst, ({ airport }) => airport?.iata);
  const matchSummary = summaryOf(incidents);
  return {
    'Query.incident': (_: unknown, { id }: Reference) => incidents[rowOf(id)],
    'Query.incidents': (_: unknown, { first, after, matched }: Page & { matched?: boolean | null }) =>
      incidents
        .slice(rowOf(after ?? '') + 1)
        .filter(({ airport }) => matched == null || (airport !== null) === matched)
        .slice(0, size(first, 1_000)),
    'Query.matchSummary': () => matchSummary,
    'Query.incidentsByAirport': (_: unknown, { first }: Page) => totals.slice(0, size(first, 500)),
    'Airport.incidents': ({ iata }: AirportReference, { first }: Page) =>
      (byAirport.get(iata) ?? []).slice(0, size(first, 100)),
  };
}

function locateReports({ airports, reports }: Data): readonly Incident[] {
  const find = matcherFor(airports);
  return reports.map((report, row) => incidentOf(report, row, find(report)));
}

/** Finds the airport of a report, once for each name and state that reports give. */
function matcherFor(airports: readonly Airport[]): (report: Report) => Match | null {
  const match = createMatcher(
    airports.map(({ iata, name, city, state }) => {
      return { iata, state: state ?? '', nameWords: wordsOf(name), cityWords: wordsOf(city ?? '') };
    }),
  );
  const known = new Map<string, Match | null>();
  return (report) => {
    const [name, state] = [report['Airport Name'], report['Origin State']];
    const site = JSON.stringify([name, state]);
    const found = known.has(site) ? known.get(site) : match({ words: wordsOf(name), states: codesOf(state) });
    known.set(site, found ?? null);
    return found ?? null;
  };
}

function incidentOf(report: Report, row: number, match: Match | null) {
  return {
    id: String(row),
    airportName: report['Airport Name'],
    state: report['Origin State'],
    date: report['Flight Date'],
    aircraft: report['Aircraft Make Model'],
    operator: report['Aircraft Airline Operator'],
    phase: report['Phase of flight'],
    wildlifeSize: report['Wildlife Size'],
    species: report['Wildlife Species'],
    damage: report['Effect Amount of damage'],
    costTotal: Number(report['Cost Total $']),
    airport: match && { iata: match.iata },
    matchScore: match && match.score,
  };
}

type Incident = ReturnType<typeof incidentOf>;

function totalsOf(incidents: readonly Incident[]) {
  return [...Map.groupBy(incidents, ({ airport }) => airport?.iata)]
    .flatMap(([iata, list]) => (iata === undefined ? [] : { airport: { iata }, ...totalOf(list) }))
    .toSorted((a, b) => b.incidents - a.incidents || compare(a.airport.iata, b.airport.iata));
}

function totalOf(incidents: readonly Incident[]) {
  return {
    incidents: incidents.length,
    damaging: incidents.filter(({ damage }) => damage !== 'None').length,
    costTotal: sum(incidents.map(({ costTotal }) => costTotal)),
  };
}

/** Adds up name by name in their order: a sum of fractions depends on it. */
function summaryOf(incidents: readonly Incident[]) {
  const matched = incidents.filter(({ airport }) => airport !== null);
  const sites = [...Map.groupBy(matched, ({ airportName, state }) => `${airportName}\n${state}`)]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([, reports]) => reports.length * (reports[0]?.matchScore ?? 0));
  return {
    total: incidents.length,
    matched: matched.length,
    unmatched: incidents.length - matched.length,
    meanScore: sum(sites) / matched.length,
  };
}

/** Every airport that has both, whatever the pages of either would leave out. */
function riskResolvers({ airports }: Data, { delays, totals }: Figures): Resolvers {
  const states = new Map(airports.map(({ iata, state }) => [iata, state]));
  const totalAt = new Map(totals.map((total) => [total.airport.iata, total]));
  const risks = delays.flatMap(({ airport, departures }) => {
    const total = totalAt.get(airport.iata);
    if (total === undefined) return [];
    const { incidents, damaging } = total;
    return {
      airport,
      incidents,
      departures,
      incidentsPer10kDepartures: (incidents * 10_000) / departures,
      damageShare: damaging / incidents,
      score: ((incidents + 2 * damaging) * 10_000) / departures,
    };
  });
  return {
    'Query.riskByAirport': (_: unknown, { first, state, minDepartures }: RiskArguments) =>
      risks
        .filter(({ departures }) => departures >= (minDepartures ?? 0))
        .filter(({ airport }) => state == null || states.get(airport.iata) === state)
        .toSorted((a, b) => b.score - a.score || compare(a.airport.iata, b.airport.iata))
        .slice(0, size(first, 500)),
  };
}

interface RiskArguments extends Page {
  readonly state?: string | null;
  readonly minDepartures: number | null;
}

function travellerResolvers(): Resolvers {
  const seed = Number(travellersDomain.variables?.['seed']);
  const travellers = Array.from({ length: counts.T }, (_, index) => travellerOf(seed, index + 1));
  const bookings = Array.from({ length: counts.B }, (_, index) => bookingOf(seed, index + 1));
  const complaints = Array.from({ length: counts.C }, (_, index) => complaintOf(seed, index + 1));
  const find = ({ id }: Reference) => travellers.find((traveller) => traveller.id === id);
  const page = <Item extends Reference>(items: readonly Item[], { first, after }: Page) => {
    const start = items.findIndex(({ id }) => id === after) + 1;
    return items.slice(start, start + size(first, 500));
  };
  return {
    'Query.traveller': (_: unknown, { id }: Reference) => find({ id }),
    'Query.travellers': (_: unknown, args: Page) => page(travellers, args),
    'Query.bookings': (_: unknown, args: Page) => page(bookings, args),
    'Query.complaints': (_: unknown, args: Page) => page(complaints, args),
    'Query.complaintCount': () => complaints.length,
    'Traveller.bookings': ({ id }: Reference) => bookings.filter((booking) => booking.traveller.id === id),
    'Booking.traveller': ({ traveller }: { traveller: Reference }) => find(traveller),
    'Flight.bookings': ({ id }: Reference) => bookings.filter((booking) => booking.flight.id === id),
  };
}

/** How many items a page has: no negative number, no more than `most`, which is also what `null` means. */
function size(first: number | null, most: number): number {
  return Math.min(Math.max(first ?? most, 0), most);
}

/** The row that an id stands for; before all rows when it stands for none. */
function rowOf(id: string): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : -1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
