/** Travellers: made-up people on real flights, so that there is personal data to guard and nobody to harm. */
import { defineDomain } from '../../mesh/sdk/index.ts';
import { bookings, bookingsById, flightBookings, travellerBookings } from './processes/bookings.ts';
import { bookingTraveller, traveller, travellers, travellersById } from './processes/travellers.ts';

export default defineDomain({
  name: 'travellers',
  owner: 'Customer Care',
  description: 'Synthetic travellers and their bookings, generated from a seed.',
  variables: { seed: 2001 },
  processes: [
    traveller,
    travellersById,
    travellers,
    bookings,
    bookingsById,
    bookingTraveller,
    travellerBookings,
    flightBookings,
  ],
  mockUsers: [
    { id: 'ana', roles: ['analyst'], claims: { age: 41 } },
    { id: 'piet', roles: ['agent'], scopes: ['pii:read'], claims: { age: 58 } },
    { id: 'kim', roles: ['intern'], claims: { age: 17 } },
  ],
});
