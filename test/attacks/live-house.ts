/**
 * A mesh with secrets behind a gateway that trusts one issuer: real sockets before it, a feed of events that a test pushes,
 * and everything that its subgraphs were asked.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthenticator } from '../../gateway/auth/subject.ts';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import type { Config } from '../../mesh/core/config.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import type { Agreements } from '../../mesh/policy/agreements.ts';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import type { Enrolment } from '../../mesh/policy/roster.ts';
import { startTiny } from '../gateway/server/tiny.ts';
import { createTestGateway } from '../support/gateway.ts';
import { type Signer, createSigner, tokenOf, trustKeys } from '../support/issuer.ts';
import { type RulesByCoordinate, composeRuled } from '../support/ruled.ts';
import { createSubgraph, federation } from '../support/subgraph.ts';

/** Stands in every field that is protected. */
export const canary = 'canary-5d1f8e07';

const vaultSdl = `${federation('@key')}
  type Query {
    open: String
    secret: String
    scoped: String
    audited: String
    who: String
  }
  type Subscription {
    reading: Reading
    sealed: Reading
  }
  type Reading @key(fields: "id") {
    id: ID!
    open: Int
    secret: String
    plain: String
    until: String
  }
`;
const vaultRules: RulesByCoordinate = {
  'Query.secret': '@authenticated',
  'Query.scoped': '@requiresScopes(scopes: [["secret:read"]])',
  'Query.audited': '@policy(policies: [["audit"]])',
  'Subscription.sealed': '@policy(policies: [["inside"]])',
  'Reading.secret': '@policy(policies: [["inside"]])',
};
const notesSdl = `${federation('@key')}
  type Query { notes: Int }
  type Reading @key(fields: "id") { id: ID! note: String }
`;

export interface HouseOptions {
  readonly config?: Partial<Config>;
  /** What the named policies mean, in CEL. Default: `inside` and `audit` hold for nobody. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Directives beside those of the schema, by coordinate. */
  readonly rules?: RulesByCoordinate;
  readonly agreements?: Agreements;
  /** What the mesh says of subjects, by their ids. */
  readonly roster?: Readonly<Record<string, Partial<Enrolment>>>;
}

export async function openHouse(context: TestContext, { config = {}, ...law }: HouseOptions = {}) {
  const signer = createSigner('first');
  const auth = await trustKeys(context, [signer.jwk]);
  const clock = createClock();
  const feed = createFeed();
  const [gate, vaultGate] = [createGate(), createGate()];
  const vault = createVault(feed, vaultGate);
  const notes = createSubgraph('notes', notesSdl, {
    Reading: {
      __resolveReference: async ({ id }: { id: string }) => {
        await gate.pass();
        return { id, note: `note on ${id}` };
      },
    },
  });
  const subgraphs = [vault, notes];
  const supergraph = composeRuled(subgraphs, { ...vaultRules, ...law.rules });
  const { pipeline } = createTestGateway(subgraphs, { supergraph, governance: governanceOf(law), clock });
  const authenticate = createAuthenticator({ auth, clock });
  const tiny = await startTiny(context, { gateway: pipeline, authenticate, config, clock });
  const asked = (): string => JSON.stringify([...vault.requests, ...notes.requests]);
  return {
    ...tiny,
    signer,
    clock,
    feed,
    /** What completes an event waits there. */
    gate,
    /** And there what answers `secret`. */
    vaultGate,
    notesAsked: () => notes.requests.length,
    vault,
    pipeline,
    asked,
    token: (claims: Readonly<Record<string, unknown>> = {}) => tokenFor(signer, clock, claims),
    /** From now on the named policies mean something else, and with them the rules and agreements if there are any. */
    govern: (policies: Readonly<Record<string, string>>, next: Omit<HouseOptions, 'config' | 'policies'> = law) =>
      pipeline.swap({
        supergraph: readSupergraph(composeRuled(subgraphs, { ...vaultRules, ...next.rules })),
        subgraphs: pipeline.subgraphs(),
        governance: governanceOf({ ...next, policies }),
      }),
    ask: (query: string, headers: Readonly<Record<string, string>> = {}) => ask(tiny.url, { query, headers }),
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;

function createVault(feed: ReturnType<typeof createFeed>, gate: ReturnType<typeof createGate>) {
  const events = (field: string) => ({ subscribe: () => feed.follow(field) });
  return createSubgraph('vault', vaultSdl, {
    Query: {
      open: () => 'open',
      secret: async () => {
        await gate.pass();
        return canary;
      },
      scoped: () => canary,
      audited: () => canary,
      who: (_: unknown, __: unknown, { subject }: { subject: unknown }) => JSON.stringify(subject),
    },
    Subscription: { reading: events('reading'), sealed: events('sealed') },
  });
}

function tokenFor(signer: Signer, clock: Clock, claims: Readonly<Record<string, unknown>>): string {
  return tokenOf(signer, { claims: { exp: Math.floor(clock.now() / 1000) + 600, ...claims } });
}

function governanceOf({ policies = {}, agreements, roster = {} }: HouseOptions) {
  const unsaid = { roles: null, scopes: null, isWithdrawn: false };
  const named = Object.entries(policies).map(([name, text]) => [name, compileCondition(text)] as const);
  return {
    ...noGovernance,
    policies: new Map(named),
    agreements: agreements ?? null,
    roster: new Map(Object.entries(roster).map(([id, said]) => [id, { ...unsaid, ...said }])),
    revision: JSON.stringify([policies, roster]),
  };
}

/** The system's clock, and what a test puts it forward by. Timers know nothing of that. */
function createClock() {
  const clock = { ...systemClock, ahead: 0, now: () => systemClock.now() + clock.ahead };
  return clock;
}

/** Events that are pushed by hand to whoever listens. */
function createFeed() {
  const listeners = new Set<(event: unknown) => void>();
  const feed = {
    listening: () => listeners.size,
    /** To all who listen; waits until somebody does. */
    async push(id: string, more: Readonly<Record<string, unknown>> = {}) {
      for (let count = 0; listeners.size === 0; count++) {
        assert.ok(count < 1_000, 'nobody listens');
        await sleep(5);
      }
      for (const tell of listeners)
        tell({ id, open: id.length, secret: `${canary} ${id}`, plain: `${canary} ${id}`, ...more });
    },
    async *follow(field: string) {
      const waiting: unknown[] = [];
      let wake = (): void => {};
      const tell = (event: unknown): void => {
        waiting.push(event);
        wake();
      };
      listeners.add(tell);
      try {
        for (;;) {
          while (waiting.length > 0) yield { [field]: waiting.shift() };
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        listeners.delete(tell);
      }
    },
  };
  return feed;
}

/** Open until it is shut; then whoever passes waits. */
function createGate() {
  let opened = Promise.resolve();
  let open = (): void => {};
  let waiting = 0;
  return {
    waiting: () => waiting,
    shut() {
      opened = new Promise((resolve) => (open = resolve));
    },
    open: () => open(),
    async pass() {
      waiting += 1;
      await opened;
      waiting -= 1;
    },
  };
}

interface Asking {
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request over HTTP: its status and its very bytes. */
async function ask(
  url: string,
  { query, headers }: Asking,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, text: await response.text() };
}

/** Waits until it is so, for ten seconds at most. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count++) {
    assert.ok(count < 2_000, 'it did not come to pass in ten seconds');
    await sleep(5);
  }
}

export function assertNoCanary(...texts: readonly unknown[]): void {
  for (const text of texts) assert.ok(!JSON.stringify(text).includes(canary), `a secret in ${JSON.stringify(text)}`);
}
