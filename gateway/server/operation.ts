/** One operation as the transports (HTTP, SSE, WebSocket, the mesh agent) hand it to the pipeline, and what they get back. */
import type { JsonObject } from '../../mesh/core/json.ts';
import type { Subject } from '../../mesh/core/subject.ts';

export interface OperationRequest {
  readonly query: string;
  /** Needed when the document has several operations. */
  readonly operationName: string | null;
  readonly variables: JsonObject;
  readonly subject: Subject;
  /** Headers that configuration lets through to subgraphs, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** HTTP GET may not run mutations. */
  readonly readOnly: boolean;
}

export interface OperationResult {
  /** The answer as JSON text (GraphQL specification, section 7.1). */
  readonly body: string;
  /** False when the request was refused before execution began: no `data` in the body. */
  readonly executed: boolean;
  /** HTTP status that fits: 200 once executed; for a refusal its code's status. */
  readonly status: number;
}

/** A subscription's stream: each text is one answer as JSON. */
export interface OperationStream {
  readonly stream: AsyncIterable<string>;
}

export interface Gateway {
  /** Runs a query or mutation. Never throws: what fails is in the result. A subscription is refused. */
  execute(request: OperationRequest, signal: AbortSignal): Promise<OperationResult>;
  /** Runs any operation; a query or mutation gives its one result. */
  subscribe(request: OperationRequest, signal: AbortSignal): Promise<OperationResult | OperationStream>;
}

/** Whether `subscribe` gave a stream. */
export function isStream(outcome: OperationResult | OperationStream): outcome is OperationStream {
  return 'stream' in outcome;
}
