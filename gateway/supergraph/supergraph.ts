/** A supergraph in use: what clients see, how it is planned, and what binds them. */
import { type DocumentNode, parse } from 'graphql';
import { WeftError, isWeftError, messageOf } from '../../mesh/core/error.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Policy } from '../../mesh/policy/rules.ts';
import { unreadableRule } from '../../mesh/policy/usage.ts';
import { type Planner, createPlanner } from '../plan/planner.ts';
import { readRequired } from './required.ts';

export interface Supergraph extends Policy {
  readonly sdl: string;
  readonly planner: Planner;
}

/** Reads a supergraph SDL, whoever composed it. Throws `COMPOSITION_FAILED` or `POLICY_INVALID`. */
export function readSupergraph(sdl: string): Supergraph {
  try {
    const planner = createPlanner(sdl);
    const document = parse(sdl, { noLocation: true });
    assertReadable(document);
    const policy = readPolicy(document);
    if (policy.rules.size === 0) return { sdl, planner, ...policy };
    return { sdl, planner, ...policy, required: readRequired(document, planner.wholeSchema) };
  } catch (cause) {
    if (isWeftError(cause)) throw cause;
    throw new WeftError('COMPOSITION_FAILED', { action: 'Cannot read the supergraph', found: messageOf(cause), cause });
  }
}

/** What may be a rule and cannot be read as one must not be served as if there were none. */
function assertReadable(document: DocumentNode): void {
  const found = unreadableRule(document);
  if (found === null) return;
  throw new WeftError('POLICY_INVALID', {
    action: 'Cannot read the rules of the supergraph',
    found,
    wanted: 'links to "https://weft.dev/weft/v1.0" for all of them',
    fix: 'Compose it with `weft compose`, or let `@composeDirective` carry the directives.',
  });
}
