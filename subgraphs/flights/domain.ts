/** Flights: a lake of three million departures, read where it lies, and the same flights as live events. */
import { defineDomain, parquet } from '../../mesh/sdk/index.ts';
import { delays } from './processes/delays.ts';
import { flight, flightsById } from './processes/lookup.ts';
import { arrivals, departures } from './processes/movements.ts';
import { replay } from './processes/replay.ts';

export default defineDomain({
  name: 'flights',
  owner: 'Flight Operations',
  description: 'Departures in the United States, January to June 2001, at rest and replayed live.',
  datasets: { flights: parquet('npm:vega-datasets/data/flights-3m.parquet') },
  processes: [flight, flightsById, departures, arrivals, delays, replay],
});
