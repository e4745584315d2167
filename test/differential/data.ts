/**
 * The three data files held in memory, as plainly as they can be: what the oracle answers from. Nothing here is shared
 * with the domains' processes; DuckDB only decodes the files.
 */
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

export interface Airport {
  readonly iata: string;
  readonly name: string;
  readonly city: string | null;
  readonly state: string | null;
  readonly country: string;
  readonly location: { readonly latitude: number; readonly longitude: number };
}

/** Three million flights, a column each; airports by their place in `codes`. */
export interface Flights {
  readonly codes: readonly string[];
  /** Seconds since the epoch. */
  readonly departed: Int32Array;
  readonly delay: Int16Array;
  readonly distance: Int16Array;
  readonly origin: Uint16Array;
  readonly destination: Uint16Array;
  /** Row numbers, ascending, by airport. */
  readonly departures: ReadonlyMap<string, readonly number[]>;
  readonly arrivals: ReadonlyMap<string, readonly number[]>;
}

/** A report as its file has it. */
export interface Report {
  readonly 'Airport Name': string;
  readonly 'Origin State': string;
  readonly 'Flight Date': string;
  readonly 'Aircraft Make Model': string;
  readonly 'Aircraft Airline Operator': string;
  readonly 'Phase of flight': string;
  readonly 'Wildlife Size': string;
  readonly 'Wildlife Species': string;
  readonly 'Effect Amount of damage': string;
  readonly 'Cost Total $': string;
}

export interface Data {
  /** In the order of their codes. */
  readonly airports: readonly Airport[];
  readonly flights: Flights;
  readonly reports: readonly Report[];
}

const folder = fileURLToPath(new URL('../../node_modules/vega-datasets/data/', import.meta.url));

/** Reads all three; takes a few seconds. */
export async function readData(): Promise<Data> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const rows = async (text: string) => (await connection.runAndReadAll(text)).getRowObjectsJson();
    const airports = (await rows(`from read_csv('${folder}airports.csv')`)).map(airportOf);
    const reports = await rows(`from read_csv('${folder}birdstrikes.csv')`);
    const lake = await connection.stream(
      `select epoch(date)::int, delay::int, distance::int, origin, destination from read_parquet('${folder}flights-3m.parquet')`,
    );
    const table = createFlights();
    for (let chunk = await lake.fetchChunk(); chunk?.rowCount; chunk = await lake.fetchChunk()) {
      table.add(chunk.getColumns());
    }
    return {
      airports: airports.toSorted((a, b) => (a.iata < b.iata ? -1 : 1)),
      flights: table.finish(),
      reports: reports as unknown as readonly Report[],
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The file writes `NA` for what is unknown. */
function airportOf(row: Readonly<Record<string, unknown>>): Airport {
  const [city, state] = [String(row['city']), String(row['state'])];
  return {
    iata: String(row['iata']),
    name: String(row['name']),
    city: city === 'NA' ? null : city,
    state: state === 'NA' ? null : state,
    country: String(row['country']),
    location: { latitude: Number(row['latitude']), longitude: Number(row['longitude']) },
  };
}

const rowsMax = 3_000_000;

function createFlights() {
  const codes = new Map<string, number>();
  const codeOf = (code: unknown): number => {
    const known = codes.get(String(code)) ?? codes.size;
    codes.set(String(code), known);
    return known;
  };
  const departed = new Int32Array(rowsMax);
  const [delay, distance] = [new Int16Array(rowsMax), new Int16Array(rowsMax)];
  const [origin, destination] = [new Uint16Array(rowsMax), new Uint16Array(rowsMax)];
  let row = 0;
  return {
    add([times = [], delays = [], miles = [], origins = [], destinations = []]: readonly (readonly unknown[])[]): void {
      for (let index = 0; index < times.length; index++, row++) {
        departed[row] = Number(times[index]);
        delay[row] = Number(delays[index]);
        distance[row] = Number(miles[index]);
        origin[row] = codeOf(origins[index]);
        destination[row] = codeOf(destinations[index]);
      }
    },
    finish(): Flights {
      const names = [...codes.keys()];
      const [departures, arrivals] = [rowsBy(origin, names), rowsBy(destination, names)];
      return { codes: names, departed, delay, distance, origin, destination, departures, arrivals };
    },
  };
}

function rowsBy(column: Uint16Array, codes: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const rows = codes.map((): number[] => []);
  for (const [row, code] of column.entries()) rows[code]?.push(row);
  return new Map(codes.map((code, index) => [code, rows[index] ?? []]));
}
