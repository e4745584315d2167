/** Travellers: made-up people on real flights, so that there is personal data to guard and nobody to harm. */
import { defineDomain } from '../../mesh/sdk/index.ts';
import { bookings, bookingsById, flightBookings, travellerBookings } from './processes/bookings.ts';
import { complaintCount, complaints, complaintsById } from './processes/complaints.ts';
import { bookingTraveller, traveller, travellers, travellersById } from './processes/travellers.ts';

export default defineDomain({
  name: 'travellers',
  owner: 'Customer Care',
  description: 'Synthetic travellers and their bookings and complaints, generated from a seed.',
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
    complaints,
    complaintsById,
    complaintCount,
  ],
  mockUsers: [
    { id: 'ana', roles: ['analyst'], claims: { age: 41, states: ['TX'] } },
    {
      id: 'piet',
      roles: ['agent'],
      scopes: ['pii:read'],
      purposes: ['special-assistance'],
      domain: 'travellers',
      claims: { age: 58 },
    },
    { id: 'kim', roles: ['intern'], claims: { age: 17 } },
  ],
});
