/** The example data, asked directly: what the domains' answers are held against. */
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Json } from '../../mesh/core/json.ts';

const data = fileURLToPath(new URL('../../node_modules/vega-datasets/data/', import.meta.url));

/** Runs one query over the tables `airports`, `flights` and `birdstrikes`; counts and other small integers come as numbers when cast to `int`. */
export async function ask<Row = Record<string, Json>>(text: string): Promise<Row[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    await connection.run(`create view airports as from read_csv('${data}airports.csv')`);
    await connection.run(`create view birdstrikes as from read_csv('${data}birdstrikes.csv')`);
    await connection.run(
      `create view flights as from read_parquet('${data}flights-3m.parquet', file_row_number = true)`,
    );
    const answer = await connection.runAndReadAll(text);
    return answer.getRowObjectsJson() as Row[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
