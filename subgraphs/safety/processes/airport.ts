/** `Airport.incidents`: what was reported at airports, for many of them in one look at the reports. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { FieldInput } from '../../../mesh/sdk/index.ts';
import { locate, selectReports } from '../model/incident.ts';
import type { Report } from '../model/incident.ts';
import { matching } from './matching.ts';
import type { Matching } from './matching.ts';

type Input = FieldInput<{ iata: string }, { first: number | null }>;
type Session = Matching & { reports: readonly Report[] };

const pageMax = 100;

export const airportIncidents = defineProcess({
  name: 'airportIncidents',
  logics: [
    ...matching,
    logic<Input, Session>('read', async ({ sql, input, session }) => {
      const airports = new Set(input.parents.map((airport) => airport.iata));
      const sites = [...session.get('matches')].filter(([, match]) => airports.has(match.iata)).map(([site]) => site);
      const reports = await selectReports(
        sql,
        `where list_contains($sites::varchar[], site)
         qualify row_number() over (partition by site order by date desc, row) <= ${pageMax}
         order by date desc, row`,
        { sites },
      );
      session.set('reports', reports);
    }),
  ],
  aggregator: aggregator<Input, Session>('align', ({ input, session, result }) => {
    const matches = session.get('matches');
    const incidents = session.get('reports').map((report) => locate(report, matches));
    const byAirport = Map.groupBy(incidents, (incident) => incident.airport?.iata);
    const first = Math.min(Math.max(input.args.first ?? pageMax, 0), pageMax);
    result.finalize(input.parents.map((airport) => (byAirport.get(airport.iata) ?? []).slice(0, first)));
  }),
});
