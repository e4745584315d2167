/**
 * The `sql` agent: DuckDB, in memory, over a domain's declared datasets. Before the first query it is shut in: nothing
 * but those files can be opened, the configuration is locked, and only a single SELECT is ever run.
 */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  DuckDBTypeId,
  type DuckDBValueConverter,
  JsonDuckDBValueConverter,
  LIST,
  SQLNULL,
  StatementType,
  VARCHAR,
  listValue,
} from '@duckdb/node-api';
import { WeftError, isWeftError, messageOf } from '../core/error.ts';
import type { DataFlow } from '../core/event.ts';
import { type Json, type JsonObject, isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { DatasetDeclaration, SqlValue } from '../sdk/index.ts';
import type { Scope } from './scope.ts';

export interface SqlOptions {
  readonly folder: string;
  /** Where packages are installed: what `npm:` paths begin at. */
  readonly packages: string;
  readonly datasets: Readonly<Record<string, DatasetDeclaration>>;
}

export interface Sql {
  /** Rows as JSON values. Throws `AGENT_FAILED` with the database's words, and when there are more than `limits.agentRowsMax`. */
  query(scope: Scope, text: string, parameters: Readonly<Record<string, SqlValue>>): Promise<readonly JsonObject[]>;
  close(): void;
}

/** Opens a domain's datasets. Throws `DOMAIN_INVALID` when one of them cannot be read. */
export async function openSql(options: SqlOptions): Promise<Sql> {
  const datasets = Object.entries(options.datasets).map(([table, dataset]) => ({
    table,
    dataset,
    file: fileOf(options, dataset),
  }));
  const flows = new Map(datasets.map(({ table, dataset }) => [table.toLowerCase(), flowOf(dataset)]));
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: `${limits.sqlMemoryMb}MB` });
  const first = await instance.connect();
  for (const { table, dataset, file } of datasets) await declareTable(first, { table, dataset, file });
  await shutIn(
    first,
    datasets.map(({ file }) => file),
  );
  return new DuckDbSql(instance, first, flows);
}

class DuckDbSql implements Sql {
  readonly #instance: DuckDBInstance;
  readonly #flows: ReadonlyMap<string, DataFlow>;
  readonly #idle: DuckDBConnection[];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];
  /** What each text reads; the texts are the authors' and few. */
  readonly #reads = new Map<string, readonly DataFlow[]>();
  #opened = 1;

  constructor(instance: DuckDBInstance, first: DuckDBConnection, flows: ReadonlyMap<string, DataFlow>) {
    this.#instance = instance;
    this.#idle = [first];
    this.#flows = flows;
  }

  async query(
    scope: Scope,
    text: string,
    parameters: Readonly<Record<string, SqlValue>>,
  ): Promise<readonly JsonObject[]> {
    const connection = await this.#take();
    const interrupt = (): void => connection.interrupt();
    scope.signal.addEventListener('abort', interrupt, { once: true });
    try {
      scope.signal.throwIfAborted();
      const statement = await prepare(connection, text);
      try {
        bind(statement, parameters);
        for (const flow of await this.#flowsIn(connection, text)) scope.inputs.add(flow);
        return await readRows(statement);
      } finally {
        statement.destroySync();
      }
    } catch (thrown) {
      throw isWeftError(thrown) ? thrown : failure(text, thrown);
    } finally {
      scope.signal.removeEventListener('abort', interrupt);
      this.#give(connection);
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.closeSync();
    this.#instance.closeSync();
  }

  async #take(): Promise<DuckDBConnection> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#opened >= limits.sqlConnectionsMax) return new Promise((taken) => this.#waiting.push(taken));
    this.#opened += 1;
    return this.#instance.connect();
  }

  #give(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next(connection);
  }

  /** The datasets whose names stand where tables stand. A common table expression of that name counts as one, too. */
  async #flowsIn(connection: DuckDBConnection, text: string): Promise<readonly DataFlow[]> {
    const known = this.#reads.get(text);
    if (known !== undefined) return known;
    const reader = await connection.runAndReadAll('select json_serialize_sql($text::varchar)', { text });
    const names = new Set<string>();
    collectTables(JSON.parse(String(reader.value(0, 0))), names);
    const flows = [...names].flatMap((name) => this.#flows.get(name.toLowerCase()) ?? []);
    if (this.#reads.size >= limits.sqlTextsMax) this.#reads.clear();
    this.#reads.set(text, flows);
    return flows;
  }
}

/** A single SELECT, prepared: DuckDB prepares no second statement, and no other kind is let through. */
async function prepare(connection: DuckDBConnection, text: string): Promise<DuckDBPreparedStatement> {
  const statement = await connection.prepare(text);
  if (statement.statementType === StatementType.SELECT) return statement;
  statement.destroySync();
  throw new WeftError('AGENT_DENIED', {
    action: `Cannot run ${quote(text)}`,
    found: `a ${StatementType[statement.statementType]} statement`,
    wanted: 'a SELECT',
  });
}

function bind(statement: DuckDBPreparedStatement, parameters: Readonly<Record<string, SqlValue>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    const index = statement.parameterIndex(name);
    if (typeof value === 'object' && value !== null) bindList(statement, index, value);
    else statement.bindValue(index, value);
  }
}

