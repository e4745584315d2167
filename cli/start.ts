/** `weft start`: the whole mesh in one process: log, lineage, every domain, and the gateway before them. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpSubgraph } from '../gateway/execute/http.ts';
import type { GenerationParts } from '../gateway/server/generation.ts';
import { createMeshQuery } from '../gateway/server/mesh.ts';
import { readSupergraph } from '../gateway/supergraph/supergraph.ts';
import { systemClock } from '../mesh/core/clock.ts';
import { type Config, readEnvironment } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import type { MeshQuery, Subgraph } from '../mesh/core/subgraph.ts';
import { openLog } from '../mesh/events/open.ts';
import { openStore } from '../mesh/lineage/open.ts';
import type { ContextSigner } from '../mesh/identity/context-signer.ts';
import { startProjector } from '../mesh/lineage/project.ts';
import { openHost } from '../mesh/runtime/host.ts';
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
  const log = parts.adopt(await openLog(join(config.data, 'log.db')), (one) => one.close());
  const store = parts.adopt(await openStore(config.neo4jUrl ?? join(config.data, 'lineage.db')), (one) => one.close());
  const projector = parts.adopt(startProjector({ log, store }), (one) => one.close());

  // Processes ask the mesh that they are part of; it stands once the gateway does.
  const late: { ask: MeshQuery } = { ask: () => Promise.reject(notYet()) };
  const host = parts.adopt(
    await openHost({
      folders: domainFolders(),
      log,
      store,
      meshQuery: (request, signal) => late.ask(request, signal),
      variables: (domain) => config.domains[domain]?.variables ?? {},
      clock: systemClock,
      writeLine: output.note,
      platformDomains,
    }),
    (one) => one.close(),
  );
  const signer = openSigner(config);
  const remote = await withEarlyKeys({ config, signer }, () => openRemotes(config, signer, output));
  for (const one of remote) parts.adopt(one, () => one.close());

  const subgraphs: readonly Subgraph[] = [...host.subgraphs, ...remote];
  const policy = withMeshPolicies(config.policy);
  const compose = ({ classes }: Pick<GovernanceFiles, 'classes'>): GenerationParts => {
    const isPartial = remote.length < Object.keys(config.subgraphs).length;
    const { sdl } = composeMesh(subgraphs.map(withUrl(config)), { classes, isPartial, note: output.note });
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

/** A subgraph that does not give its schema is left out, and said so: the mesh starts with the rest. */
async function openRemotes(config: Config, signer: ContextSigner, output: Output): Promise<readonly HttpSubgraph[]> {
  const opened = await Promise.all(
    Object.entries(config.subgraphs).map(async ([name, subgraph]) => {
      try {
        return [await openRemote(name, subgraph, { config, signer })];
      } catch (error) {
        if (subgraph.schemaFile !== null) throw error;
        output.note(`subgraph ${name} is left out: ${messageOf(error)}`);
        return [];
      }
    }),
  );
  return opened.flat();
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
