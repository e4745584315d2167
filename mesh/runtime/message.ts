/**
 * What a domain's host and its workers say to each other. Values of authors and agents travel as JSON text, made where
 * they arise: what is no JSON fails there, and nothing is shared by reference.
 */
import { type ErrorCode, type SourceLocation, WeftError, isWeftError, messageOf } from '../core/error.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { RowFilters } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import type { DatasetDeclaration, MockUser, Trigger } from '../sdk/index.ts';
import type { Outcome } from './execution.ts';

/** A domain as plain data: all of it but its code. */
export interface Manifest {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly datasets: Readonly<Record<string, DatasetDeclaration>>;
  readonly variables: Readonly<Record<string, Json>>;
  readonly mockUsers: readonly MockUser[];
  readonly processes: readonly ProcessManifest[];
  readonly at: SourceLocation;
}

export interface ProcessManifest {
  readonly name: string;
  readonly logics: readonly string[];
  readonly aggregator: string;
  readonly timeoutMs: number;
  readonly retry: number;
  readonly triggers: readonly Trigger[];
  readonly variables: Readonly<Record<string, Json>>;
  readonly inline: boolean;
  readonly at: SourceLocation;
}

/** One execution as its worker is told to run it. */
export interface Order {
  readonly id: string;
  readonly process: string;
  readonly revision: string;
  readonly timeoutMs: number;
  /** An `OrderBody`. */
  readonly json: string;
}

export interface OrderBody {
  readonly input: JsonObject;
  readonly subject: Subject;
  readonly variables: Readonly<Record<string, Json>>;
  /** Which rows exist for the subject, by type: conditions in CEL over `object`. */
  readonly filters: RowFilters;
}

/** Why an execution is stopped before its end. */
export type StopCode = 'EXECUTION_TIMED_OUT' | 'EXECUTION_CANCELLED';

export type ToWorker =
  | { readonly kind: 'run'; readonly order: Order }
  | { readonly kind: 'stop'; readonly id: string; readonly code: StopCode }
  | { readonly kind: 'ping' }
  | { readonly kind: 'answer'; readonly call: number; readonly json?: string; readonly fault?: Fault };

export type FromWorker =
  | { readonly kind: 'ready'; readonly manifest: Manifest }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | { readonly kind: 'call'; readonly id: string; readonly call: number; readonly to: AgentCall }
  | { readonly kind: 'log'; readonly id: string; readonly line: LogLine }
  | { readonly kind: 'pong' }
  | { readonly kind: 'finished'; readonly id: string; readonly outcome: Outcome };

/** An agent's method, called from a worker. `json` is the list of its arguments. */
export interface AgentCall {
  readonly logic: string;
  readonly agent: 'sql' | 'mesh' | 'events' | 'platform';
  readonly method: string;
  readonly json: string;
}

export interface LogLine {
  readonly logic: string;
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly details: JsonObject;
}

/** An error on its way between processes. */
export interface Fault {
  /** `null`: no error of Weft's. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly at: SourceLocation | null;
}

/** What of a thrown value crosses: code, message, place. */
export function faultOf(thrown: unknown): Fault {
  return {
    code: isWeftError(thrown) ? thrown.code : null,
    message: messageOf(thrown),
    at: isWeftError(thrown) ? (thrown.at ?? null) : null,
  };
}

/** The error again, on the other side; what was no error of Weft's takes the code given. */
export function errorOf({ code, message, at }: Fault, otherwise: ErrorCode): WeftError {
  return new WeftError(code ?? otherwise, { action: message, ...(at === null ? {} : { at }) });
}
