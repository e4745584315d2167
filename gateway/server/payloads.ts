/** The stream of an answer in parts: each part of a query or mutation with `@defer` is written once it is there. */
import { abortSignalOf } from '../../mesh/core/cancel.ts';
import type { ResultObject } from '../execute/collect.ts';
import type { CompiledOperation } from '../execute/operation.ts';
import { startParts } from '../execute/parts.ts';
import { Payloads } from '../execute/payloads.ts';
import type { ExecutionContext } from '../execute/run.ts';

export interface PayloadsGround {
  readonly operation: CompiledOperation;
  readonly context: ExecutionContext;
  /** What is known before anything is fetched. */
  readonly data: ResultObject;
  /** Called once, when the stream has ended, or its request before anybody read it. */
  readonly onClose: () => void;
}

/** Nothing is asked before the first payload is wanted; whoever leaves ends what is under way. */
export function streamPayloads(ground: PayloadsGround): AsyncIterable<string> {
  const { onClose, context } = ground;
  let isOpen = true;
  const close = (): void => {
    if (isOpen) onClose();
    isOpen = false;
  };
  let isRead = false;
  context.signal.addEventListener('abort', () => isRead || close(), { once: true });
  return {
    [Symbol.asyncIterator]() {
      isRead = true;
      return writePayloads(ground, close);
    },
  };
}

async function* writePayloads(
  { operation, context, data }: PayloadsGround,
  close: () => void,
): AsyncGenerator<string, void, void> {
  const { groups, deferral, introspect } = operation;
  const leaving = new AbortController();
  const signal = AbortSignal.any([abortSignalOf(context.signal), leaving.signal]);
  try {
    if (deferral === null) throw new Error('Nothing of the operation is deferred.');
    const parts = startParts({ groups, deferral, data }, { ...context, signal });
    if (introspect !== null) parts.primary.result.plain = false;
    const payloads = new Payloads(operation, deferral, parts);
    yield await payloads.first();
    while (payloads.hasNext) yield await payloads.next();
  } finally {
    leaving.abort();
    close();
  }
}
