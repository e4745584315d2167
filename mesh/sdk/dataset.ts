/** Datasets: files a domain reads where they lie. Each is a table of the `sql` agent and a node of the lineage. */

export interface DatasetDeclaration {
  readonly format: 'csv' | 'parquet';
  /** Relative to the domain's folder, or `npm:PACKAGE/PATH` for a file inside an installed package. */
  readonly path: string;
}

/** A CSV file with a header line. */
export function csv(path: string): DatasetDeclaration {
  return { format: 'csv', path };
}

/** A Parquet file; its rows also carry `file_row_number`, from 0. */
export function parquet(path: string): DatasetDeclaration {
  return { format: 'parquet', path };
}
