/**
 * Matches the airports that reports name, in free text, to those that the airports domain knows: load → normalise →
 * match. Every process that says where an incident happened begins with these steps; `matchIncidents` closes them with
 * their own summary.
 */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { JsonObject } from '../../../mesh/sdk/index.ts';
import { locate, selectReports, selectSites, siteOf, sumBySite } from '../model/incident.ts';
import type { Matches, SiteTotals } from '../model/incident.ts';
import { createMatcher } from '../model/match.ts';
import type { Candidate, Match, Mention } from '../model/match.ts';
import { wordsOf } from '../model/names.ts';
import { codesOf } from '../model/states.ts';

type Listed = {
  readonly iata: string;
  readonly name: string;
  readonly city: string | null;
  readonly state: string | null;
};

/** What the steps leave in the session. */
export type Matching = {
  sites: readonly SiteTotals[];
  airports: readonly Listed[];
  mentions: ReadonlyMap<string, Mention>;
  candidates: readonly Candidate[];
  matches: Matches;
};

export const matching = [
  logic<JsonObject, Matching>('load', async ({ sql, mesh, session, visible }) => {
    const [sites, { airports }] = await Promise.all([
      selectSites(sql),
      mesh.query<{ airports: Listed[] }>('query Directory { airports(first: 5000) { iata name city state } }'),
    ]);
    session.set('sites', sites);
    session.set('airports', visible('Airport', airports));
  }),
  logic<JsonObject, Matching>('normalise', ({ session }) => {
    session.set('mentions', new Map(session.get('sites').map((site) => [siteOf(site), mentionOf(site)])));
    session.set('candidates', session.get('airports').map(candidateOf));
  }),
  logic<JsonObject, Matching>('match', ({ session }) => {
    const match = createMatcher(session.get('candidates'));
    const matches = new Map<string, Match>();
    for (const [site, mention] of session.get('mentions')) {
      const found = match(mention);
      if (found) matches.set(site, found);
    }
    session.set('matches', matches);
  }),
];

/** Adds up anew for those who may not know of every incident. Closes `matching` where incidents are summed. */
export const sift = logic<JsonObject, Matching>('sift', async ({ sql, session, visible, seesAll }) => {
  if (seesAll('Incident')) return;
  const matches = session.get('matches');
  const reports = await selectReports(sql, 'order by row', {});
  const incidents = reports.map((report) => locate(report, matches));
  session.set('sites', sumBySite(visible('Incident', incidents)));
});

export const matchIncidents = defineProcess({
  name: 'matchIncidents',
  logics: [...matching, sift],
  aggregator: aggregator<JsonObject, Matching>('count', ({ session, result }) => {
    result.finalize(summarise(session.get('sites'), session.get('matches')));
  }),
});

/** Counts incidents, not sites. */
export function summarise(sites: readonly SiteTotals[], matches: Matches) {
  let [total, matched, scores] = [0, 0, 0];
  for (const site of sites) {
    const match = matches.get(siteOf(site));
    total += site.incidents;
    if (!match) continue;
    matched += site.incidents;
    scores += site.incidents * match.score;
  }
  return { total, matched, unmatched: total - matched, meanScore: matched === 0 ? 0 : scores / matched };
}

function mentionOf({ airportName, state }: SiteTotals): Mention {
  return { words: wordsOf(airportName), states: codesOf(state) };
}

function candidateOf({ iata, name, city, state }: Listed): Candidate {
  return { iata, state: state ?? '', nameWords: wordsOf(name), cityWords: wordsOf(city ?? '') };
}
