/** Incidents: one, a batch by id, and the list page by page. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, QueryInput } from '../../../mesh/sdk/index.ts';
import { locate, rowOf, selectReports } from '../model/incident.ts';
import type { Report } from '../model/incident.ts';
import { matching } from './matching.ts';
import type { Matching } from './matching.ts';

type One = QueryInput<{ id: string }>;
type Many = EntitiesInput<{ id: string }>;
type Page = QueryInput<{ first: number | null; after?: string | null; matched?: boolean | null }>;
type Session = Matching & { reports: readonly Report[] };

const pageMax = 1_000;

export const incident = defineProcess({
  name: 'incident',
  logics: [
    ...matching,
    logic<One, Session>('read', async ({ sql, input, session }) => {
      session.set('reports', await selectReports(sql, 'where row = $row::bigint', { row: rowOf(input.args.id) }));
    }),
  ],
  aggregator: aggregator<One, Session>('locate', ({ session, result }) => {
    const [report] = session.get('reports');
    result.finalize(report ? locate(report, session.get('matches')) : null);
  }),
});

export const incidentsById = defineProcess({
  name: 'incidentsById',
  logics: [
    ...matching,
    logic<Many, Session>('read', async ({ sql, input, session }) => {
      const rows = input.references.map((reference) => rowOf(reference.id));
      session.set('reports', await selectReports(sql, 'where row in (select unnest($rows)::bigint)', { rows }));
    }),
  ],
  aggregator: aggregator<Many, Session>('locate', ({ input, session, result }) => {
    const byId = new Map(session.get('reports').map((report) => [report.id, report]));
    result.finalize(
      input.references.map((reference) => {
        const report = byId.get(reference.id);
        return report ? locate(report, session.get('matches')) : null;
      }),
    );
  }),
});

export const incidents = defineProcess({
  name: 'incidents',
  logics: [
    ...matching,
    logic<Page, Session>('read', async ({ sql, input, session, visible, seesAll }) => {
      const { first, after, matched } = input.args;
      const matches = session.get('matches');
      const size = Math.min(Math.max(first ?? pageMax, 0), pageMax);
      // Whoever sees incidents in part gets a page of those, as if there were no others.
      const step = seesAll('Incident') ? size : pageMax;
      const reports: Report[] = [];
      for (let last: string | null | undefined = after; reports.length < size;) {
        const next: readonly Report[] = await selectReports(
          sql,
          `where row > $after::bigint
             and ($matched::boolean is null or list_contains($sites::varchar[], site) = $matched::boolean)
           order by row limit $step::bigint`,
          { after: last ? rowOf(last) : -1, matched: matched ?? null, sites: [...matches.keys()], step },
        );
        const located = next.map((report) => locate(report, matches));
        reports.push(...visible('Incident', located));
        if (next.length < step) break;
        last = next.at(-1)?.id;
      }
      session.set('reports', reports.slice(0, size));
    }),
  ],
  aggregator: aggregator<Page, Session>('locate', ({ session, result }) => {
    const matches = session.get('matches');
    result.finalize(session.get('reports').map((report) => locate(report, matches)));
  }),
});
