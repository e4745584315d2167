/** `weft start`: the whole mesh in one process: log, lineage, every domain, and the gateway before them. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpSubgraph } from '../gateway/execute/http.ts';
import type { GenerationParts } from '../gateway/server/generation.ts';
import { createMeshQuery } from '../gateway/server/mesh.ts';
import type { ComposedSubgraph } from '../gateway/supergraph/compose.ts';
import { readSupergraph } from '../gateway/supergraph/supergraph.ts';
import { systemClock } from '../mesh/core/clock.ts';
import { type Config, readEnvironment } from '../mesh/core/config.ts';
import { WeftError, isWeftError, messageOf } from '../mesh/core/error.ts';
import { type SchemaSightOf, blind } from '../mesh/core/schema-sight.ts';
import type { MeshQuery, Subgraph } from '../mesh/core/subgraph.ts';
import { openLog } from '../mesh/events/open.ts';
import { openStore } from '../mesh/lineage/open.ts';
import type { ContextSigner } from '../mesh/identity/context-signer.ts';
import { startProjector } from '../mesh/lineage/project.ts';
import { openHost } from '../mesh/runtime/host.ts';
import { logFile } from './audit-trail.ts';
import { commonFlags, defineCommand } from './command.ts';
import { composeMesh } from './composition.ts';
import { readConfig } from './config.ts';
import { openSigner } from './context-signer.ts';
import { domainFolders, platformDomains } from './domains.ts';
import { withEarlyKeys } from './early-keys.ts';
import { openFront } from './front.ts';
import { type GovernanceFiles, readGovernance, withMeshPolicies } from './governance.ts';
import type { Output } from './output.ts';
import { openRemote } from './remote.ts';
import { recallSdl, rememberSdl } from './remembered.ts';
import { untilStopped } from './stop.ts';

export const command = defineCommand({
  description: 'Runs the gateway and every domain of this mesh. Stops on SIGTERM or SIGINT, after what is under way.',
  flags: commonFlags,
  async run({ flags: { config: file, ...flags }, output }) {
    const startedAt = systemClock.monotonic();
    const config = readConfig({ file, flags, readEnvironment });
    await using mesh = await openMesh(config, output);
    output.ready(
      [
        ['gateway', `${mesh.url}/graphql`],
        ['page', `${mesh.url}/`],
        ['subgraphs', mesh.subgraphs.map((subgraph) => subgraph.name).join(', ')],
        ['log', mesh.log],
        ['lineage', mesh.lineage],
      ],
      systemClock.monotonic() - startedAt,
    );
    await untilStopped();
    return 0;
  },
});

interface Mesh extends AsyncDisposable {
  readonly url: string;
  readonly subgraphs: readonly Subgraph[];
  readonly log: string;
  readonly lineage: string;
}

/** Opens everything, each part after those it needs; closes it in the reverse order, also when a later part fails to open. */
async function openMesh(config: Config, output: Output): Promise<Mesh> {
  await using parts = new AsyncDisposableStack();
  const log = parts.adopt(await openLog(logFile(config)), (one) => one.close());
  const store = parts.adopt(await openStore(config.neo4jUrl ?? join(config.data, 'lineage.db')), (one) => one.close());
  const projector = parts.adopt(startProjector({ log, store }), (one) => one.close());

  // Processes ask the mesh that they are part of; it stands once the gateway does.
  const late: { ask: MeshQuery; sightOf: SchemaSightOf } = {
    ask: () => Promise.reject(notYet()),
    sightOf: () => blind,
  };
  const host = parts.adopt(
    await openHost({
      folders: domainFolders(),
      log,
      store,
      meshQuery: (request, signal) => late.ask(request, signal),
      sightOf: (subject) => late.sightOf(subject),
      variables: (domain) => config.domains[domain]?.variables ?? {},
      clock: systemClock,
      writeLine: output.note,
      platformDomains,
    }),
    (one) => one.close(),
  );
  const signer = openSigner(config);
  const { remote, absent } = await withEarlyKeys({ config, signer }, () => openRemotes(config, signer, output));
  for (const one of remote) parts.adopt(one, () => one.close());

  const subgraphs: readonly Subgraph[] = [...host.subgraphs, ...remote];
  const policy = withMeshPolicies(config.policy);
  const compose = ({ classes }: Pick<GovernanceFiles, 'classes'>): GenerationParts => {
    const isPartial = remote.length < Object.keys(config.subgraphs).length;
    const options = { classes, isPartial, absent, note: output.note };
    const { sdl } = composeMesh(subgraphs.map(withUrl(config)), options);
    return {
      supergraph: readSupergraph(sdl),
      subgraphs: new Map(subgraphs.map((subgraph) => [subgraph.name, subgraph])),
    };
  };
  const front = parts.adopt(
    await openFront({
      config: { ...config, policy },
      ...compose(readGovernance(policy)),
      renew: compose,
      examples: readExamples(),
      mockUsers: config.auth.issuers.length === 0 ? host.domains.flatMap((domain) => domain.mockUsers) : [],
      log,
      parts: { log: () => log.end().then(() => null), lineage: async () => (await projector.status()).error },
      signer,
      output,
    }),
    (one) => one.close(),
  );
  late.ask = createMeshQuery(front.pipeline);
  late.sightOf = front.pipeline.sightOf;
  host.start();

  const opened = parts.move();
  return {
    url: front.url,
    subgraphs,
    log: shorten(log.location),
    lineage: shorten(store.location),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

interface Remotes {
  readonly remote: readonly HttpSubgraph[];
  /** Schemas of those that are not there, from when they were. */
  readonly absent: readonly ComposedSubgraph[];
}

/** A subgraph that does not give its schema is left out, and said so: the mesh starts with the rest, bound by its rules all the same. */
async function openRemotes(config: Config, signer: ContextSigner, output: Output): Promise<Remotes> {
  const absent: ComposedSubgraph[] = [];
  const opened = await Promise.all(
    Object.entries(config.subgraphs).map(async ([name, subgraph]) => {
      try {
        const remote = await openRemote(name, subgraph, { config, signer });
        rememberSdl(config, name, remote.sdl);
        return [remote];
      } catch (error) {
        if (subgraph.schemaFile !== null || isWeftError(error, 'STORE_UNAVAILABLE')) throw error;
        const known = recallSdl(config, name);
        if (known !== null) absent.push({ name, ...known });
        const rules = known === null ? 'nothing is known of its rules' : 'its rules bind the rest';
        output.note(`subgraph ${name} is left out, ${rules}: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return { remote: opened.flat(), absent };
}

function withUrl(config: Config) {
  return ({ name, sdl, origin }: Subgraph) => {
    const url = config.subgraphs[name]?.routingUrl;
    return { name, sdl, origin, ...(url === undefined ? {} : { url }) };
  };
}

const examples = fileURLToPath(new URL('../subgraphs/examples', import.meta.url));

function readExamples(): readonly string[] {
  return readdirSync(examples)
    .toSorted()
    .map((name) => readFileSync(join(examples, name), 'utf8'));
}

/** Paths in the banner are as short as they can be. */
function shorten(location: string): string {
  return location.replaceAll(/\S*\/\S+/g, (path) => {
    const near = relative('', path);
    return path.startsWith('/') && !near.startsWith('..') ? near || basename(path) : path;
  });
}

function notYet(): WeftError {
  return new WeftError('AGENT_FAILED', { action: 'Cannot ask the mesh while it starts' });
}
