/** Airports: where flights begin and end. The other domains refer to them by code. */
import { csv, defineDomain } from '../../mesh/sdk/index.ts';
import { airports } from './processes/airports.ts';
import { airport, airportsByCode } from './processes/lookup.ts';
import { searchAirports } from './processes/search.ts';

export default defineDomain({
  name: 'airports',
  owner: 'Ground Team',
  description: 'The airports of the United States and where they are.',
  datasets: { airports: csv('npm:vega-datasets/data/airports.csv') },
  processes: [airport, airportsByCode, airports, searchAirports],
});
