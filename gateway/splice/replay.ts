/** What a request has fetched before it had to be executed the general way, so that nothing is fetched twice. */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { ExecutionContext } from '../execute/run.ts';
import type { SharedCall } from './call.ts';

export interface Replay {
  /** Where to execute the operation: subgraphs that answer from what was fetched where they can. */
  readonly context: ExecutionContext;
}

export function createReplay(calls: readonly SharedCall[], context: ExecutionContext): Replay {
  const subgraphs = new Map(
    [...context.subgraphs].map(([name, subgraph]) => {
      const own = calls.filter((call) => call.group.group.subgraph === name);
      return [name, own.length === 0 ? subgraph : replaying(subgraph, own)];
    }),
  );
  return { context: { ...context, subgraphs } };
}

/**
 * A call that others shared asked for more than this request wants, so it is made again for it alone: what was wrong with
 * it may be theirs. A subgraph that did not answer is not asked again.
 */
function replaying(subgraph: Subgraph, calls: readonly SharedCall[]): Subgraph {
  return {
    ...subgraph,
    async fetch(request, signal) {
      const same = calls.find((call) => call.group.group.query === request.query && call.response !== null);
      const isDown = isWeftError(same?.failure) && same.failure.code !== 'SUBGRAPH_INVALID_RESPONSE';
      if (signal.aborted || !same?.response || !(isDown || same.variablesJson === request.variablesJson)) {
        return subgraph.fetch(request, signal);
      }
      const response = await beforeAbort(same.response, signal);
      const own = response?.fresh?.() ?? (same.joinCount === 1 ? response : null);
      return own ?? subgraph.fetch(request, signal);
    },
  };
}

/** `null` when the signal is first. */
function beforeAbort<Value>(promise: Promise<Value>, signal: CancelSignal): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(null);
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
