/**
 * Agents: the only way logic touches the world. These are their shapes; what stands behind them is in `mesh/agents`.
 * What an agent reads or writes becomes lineage by itself.
 */
import type { EventFilter, StoredEvent } from '../core/event.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';

/** What every logic is handed. `Input` is one of the input types; `Session` names what logics of one execution pass on to each other. */
export interface Context<Input = JsonObject, Session = Record<string, unknown>> {
  readonly execution: {
    readonly id: string;
    readonly domain: string;
    readonly process: string;
    readonly revision: string;
  };
  /** The name of the running logic. */
  readonly logic: string;
  readonly input: Input;
  /** On whose behalf. */
  readonly subject: Subject;
  /** Aborts when the execution's time is over or it is cancelled. */
  readonly signal: AbortSignal;
  /**
   * Those of a type's rows that exist for the subject, in their order. Whatever a result tells of rows together (a count, a sum,
   * a page) is to be made of these: else it is not given to subjects for whom some rows do not exist. Rows bear the names that the
   * schema gives their fields; one that lacks what decides about it is not among them.
   */
  visible<Row extends object>(type: string, rows: readonly Row[]): readonly Row[];
  /** Whether all rows of a type exist for the subject: then a store may count them that cannot tell which do. */
  seesAll(type: string): boolean;
  readonly session: SessionAgent<Session>;
  /** Values the domain declares and the mesh's configuration may set otherwise. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly sql: SqlAgent;
  readonly mesh: MeshAgent;
  readonly events: EventsAgent;
  readonly log: LogAgent;
  /** For the platform's own domains (discovery); any other domain's use throws `AGENT_DENIED`. */
  readonly platform: PlatformAgent;
}

export interface AggregatorContext<Input = JsonObject, Session = Record<string, unknown>> extends Context<
  Input,
  Session
> {
  readonly result: ResultAgent;
}

/** Holds values for the length of one execution, in its worker. */
export interface SessionAgent<Session> {
  /** Throws `LOGIC_FAILED` when no earlier logic has set it. */
  get<Key extends keyof Session & string>(key: Key): Session[Key];
  set<Key extends keyof Session & string>(key: Key, value: Session[Key]): void;
  has(key: keyof Session & string): boolean;
}

export type SqlValue = string | number | boolean | null | readonly (string | number)[];

/** DuckDB over the domain's declared datasets, each a table of its name; nothing else on the machine can be read. */
export interface SqlAgent {
  /**
   * Rows as objects of JSON values (integers beyond 2^53 and decimals as strings; dates and times as ISO 8601).
   * Parameters are bound by name: `$iata`; a list binds as a DuckDB list (`where x in (select unnest($ids))`).
   * Throws `AGENT_FAILED` with the database's message.
   */
  query<Row = JsonObject>(text: string, parameters?: Readonly<Record<string, SqlValue>>): Promise<Row[]>;
}

/** Reads other domains' products through the gateway, under the domain's own identity and the policies that bind it. */
export interface MeshAgent {
  /** Throws `AGENT_FAILED` when the answer carries errors. */
  query<Data = JsonObject>(document: string, variables?: JsonObject): Promise<Data>;
}

export interface EmittedEvent {
  readonly label: string;
  readonly payload: JsonObject;
  /** The identity it comes from; default `DOMAIN/PROCESS`. */
  readonly source?: string;
  readonly target?: string;
  /** Default: the label. Types that begin with `weft.` are refused. */
  readonly type?: string;
  /** The same key in the same domain is stored once, however often it is emitted. */
  readonly key?: string;
}

export interface EventsAgent {
  /** Resolves when all are durable in the log. */
  emit(events: EmittedEvent | readonly EmittedEvent[]): Promise<void>;
}

/** Lines for whoever runs the mesh; on stderr with the execution's id. */
export interface LogAgent {
  info(message: string, details?: JsonObject): void;
  warn(message: string, details?: JsonObject): void;
}

/** The aggregator's alone. */
export interface ResultAgent {
  /** Sets the execution's result. Calling it twice throws `LOGIC_FAILED`. */
  finalize(value: Json): void;
}

/** What discovery alone needs. Shapes as `mesh/lineage/store.ts` and `mesh/events/log.ts` give them. */
export interface PlatformAgent {
  nodes(query: JsonObject): Promise<readonly JsonObject[]>;
  traverse(traversal: JsonObject): Promise<JsonObject | null>;
  executions(query: JsonObject): Promise<readonly JsonObject[]>;
  eventsOf(query: JsonObject): Promise<readonly JsonObject[]>;
  events(query: {
    readonly filter?: EventFilter;
    readonly after?: number;
    readonly before?: number;
    readonly limit?: number;
    readonly descending?: boolean;
  }): Promise<readonly StoredEvent[]>;
}
