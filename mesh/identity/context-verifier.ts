/** The subgraph's side of `weft-context`: takes a request's context for true when its gateway signed it for this subgraph, just now. */
import type { Clock } from '../core/clock.ts';
import { WeftError, isWeftError } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import { type SubgraphContext, contextAlgorithm, contextIssuer, contextOf, contextType } from './context.ts';
import { decodeProtectedHeader, errors, jwtVerify } from './jose.ts';
import { KeySet } from './key-set.ts';

export interface ContextVerifierOptions {
  /** Of the subgraph: the audience. */
  readonly name: string;
  /** The gateway's key set: `file:PATH`, an `https:` address, or an `http:` address on the loopback. */
  readonly jwks: string;
  readonly clock: Clock;
}

export interface VerifyContext {
  /** What the header says. Throws `UNAUTHENTICATED`, or `SERVICE_UNAVAILABLE` when the gateway's keys are out of reach. */
  (token: string | undefined): Promise<SubgraphContext>;
}

/** One token comes with many requests. */
interface Known {
  readonly context: SubgraphContext;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Throws `CONFIG_INVALID` for keys that cannot be had as configured. */
export function createContextVerifier({ name, jwks, clock }: ContextVerifierOptions): VerifyContext {
  const known = new Map<string, Known>();
  const keys = new KeySet({
    jwks,
    owner: 'the gateway',
    clock,
    coolDownMs: limits.contextKeysCoolDownMs,
    onChange: () => known.clear(),
  });
  const remember = (token: string, one: Known): SubgraphContext => {
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= limits.contextsCachedMax) known.delete(oldest);
    known.set(token, one);
    return one.context;
  };

  return async (token) => {
    if (token === undefined) throw refused('no context');
    const hit = known.get(token);
    if (hit !== undefined && clock.now() < hit.until) return hit.context;
    known.delete(token);
    try {
      assertPlainHeader(token);
      const { payload } = await jwtVerify(token, keys.find, {
        algorithms: [contextAlgorithm],
        typ: contextType,
        issuer: contextIssuer,
        audience: name,
        requiredClaims: ['exp', 'iat'],
        // Signed longer ago than a context may last: it is refused, however long it says that it does.
        maxTokenAge: limits.contextMs / 1_000,
        clockTolerance: limits.contextLeewayMs / 1_000,
        currentDate: new Date(clock.now()),
      });
      const context = contextOf(payload['weft']);
      // Addressed to several subgraphs, one of them could use it with another.
      if (context === null || typeof payload.aud !== 'string') throw refused('a context of another form');
      return remember(token, { context, until: (payload.exp ?? 0) * 1_000 });
    } catch (error) {
      if (isWeftError(error)) throw error;
      if (error instanceof errors.JOSEError) throw refused(reasonOf(error), error);
      throw error;
    }
  };
}

/** A token says by which key it is signed and nothing else of keys: with `jwk`, `jku` or `x5u` it would bring its own. */
function assertPlainHeader(token: string): void {
  const header = headerOf(token);
  const isPlain = Object.keys(header).every((name) => ['alg', 'typ', 'kid'].includes(name));
  if (!isPlain || typeof header['kid'] !== 'string' || header['kid'] === '') throw refused('a context of another form');
}

function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return { ...decodeProtectedHeader(token) };
  } catch (cause) {
    throw refused('something that is no token', cause);
  }
}

/** The subgraph is asked by its gateway alone, whose operator has to find out; it says no more than a forger knows. */
function reasonOf(error: Error): string {
  if (error instanceof errors.JWTExpired) return 'a context that has ended';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return 'a context for another subgraph';
  return 'a context that the gateway has not signed';
}

function refused(found: string, cause?: unknown): WeftError {
  return new WeftError('UNAUTHENTICATED', {
    action: 'Cannot answer a request that did not come through the gateway',
    found,
    wanted: 'a valid "weft-context" header',
    fix: 'Ask the gateway; in its configuration `subgraphs.NAME.context` is to be true for this subgraph.',
    cause,
  });
}
