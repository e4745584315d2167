/** How composition says that it failed. */
import { WeftError } from '../../mesh/core/error.ts';

/** One error for all mistakes: alone, a mistake speaks for itself; else they are the cause, an `AggregateError`. */
export function compositionFailed(mistakes: readonly WeftError[]): WeftError {
  const [first] = mistakes;
  return new WeftError('COMPOSITION_FAILED', {
    action:
      mistakes.length === 1 && first ? first.message : `The subgraphs do not compose: ${mistakes.length} mistakes`,
    ...(first?.at ? { at: first.at } : {}),
    cause: new AggregateError(mistakes),
  });
}
