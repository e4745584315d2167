/** A supergraph in use: what clients see, how it is planned, and what binds them. */
import { parse } from 'graphql';
import { WeftError, isWeftError, messageOf } from '../../mesh/core/error.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Policy } from '../../mesh/policy/rules.ts';
import { type Planner, createPlanner } from '../plan/planner.ts';

export interface Supergraph extends Policy {
  readonly sdl: string;
  readonly planner: Planner;
}

/** Reads a supergraph SDL, whoever composed it. Throws `COMPOSITION_FAILED` or `POLICY_INVALID`. */
export function readSupergraph(sdl: string): Supergraph {
  try {
    return { sdl, planner: createPlanner(sdl), ...readPolicy(parse(sdl, { noLocation: true })) };
  } catch (cause) {
    if (isWeftError(cause)) throw cause;
    throw new WeftError('COMPOSITION_FAILED', { action: 'Cannot read the supergraph', found: messageOf(cause), cause });
  }
}
