/** The synthetic people, their bookings and complaints. Each follows from the seed and its own number, whatever else is generated. */
import { createDraw } from './draw.ts';
import type { Draw } from './draw.ts';

export type Traveller = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly birthDate: string;
  readonly passport: string;
  readonly homeAirport: { readonly iata: string };
  readonly card: string;
  readonly memberSince: string;
  readonly assistance: string | null;
};

export type Booking = {
  readonly id: string;
  readonly traveller: Traveller;
  readonly flight: { readonly id: string };
  readonly seat: string;
  readonly fare: number;
  readonly bookedAt: string;
  readonly drink: string;
};

export type Complaint = {
  readonly id: string;
  readonly traveller: Traveller;
  readonly about: string;
  readonly filedOn: string;
};

/** How many there are, by the letter their ids begin with: travellers, bookings and complaints. */
export const counts = { T: 2_000, B: 5_000, C: 400 } as const;

type Letter = keyof typeof counts;

/** Flights are numbered from 0 in the lake of the flights domain. */
const flightsCount = 3_000_000;

const givenNames =
  'Ada Ben Chloe Dara Elif Femi Greta Hugo Ines Jonas Kaya Liam Mina Noor Otto Pia Quinn Rosa Sami Tess';
const familyNames =
  'Abara Berg Castillo Dube Eriksen Fontaine Grau Haddad Ito Jansen Kovac Lindqvist Moreau Novak Okafor Park Rossi Silva Tanaka Weber';
const homes = 'ATL BOS BWI CLT DEN DFW DTW EWR IAH JFK LAS LAX MCO MIA MSP ORD PHL PHX SAN SEA SFO SLC STL TPA';
const drinks = 'water coffee tea juice beer wine whisky';
const needs = 'hearing sight walking';
const grounds = 'baggage boarding delay refund seat';

/** The traveller of that number, from 1. */
export function travellerOf(seed: number, number: number): Traveller {
  const draw = createDraw(`${seed}/traveller/${number}`);
  const [given, family] = [pick(draw, givenNames), pick(draw, familyNames)];
  return {
    id: idOf('T', number),
    name: `${given} ${family}`,
    email: `${given}.${family}.${number}@example.com`.toLowerCase(),
    birthDate: `${1930 + draw(62)}-${pad(1 + draw(12), 2)}-${pad(1 + draw(28), 2)}`,
    passport: `X${pad(draw(100_000_000), 8)}`,
    homeAirport: { iata: pick(draw, homes) },
    card: `9000${pad(draw(1_000_000), 6)}${pad(draw(1_000_000), 6)}`,
    memberSince: `${1992 + draw(9)}-${pad(1 + draw(12), 2)}-${pad(1 + draw(28), 2)}`,
    assistance: draw(8) === 0 ? pick(draw, needs) : null,
  };
}

/** The booking of that number, from 1; made in the last quarter of 2000, before all flights. */
export function bookingOf(seed: number, number: number): Booking {
  const draw = createDraw(`${seed}/booking/${number}`);
  const day = `2000-${10 + draw(3)}-${pad(1 + draw(30), 2)}`;
  return {
    id: idOf('B', number),
    traveller: travellerOf(seed, 1 + draw(counts.T)),
    flight: { id: String(draw(flightsCount)) },
    seat: `${1 + draw(30)}${pick(draw, 'A B C D E F')}`,
    fare: 49 + draw(75_000) / 100,
    bookedAt: `${day}T${pad(draw(24), 2)}:${pad(draw(60), 2)}:00.000Z`,
    drink: pick(draw, drinks),
  };
}

/** The complaint of that number, from 1; made in the first half of 2001. */
export function complaintOf(seed: number, number: number): Complaint {
  const draw = createDraw(`${seed}/complaint/${number}`);
  return {
    id: idOf('C', number),
    traveller: travellerOf(seed, 1 + draw(counts.T)),
    about: pick(draw, grounds),
    filedOn: `2001-${pad(1 + draw(6), 2)}-${pad(1 + draw(28), 2)}`,
  };
}

/** The number in an id that begins with that letter (`T0017`: 17); 0 when there is nothing of that id. */
export function numberOf(letter: Letter, id: string): number {
  const number = id[0] === letter && /^\d{4}$/.test(id.slice(1)) ? Number(id.slice(1)) : 0;
  return number <= counts[letter] ? number : 0;
}

function idOf(letter: Letter, number: number): string {
  return `${letter}${pad(number, 4)}`;
}

function pick(draw: Draw, words: string): string {
  const list = words.split(' ');
  return list[draw(list.length)] ?? '';
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
