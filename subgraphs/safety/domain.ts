/** Safety: reports of wildlife strikes, matched to airports by name, and the risk that follows from them and the traffic. */
import { csv, defineDomain } from '../../mesh/sdk/index.ts';
import { airportIncidents } from './processes/airport.ts';
import { incident, incidents, incidentsById } from './processes/incidents.ts';
import { matchIncidents } from './processes/matching.ts';
import { riskByAirport } from './processes/risk.ts';
import { incidentsByAirport } from './processes/totals.ts';

export default defineDomain({
  name: 'safety',
  owner: 'Safety Office',
  description: 'Wildlife strikes in the United States and the risk they make at each airport.',
  datasets: { birdstrikes: csv('npm:vega-datasets/data/birdstrikes.csv') },
  processes: [matchIncidents, incident, incidentsById, incidents, airportIncidents, incidentsByAirport, riskByAirport],
});
