/** What policy decided on a request, out of the records of audit. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { JsonObject, QueryInput } from '../../../mesh/sdk/index.ts';
import { mayAudit } from '../model/audit.ts';

type Asked = QueryInput<{ requestId: string }>;
type Session = { records: readonly Stored[] };
type Stored = { readonly time: string; readonly subject: string | null; readonly payload: JsonObject };

/** As `mesh/core/event.ts` has it. */
type Decision = JsonObject & { readonly verdict: string; readonly coordinates: readonly string[] };

/** Of one request; a subscription whose decisions change all the time has its first ones told. */
const recordsMax = 500;

export const explain = defineProcess({
  name: 'explain',
  logics: [
    logic<Asked, Session>('read', async ({ platform, input, session, subject }) => {
      const types = ['weft.access.limited', 'weft.access.denied'];
      const filter = { targets: [`request:${input.args.requestId}`], domains: ['gateway'], types };
      const records = await platform.events({ filter, limit: recordsMax });
      // The subject that has no name is nobody's own.
      const isOwn = (record: Stored) => subject.id !== null && record.subject === subject.id;
      session.set(
        'records',
        records.filter((record) => mayAudit(subject) || isOwn(record)),
      );
    }),
  ],
  aggregator: aggregator<Asked, Session>('show', ({ session, result }) => {
    result.finalize(explanationsOf(session.get('records')));
  }),
});

/** An operation with many coordinates has several records, one after the other. */
function explanationsOf(records: readonly Stored[]): JsonObject[] {
  const operations: Stored[][] = [];
  for (const record of records) {
    const isMore = Number(record.payload.part) > 0;
    if (isMore && operations.length > 0) operations.at(-1)?.push(record);
    else operations.push([record]);
  }
  return operations.flatMap((parts) => {
    const [first] = parts;
    if (first === undefined) return [];
    const { requestId, operation, purpose, revision, rowsHidden } = first.payload;
    const decisions = parts.flatMap(({ payload }) => (payload.decisions as readonly Decision[]).flatMap(decisionsOf));
    return [
      { requestId, time: first.time, operation, subject: first.subject, purpose, revision, rowsHidden, decisions },
    ];
  });
}

function decisionsOf({ verdict, rule, ruleAt, code, reason, coordinates }: Decision): readonly JsonObject[] {
  const said = { verdict: verdict.toUpperCase(), rule, ruleAt, code, reason };
  return coordinates.map((coordinate) => ({ coordinate, ...said }));
}