/** A DuckDB list has one type, the widest of its items'. That of an empty one fits wherever it stands. */
function bindList(statement: DuckDBPreparedStatement, index: number, values: readonly (string | number)[]): void {
  if (values.length === 0) statement.bindList(index, listValue([]), LIST(SQLNULL));
  else if (!values.every((value) => typeof value === 'number'))
    statement.bindList(index, listValue(values.map(String)), LIST(VARCHAR));
  else if (!values.every(Number.isSafeInteger)) statement.bindList(index, listValue(values), LIST(DOUBLE));
  else statement.bindList(index, listValue(values.map(BigInt)), LIST(BIGINT));
}

async function readRows(statement: DuckDBPreparedStatement): Promise<readonly JsonObject[]> {
  const reader = await statement.streamAndReadUntil(limits.agentRowsMax + 1);
  if (reader.currentRowCount > limits.agentRowsMax) {
    throw new WeftError('AGENT_FAILED', {
      action: 'Cannot read the rows of a query',
      found: `more than ${limits.agentRowsMax} rows`,
      wanted: 'fewer',
      fix: 'Aggregate in SQL, or page with limit.',
    });
  }
  return reader.convertRowObjects(toJson);
}

/** DuckDB's own conversion to JSON, but integers as numbers when JavaScript holds them exactly, and ISO 8601 for times. */
const toJson: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  const json = JsonDuckDBValueConverter(value, type, converter as typeof JsonDuckDBValueConverter);
  return typeof json === 'string' && timeTypes.has(type.typeId) ? toIso(json) : json;
};

const timeTypes: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
]);

/** `2001-01-01 00:01:00+00` as `2001-01-01T00:01:00Z`. */
function toIso(text: string): string {
  return text
    .replace(' ', 'T')
    .replace(/([+-]\d\d)$/, '$1:00')
    .replace(/[+-]00:00$/, 'Z');
}

interface Table {
  readonly table: string;
  readonly dataset: DatasetDeclaration;
  readonly file: string;
}

/** A small CSV file becomes a table in memory, as every look at the file would parse all of it; others are read where they lie. */
async function declareTable(connection: DuckDBConnection, { table, dataset, file }: Table): Promise<void> {
  try {
    const { size } = await stat(file);
    const isKept = dataset.format === 'csv' && size <= limits.sqlTableBytesMax;
    const call =
      dataset.format === 'csv' ? `read_csv(${text(file)})` : `read_parquet(${text(file)}, file_row_number = true)`;
    await connection.run(`create ${isKept ? 'table' : 'view'} "${table.replaceAll('"', '""')}" as from ${call}`);
  } catch (cause) {
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot open dataset "${table}" at "${dataset.path}"`,
      found: firstLine(cause),
      wanted: `a ${dataset.format} file`,
      at: { file },
      cause,
    });
  }
}

async function shutIn(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  await connection.run(`set temp_directory = ''`);
  await connection.run(`set allowed_paths = [${files.map(text).join(', ')}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

function collectTables(node: Json | undefined, names: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) collectTables(item, names);
  if (!isJsonObject(node)) return;
  if (node['type'] === 'BASE_TABLE' && typeof node['table_name'] === 'string') names.add(node['table_name']);
  for (const value of Object.values(node)) collectTables(value, names);
}

function fileOf({ folder, packages }: SqlOptions, { path }: DatasetDeclaration): string {
  return path.startsWith('npm:') ? join(packages, path.slice('npm:'.length)) : resolve(folder, path);
}

/** `npm:vega-datasets/data/a.csv` is `data/a.csv` in the namespace `npm:vega-datasets`; a scope belongs to the package. */
function flowOf({ path }: DatasetDeclaration): DataFlow {
  const [, namespace, name] = /^(npm:(?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(path) ?? [];
  return { kind: 'dataset', namespace: namespace ?? 'file', name: name ?? path };
}

function failure(query: string, cause: unknown): WeftError {
  return new WeftError('AGENT_FAILED', { action: `Cannot run ${quote(query)}`, found: firstLine(cause), cause });
}

function quote(query: string): string {
  const line = query.trim().replaceAll(/\s+/g, ' ');
  return `"${line.length > 120 ? `${line.slice(0, 119)}…` : line}"`;
}

/** What DuckDB says; its further lines draw the place. */
function firstLine(thrown: unknown): string {
  const [line = ''] = messageOf(thrown).split('\n');
  return line.replace(/[.!]$/, '');
}

/** A string literal of SQL. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
