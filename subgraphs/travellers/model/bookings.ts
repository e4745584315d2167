/** All bookings of a seed, and found by traveller and by flight. */
import { bookingOf, counts } from './people.ts';
import type { Booking } from './people.ts';

export interface Bookings {
  readonly all: readonly Booking[];
  readonly byTraveller: ReadonlyMap<string, readonly Booking[]>;
  readonly byFlight: ReadonlyMap<string, readonly Booking[]>;
}

const made = new Map<number, Bookings>();

/** Made once a seed: they cannot change. */
export function bookingsOf(seed: number): Bookings {
  const known = made.get(seed);
  if (known) return known;
  const all = Array.from({ length: counts.B }, (_, index) => bookingOf(seed, index + 1));
  const bookings = {
    all,
    byTraveller: Map.groupBy(all, (booking) => booking.traveller.id),
    byFlight: Map.groupBy(all, (booking) => booking.flight.id),
  };
  made.set(seed, bookings);
  return bookings;
}
