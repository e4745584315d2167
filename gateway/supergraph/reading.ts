/** What every source of supergraphs gives. */
import { WeftError, messageOf } from '../../mesh/core/error.ts';

/** What a look at the source brought: a text, or why there is none. */
export type Reading =
  | { readonly kind: 'text'; readonly sdl: string }
  | { readonly kind: 'failure'; readonly error: WeftError };

export interface SupergraphSource {
  /** How messages call it. Holds no secrets. */
  readonly location: string;
  /**
   * First what is there now, then whatever is there when that has changed: a text that was seen before comes again only
   * after failures. Looks as often as it is asked for the next reading, so a slow reader misses what was in between.
   * Ends when the signal aborts.
   */
  read(signal: AbortSignal): AsyncIterable<Reading>;
}

/** A reading of a source that cannot be had. */
export function failure(location: string, found: string, cause?: unknown): Reading {
  const error = new WeftError('SUPERGRAPH_UNAVAILABLE', {
    action: `Cannot read the supergraph from "${location}"`,
    found,
    wanted: 'a supergraph SDL',
    ...(cause === undefined ? {} : { cause }),
  });
  return { kind: 'failure', error };
}

/** A reading that failed as something of the system says. */
export function failureOf(location: string, cause: unknown): Reading {
  return failure(location, messageOf(cause), cause);
}
