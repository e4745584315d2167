/** The gateway's front, as every verb that runs a gateway puts it up: pipeline, authentication, page, health, port. */
import { type Authenticate, createAuthenticator } from '../gateway/auth/subject.ts';
import { type AccessRecorder, createAccessRecorder } from '../gateway/policy/access.ts';
import { createClientGateway, createDocuments } from '../gateway/server/documents.ts';
import type { Report } from '../gateway/server/failure.ts';
import type { GenerationParts } from '../gateway/server/generation.ts';
import { type Probe, createHealthRoute } from '../gateway/server/health.ts';
import { createHttpServer } from '../gateway/server/http.ts';
import { createPageRoute } from '../gateway/server/page.ts';
import { type Pipeline, createPipeline } from '../gateway/server/pipeline.ts';
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import { type MockUser, anonymous } from '../mesh/core/subject.ts';
import type { EventLog } from '../mesh/events/log.ts';

import { messageOf } from '../mesh/core/error.ts';
import { createGovernance } from '../mesh/policy/revision.ts';
import { readManifest } from './documents.ts';
import { readGovernance } from './governance.ts';
import type { Output } from './output.ts';
import { openMaskSecret } from './mask-secret.ts';

export interface FrontOptions extends GenerationParts {
  readonly config: Config;
  /** Why an older supergraph is served than there is, where supergraphs change. */
  readonly supergraphTrouble?: Probe;
  /** Documents that the page opens with. */
  readonly examples: readonly string[];
  readonly mockUsers: readonly MockUser[];
  /** Where access is recorded; `null` where there is no log. */
  readonly log: EventLog | null;
  /** What the gateway's readiness depends on beside the subgraphs, by name. */
  readonly parts: Readonly<Record<string, Probe>>;
  readonly output: Output;
}

export interface Front {
  readonly pipeline: Pipeline;
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** Takes no more requests, lets those under way finish, records what they read. */
  close(): Promise<void>;
}

/** Listens. Throws `PORT_IN_USE`, `CONFIG_INVALID` or `POLICY_INVALID`. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { config, log, output, supergraphTrouble: trouble } = options;
  const report: Report = (error, id) => output.note(`${id} ${messageOf(error)}`);
  const documents = createDocuments({ ...config.documents, manifest: readManifest(config.documents) });
  const recorder: AccessRecorder | null =
    log &&
    createAccessRecorder(log, {
      onFailure: (error) => output.note(`access could not be recorded: ${messageOf(error)}`),
    });
  const pipeline = createPipeline({
    ...options,
    governance: createGovernance(readGovernance(config.policy), options.supergraph, openMaskSecret(options)),
    limits: config.limits,
    labels: config.override.labels,
    clock: systemClock,
    recorder,
    report,
    shareRequests: config.traffic.shareRequests,
  });
  const server = createHttpServer({
    gateway: createClientGateway(pipeline, { documents, report }),
    authenticate: authenticatorFor(options),
    config,
    clock: systemClock,
    report,
    routes: [
      createHealthRoute({
        subgraphs: () =>
          Object.fromEntries(Array.from(pipeline.subgraphs(), ([name, one]) => [name, () => one.health()])),
        parts: options.parts,
        ...(trouble ? { supergraph: trouble } : {}),
      }),
      createPageRoute({ examples: options.examples }),
    ],
  });
  const { port } = await server.listen(config.port, config.host);
  return {
    pipeline,
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    async close() {
      await server.close();
      await recorder?.close();
    },
  };
}

/** With nobody to vouch for identities, everybody is anonymous here; a header that is forwarded is the subgraphs' to judge. */
function authenticatorFor({ config: { auth }, mockUsers }: FrontOptions): Authenticate {
  if (auth.issuers.length === 0 && mockUsers.length === 0) {
    return Object.assign(async () => anonymous, { known: () => anonymous });
  }
  return createAuthenticator({ auth, mockUsers, clock: systemClock });
}
