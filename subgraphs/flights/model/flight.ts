/** A flight as the lake has it and as the schema shows it. */
import type { SqlAgent, SqlValue } from '../../../mesh/sdk/index.ts';

export type Flight = {
  readonly id: string;
  readonly departedAt: string;
  /** Minutes. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  readonly origin: { readonly iata: string };
  readonly destination: { readonly iata: string };
};

type Row = Omit<Flight, 'origin' | 'destination'> & { readonly origin: string; readonly destination: string };

/** The flights that `clauses` (everything after `from`) lets through; inside them the id is `file_row_number`. */
export async function selectFlights(
  sql: SqlAgent,
  clauses: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<Flight[]> {
  const rows = await sql.query<Row>(
    `select file_row_number::varchar as id, strftime(date, '%Y-%m-%dT%H:%M:%S') as "departedAt",
            delay::int as delay, distance::int as distance, origin, destination
     from flights ${clauses}`,
    parameters,
  );
  return rows.map((row) => ({ ...row, origin: { iata: row.origin }, destination: { iata: row.destination } }));
}

/** The row number that an id stands for; -1 when it is no id of a flight. */
export function rowOf(id: string): number {
  return /^\d{1,9}$/.test(id) ? Number(id) : -1;
}
