/** One operation as the transports (HTTP, SSE, WebSocket) and the mesh agent hand it on, and what they get back. */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import type { Subject } from '../../mesh/core/subject.ts';

export interface OperationRequest {
  /** By which its client can ask what was decided on it. Default: it has none. */
  readonly id?: string;
  readonly query: string;
  /** Needed when the document has several operations. */
  readonly operationName: string | null;
  readonly variables: JsonObject;
  readonly subject: Subject;
  /** Headers that configuration lets through to subgraphs, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP GET may not run mutations. */
  readonly readOnly: boolean;
  /** Whether its client reads one answer in parts. Default true; `execute` answers at once whatever is said here. */
  readonly mayDefer?: boolean;
}

/** An operation as a client asks for it: its document written out, named, or both. */
export interface ClientRequest extends Omit<OperationRequest, 'query'> {
  /** `null` when the document is only named. */
  readonly query: string | null;
  /** The document's id (GraphQL over HTTP, appendix "Persisted Documents"); never beside a text or a hash. */
  readonly documentId: string | null;
  /** The SHA-256 hash of its text in lower-case hex (Apollo's automatic persisted queries). */
  readonly hash: string | null;
}

export interface OperationResult {
  /** The answer as JSON text (GraphQL specification, section 7.1). */
  readonly body: string;
  /** `body` holds the answer's bytes in UTF-8, one character a byte (`textOf` reads it). Default: it is the text itself. */
  readonly latin1?: boolean;
  /** False when the request was refused before execution began: no `data` in the body. */
  readonly executed: boolean;
  /** HTTP status that fits: 200 once executed; for a refusal its code's status. */
  readonly status: number;
  /** Others get this very result as well, so what is made of it is worth keeping while it is there. */
  readonly isShared?: boolean;
}

/** The answer as text, whichever way the result holds it. */
export function textOf({ body, latin1 }: Pick<OperationResult, 'body' | 'latin1'>): string {
  return latin1 === true ? Buffer.from(body, 'latin1').toString('utf8') : body;
}

export interface OperationStream {
  /**
   * `events`: a subscription's, each text one answer as JSON. `incremental`: the one answer of a query or mutation in
   * parts, each text one payload as JSON; the request's deadline holds until it ends.
   */
  readonly kind: 'events' | 'incremental';
  readonly stream: AsyncIterable<string>;
}

/** The pipeline takes operations whose document is written out; before it stands what takes a client's. */
export interface Gateway<Request = OperationRequest> {
  /** Runs a query or mutation, answered at once. Never throws: what fails is in the result. A subscription is refused. */
  execute(request: Request, signal: CancelSignal): Promise<OperationResult>;
  /** Runs any operation; a query or mutation in which nothing is deferred gives its one result. */
  subscribe(request: Request, signal: CancelSignal): Promise<OperationResult | OperationStream>;
}

/** Whether `subscribe` gave a stream. */
export function isStream(outcome: OperationResult | OperationStream): outcome is OperationStream {
  return 'stream' in outcome;
}

/** Whether the request's deadline holds on while its outcome is sent: parts of one answer are late together. */
export function hasDeadline(outcome: OperationResult | OperationStream): boolean {
  return isStream(outcome) && outcome.kind === 'incremental';
}
