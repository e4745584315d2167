/** One subscription of a subgraph as a protocol opens it. */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import type { WeftError } from '../../mesh/core/error.ts';
import type { SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import type { CallFault } from './connection.ts';

export interface Subscribing {
  readonly url: URL;
  readonly request: SubgraphRequest;
  /** `request.headers`, those that may be sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly eventBytesMax: number;
  readonly heartbeatMs: number;
  /** When it aborts, the subscription ends without an error. */
  readonly signal: CancelSignal;
  /** Checks a parsed answer; `plain`: its text held no backslash. Throws `SUBGRAPH_INVALID_RESPONSE`. */
  read(answer: unknown, plain: boolean): SubgraphResponse;
  /** An error that names the subgraph. */
  refuse(fault: CallFault): WeftError;
}
