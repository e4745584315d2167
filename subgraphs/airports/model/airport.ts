/** An airport as the dataset has it and as the schema shows it. */
import type { SqlAgent, SqlValue } from '../../../mesh/sdk/index.ts';

export type Airport = {
  readonly iata: string;
  readonly name: string;
  readonly city: string | null;
  readonly state: string | null;
  readonly country: string;
  readonly location: { readonly latitude: number; readonly longitude: number };
};

type Row = Omit<Airport, 'location'> & Airport['location'];

/** The airports that `clauses` (everything after `from`) lets through. The dataset writes `NA` for what it does not know. */
export async function selectAirports(
  sql: SqlAgent,
  clauses: string,
  parameters: Readonly<Record<string, SqlValue>>,
): Promise<Airport[]> {
  const rows = await sql.query<Row>(
    `from (
       select iata, name, nullif(city, 'NA') as city, nullif(state, 'NA') as state, country, latitude, longitude
       from airports
     ) ${clauses}`,
    parameters,
  );
  return rows.map(({ latitude, longitude, ...airport }) => ({ ...airport, location: { latitude, longitude } }));
}
