/** The product `riskByAirport`: made of three domains' products, all read through the mesh. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { QueryInput } from '../../../mesh/sdk/index.ts';

type Input = QueryInput<{ first: number | null; state?: string | null; minDepartures: number | null }>;

/** Traffic and incidents as the mesh gives them. */
export type Sources = {
  readonly delays: readonly {
    readonly airport: { readonly iata: string; readonly state: string | null };
    readonly departures: number;
  }[];
  readonly incidentsByAirport: readonly {
    readonly airport: { readonly iata: string };
    readonly incidents: number;
    readonly damaging: number;
  }[];
};

export type AirportRisk = {
  readonly airport: { readonly iata: string };
  readonly incidents: number;
  readonly departures: number;
  readonly incidentsPer10kDepartures: number;
  readonly damageShare: number;
  readonly score: number;
};

type Session = { sources: Sources; risks: readonly AirportRisk[] };

const risksMax = 500;

const sourcesQuery = `
  query RiskSources($minDepartures: Int) {
    delays(first: 500, minFlights: $minDepartures) { airport { iata state } departures }
    incidentsByAirport(first: 500) { airport { iata } incidents damaging }
  }`;

export const riskByAirport = defineProcess({
  name: 'riskByAirport',
  logics: [
    logic<Input, Session>('load', async ({ mesh, input, session }) => {
      const { minDepartures } = input.args;
      session.set('sources', await mesh.query<Sources>(sourcesQuery, { minDepartures }));
    }),
    logic<Input, Session>('score', ({ input, session }) => {
      const { delays, incidentsByAirport } = session.get('sources');
      const { state } = input.args;
      const asked = delays.filter(({ airport }) => !state || airport.state === state);
      session.set('risks', assess({ delays: asked, incidentsByAirport }));
    }),
  ],
  aggregator: aggregator<Input, Session>('rank', ({ input, session, result }) => {
    const ranked = session
      .get('risks')
      .toSorted((a, b) => b.score - a.score || a.airport.iata.localeCompare(b.airport.iata));
    result.finalize(ranked.slice(0, Math.min(Math.max(input.args.first ?? risksMax, 0), risksMax)));
  }),
});

/** Sets the incidents of each airport against its departures; airports that lack either are left out. */
export function assess({ delays, incidentsByAirport }: Sources): AirportRisk[] {
  const totals = new Map(incidentsByAirport.map((total) => [total.airport.iata, total]));
  return delays.flatMap(({ airport: { iata }, departures }) => {
    const total = totals.get(iata);
    if (!total) return [];
    const { incidents, damaging } = total;
    const per10k = (count: number) => (count * 10_000) / departures;
    return {
      airport: { iata },
      incidents,
      departures,
      incidentsPer10kDepartures: per10k(incidents),
      damageShare: damaging / incidents,
      score: per10k(incidents + 2 * damaging),
    };
  });
}
