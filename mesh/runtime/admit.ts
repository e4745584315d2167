/** Who may ask a domain that is served alone: its gateway, on behalf of whom its context says; or everybody, in development. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import { WeftError, isWeftError } from '../core/error.ts';
import { wholeView } from '../core/subgraph.ts';
import { anonymous } from '../core/subject.ts';
import { type SubgraphContext, contextHeader } from '../identity/context.ts';
import { createContextVerifier } from '../identity/context-verifier.ts';

/**
 * `everybody`, as nobody in particular; or those who bring a context that is signed with the keys of this set (`file:PATH` or an
 * address): with `null` there is no such gateway.
 */
export type Callers = 'everybody' | { readonly jwks: string | null };

export interface AdmissionOptions {
  /** The subgraph's. */
  readonly name: string;
  readonly callers: Callers;
  readonly clock: Clock;
}

export interface Admit {
  /** On whose behalf a request asks. Throws `UNAUTHENTICATED`, or `SERVICE_UNAVAILABLE` when that cannot be told now. */
  (headers: IncomingHttpHeaders): Promise<SubgraphContext>;
}

/** Throws `CONFIG_INVALID` for keys that cannot be had as configured. */
export function createAdmission({ name, callers, clock }: AdmissionOptions): Admit {
  if (callers === 'everybody') return async () => ({ subject: anonymous, view: wholeView });
  const { jwks } = callers;
  if (jwks === null) return async () => Promise.reject(nobody(name));
  const verify = createContextVerifier({ name, jwks, clock });
  return (headers) => {
    const token = headers[contextHeader];
    return verify(typeof token === 'string' ? token : undefined);
  };
}

/** Answers a request that was not admitted, in the form of GraphQL over HTTP. */
export function refuse(response: ServerResponse, error: unknown): void {
  const shown = isWeftError(error) && error.kind.public ? error : unknown();
  const body = JSON.stringify({ errors: [{ message: shown.message, extensions: { code: shown.code } }] });
  response.writeHead(shown.kind.status, { 'content-type': 'application/json; charset=utf-8' }).end(body);
}

function unknown(): WeftError {
  return new WeftError('INTERNAL_SERVER_ERROR', { action: 'Internal error' });
}

function nobody(name: string): WeftError {
  return new WeftError('UNAUTHENTICATED', {
    action: `Cannot ask subgraph "${name}"`,
    found: 'no gateway that it trusts',
    wanted: 'one that signs the requests',
    fix: 'Start it with --gateway URL or with gateway.jwks in its configuration; in development, with --dev.',
  });
}
