/**
 * Tells who asks, from the `authorization` header alone: a verified token, a mock user in development, or nobody. A
 * token is verified once; the subject it stands for is one frozen object, so that others may key their caches by it.
 */
import type { Clock } from '../../mesh/core/clock.ts';
import type { AuthConfig } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { anonymous, type MockUser, type Subject } from '../../mesh/core/subject.ts';
import { readClaims, type Identity } from './claims.ts';
import { createVerifier, type Refusal } from './jwt.ts';

export interface Authenticate {
  /**
   * The subject of a request from its `authorization` and `weft-purpose` headers; without the former it is anonymous.
   * Throws `UNAUTHENTICATED`, `BAD_REQUEST` for a purpose that the subject may not state, `SERVICE_UNAVAILABLE` when
   * an issuer's keys are out of reach.
   */
  (authorization: string | undefined, purpose: string | undefined): Promise<Subject>;
  /** The same subject where it can be told at once; `null` does not mean that there is none. */
  readonly known?: (authorization: string | undefined, purpose: string | undefined) => Subject | null;
}

export interface AuthenticatorOptions {
  readonly auth: AuthConfig;
  /** People that `authorization: Mock ID` may name. For development only; default none. */
  readonly mockUsers?: readonly MockUser[];
  readonly clock: Clock;
}

/** One subject for every purpose it may state, and for none. */
type Persona = ReadonlyMap<string | undefined, Subject>;

interface KnownToken {
  readonly persona: Persona;
  /** Milliseconds since the epoch: its end, or when its keys are to be looked at again. */
  readonly until: number;
}

const nobody: Persona = new Map([[undefined, anonymous]]);

/** Throws `CONFIG_INVALID` for an issuer whose keys cannot be read as configured. */
export function createAuthenticator({ auth, mockUsers = [], clock }: AuthenticatorOptions): Authenticate {
  const known = new Map<string, KnownToken>();
  let changes = 0;
  // A key that an issuer has withdrawn vouches for nobody any more.
  const onKeysChange = (): void => {
    changes += 1;
    known.clear();
  };
  const verify = createVerifier({ issuers: auth.issuers, clock, onKeysChange });
  const mocks = new Map(mockUsers.map((user) => [user.id, mockPersona(user)]));

  async function personaOf(authorization: string): Promise<Persona> {
    const hit = known.get(authorization);
    if (hit !== undefined && clock.now() < hit.until) return hit.persona;
    const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +(\S.*)$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'mock' && mocks.size > 0) return findMock(mocks, credentials);
    if (scheme.toLowerCase() !== 'bearer') throw refused('refused');

    const changesBefore = changes;
    const claims = await verify(credentials);
    if (typeof claims === 'string') throw refused(claims);
    const identity = readClaims(claims, auth.claims);
    if (identity === null) throw refused('refused');
    const persona = createPersona(identity);
    if (changes === changesBefore) remember(authorization, { persona, until: knownUntil(identity.subject, clock) });
    return persona;
  }

  function remember(authorization: string, token: KnownToken): void {
    known.delete(authorization);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= limits.tokensCachedMax) known.delete(oldest);
    known.set(authorization, token);
  }

  const authenticate = async (authorization: string | undefined, purpose: string | undefined): Promise<Subject> => {
    const persona = authorization === undefined ? nobody : await personaOf(authorization);
    const subject = persona.get(purpose);
    if (subject === undefined) throw purposeRefused(purpose, persona);
    return subject;
  };
  return Object.assign(authenticate, {
    known(authorization: string | undefined, purpose: string | undefined): Subject | null {
      if (authorization === undefined) return nobody.get(purpose) ?? null;
      const hit = known.get(authorization);
      return hit !== undefined && clock.now() < hit.until ? (hit.persona.get(purpose) ?? null) : null;
    },
  });
}

function createPersona({ subject, purposes }: Identity): Persona {
  return new Map<string | undefined, Subject>([
    [undefined, subject],
    ...purposes.map((purpose) => [purpose, Object.freeze({ ...subject, purpose })] as const),
  ]);
}

function mockPersona({ id, roles = [], scopes = [], purposes = [], domain, claims = {} }: MockUser): Persona {
  const subject = Object.freeze({
    ...anonymous,
    id,
    roles,
    scopes,
    domain: domain ?? null,
    claims: { ...claims, sub: id },
  });
  return createPersona({ subject, purposes });
}

/** A token that outlives a rotation of keys must not outlive the key it was signed with for long. */
function knownUntil({ expiresAt }: Subject, clock: Clock): number {
  return Math.min((expiresAt ?? 0) * 1000, clock.now() + limits.tokenCacheMs);
}

function findMock(mocks: ReadonlyMap<string, Persona>, id: string): Persona {
  const persona = mocks.get(id);
  if (persona !== undefined) return persona;
  throw new WeftError('UNAUTHENTICATED', {
    action: `Cannot authenticate as mock user "${id}"`,
    found: 'nobody of that name',
    wanted: `one of ${[...mocks.keys()].map((name) => `"${name}"`).join(', ')}`,
  });
}

/** The same words for every fault of a token: what is wrong with it helps its forger most. */
function refused(reason: Refusal): WeftError {
  return new WeftError('UNAUTHENTICATED', {
    action: 'Cannot authenticate the request',
    found: 'an authorization header that is not valid here',
    wanted: '"Bearer" and a valid token',
    fix: 'Get a new token, or leave the header out to ask as anonymous.',
    details: { reason },
  });
}

function purposeRefused(purpose: string | undefined, persona: Persona): WeftError {
  const allowed = [...persona.keys()].filter((name) => name !== undefined);
  return new WeftError('BAD_REQUEST', {
    action: `Cannot ask for the purpose "${purpose ?? ''}"`,
    found: allowed.length === 0 ? 'a subject that may state none' : 'a purpose that the subject may not state',
    wanted: allowed.length === 0 ? 'no weft-purpose header' : `one of ${allowed.map((name) => `"${name}"`).join(', ')}`,
  });
}
