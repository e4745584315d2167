/** The gateway's front, as every verb that runs a gateway puts it up: pipeline, authentication, page, health, port. */
import { type Authenticate, createAuthenticator } from '../gateway/auth/subject.ts';
import { type AccessRecorder, createAccessRecorder } from '../gateway/policy/access.ts';
import { createClientGateway, createDocuments } from '../gateway/server/documents.ts';
import type { Report } from '../gateway/server/failure.ts';
import type { GenerationParts } from '../gateway/server/generation.ts';
import { type Probe, createHealthRoute } from '../gateway/server/health.ts';
import { createHttpServer } from '../gateway/server/http.ts';
import { createKeysRoute } from '../gateway/server/keys.ts';
import { type OperationRecorder, openOperationRecorder } from '../gateway/server/operation-recorder.ts';
import { createPageRoute } from '../gateway/server/page.ts';
import { type Pipeline, createPipeline } from '../gateway/server/pipeline.ts';
import { type Guarded, createPolicyGuard } from '../gateway/server/policy-guard.ts';
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import type { PolicyChanged } from '../mesh/core/event.ts';
import { type MockUser, anonymous } from '../mesh/core/subject.ts';
import type { EventLog } from '../mesh/events/log.ts';

import { messageOf } from '../mesh/core/error.ts';
import type { Governance } from '../mesh/policy/governance.ts';
import type { ContextSigner } from '../mesh/identity/context-signer.ts';
import { openAuditChain } from './audit-trail.ts';
import { readManifest } from './documents.ts';
import { type GovernanceFiles, noteUnknownProducts, readGovernance } from './governance.ts';
import type { Output } from './output.ts';
import { openMaskSecret } from './mask-secret.ts';
import { type PolicyWatch, watchPolicy } from './policy-watch.ts';

export interface FrontOptions extends GenerationParts {
  readonly config: Config;
  /** Why an older supergraph is served than there is, where supergraphs change. */
  readonly supergraphTrouble?: Probe;
  /** The supergraph in service under changed policies. Absent: the files of policy are not watched. */
  readonly renew?: (files: GovernanceFiles) => GenerationParts;
  /** Documents that the page opens with. */
  readonly examples: readonly string[];
  readonly mockUsers: readonly MockUser[];
  /** Where access is recorded; `null` where there is no log. */
  readonly log: EventLog | null;
  /** What the gateway's readiness depends on beside the subgraphs, by name. */
  readonly parts: Readonly<Record<string, Probe>>;
  /** Whose keys subgraphs trust. */
  readonly signer: ContextSigner;
  readonly output: Output;
}

export interface Front {
  readonly pipeline: Pipeline;
  /** Swaps in another supergraph, under the policies in service. Throws `POLICY_WEAKENED`. */
  readonly swap: Pipeline['swap'];
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Takes no more requests, lets those under way finish, records what they read. */
  close(): Promise<void>;
}

/** Listens. Throws `PORT_IN_USE`, `CONFIG_INVALID` or `POLICY_INVALID`. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { config, log, output } = options;
  const report: Report = (error, id) => output.note(`${id} ${messageOf(error)}`);
  const documents = createDocuments({ ...config.documents, manifest: readManifest(config.documents) });
  const chain = log && (await openAuditChain(log, config));
  const recorder: AccessRecorder | null =
    chain &&
    createAccessRecorder(chain, {
      onFailure: (error) => output.note(`access is not recorded yet, and tried again: ${messageOf(error)}`),
    });
  const files = readGovernance(config.policy);
  noteUnknownProducts(files, options.supergraph, output.note);
  const guard = createPolicyGuard({
    supergraph: options.supergraph,
    governance: files,
    maskSecret: openMaskSecret(options),
    isWeakeningAcknowledged: config.policy.acknowledgeWeakening,
    note: output.note,
    record: (change) => recorder?.recordChange(change),
  });
  const operations = await openOperations(options, guard.governance);
  const unwatched = createPipeline({
    ...options,
    governance: guard.governance,
    limits: config.limits,
    labels: config.override.labels,
    clock: systemClock,
    recorder,
    report,
    shareRequests: config.traffic.shareRequests,
    disclosure: config.policy,
  });
  const pipeline = operations?.watch(unwatched) ?? unwatched;
  const guarded = guard.guard(pipeline);
  const watch = watchFiles(options, files, guarded);
  const server = createHttpServer({
    gateway: createClientGateway(pipeline, { documents, report }),
    authenticate: authenticatorFor(options),
    config,
    clock: systemClock,
    report,
    routes: [
      healthOf(options, pipeline, watch),
      createKeysRoute(options.signer),
      createPageRoute({ examples: options.examples }),
    ],
  });
  const { port } = await server.listen(config.port, config.host).catch(async (error: unknown) => {
    await watch?.close();
    await chain?.close();
    throw error;
  });
  recorder?.recordChange(inService(guard.governance, config.policy));
  return {
    pipeline,
    swap: guarded.swap,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    async close() {
      await watch?.close();
      await server.close();
      await recorder?.close();
      await chain?.close();
      await operations?.close();
    },
  };
}

function healthOf({ parts, supergraphTrouble: trouble }: FrontOptions, pipeline: Pipeline, watch: PolicyWatch | null) {
  return createHealthRoute({
    subgraphs: () => Object.fromEntries(Array.from(pipeline.subgraphs(), ([name, one]) => [name, () => one.health()])),
    parts,
    ...(trouble ? { supergraph: trouble } : {}),
    ...(watch ? { policy: async () => watch.trouble() } : {}),
  });
}

/** What a record says of the policy that a gateway starts with. */
function inService(
  { revision }: Pick<Governance, 'revision'>,
  { acknowledgeWeakening: isWeakeningAcknowledged }: Config['policy'],
): Omit<PolicyChanged, 'audit'> {
  const changes = { weakened: [], tightened: [], leftOut: 0 };
  return { before: null, after: revision, isTaken: true, isWeakeningAcknowledged, ...changes };
}

/** Records operations where the configuration says so. */
async function openOperations(
  { config, supergraph, output: { note } }: FrontOptions,
  governance: Governance,
): Promise<OperationRecorder | null> {
  const { record: file } = config.policy;
  return file === null ? null : openOperationRecorder({ file, supergraph, governance, limits: config.limits, note });
}

/** Where the supergraph in service can be had again, what the files of policy come to say takes effect. */
function watchFiles(
  { config: { policy }, renew, output: { note } }: FrontOptions,
  first: GovernanceFiles,
  guarded: Guarded,
): PolicyWatch | null {
  const paths = [policy.file, policy.agreements, policy.subjects];
  if (renew === undefined || paths.every((path) => path === null)) return null;
  const take = (files: GovernanceFiles): Promise<void> =>
    guarded.govern(files, () => {
      const parts = renew(files);
      noteUnknownProducts(files, parts.supergraph, note);
      return parts;
    });
  return watchPolicy({ policy, first, take, note });
}

/** With nobody to vouch for identities, everybody is anonymous here; a header that is forwarded is the subgraphs' to judge. */
function authenticatorFor({ config: { auth }, mockUsers }: FrontOptions): Authenticate {
  if (auth.issuers.length === 0 && mockUsers.length === 0) {
    return Object.assign(async () => anonymous, { known: () => anonymous });
  }
  return createAuthenticator({ auth, mockUsers, clock: systemClock });
}
