/** The schemas that a mesh is composed of, as verbs read them that run nothing: of subgraphs behind HTTP, or of the domains here. */
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { ComposedSubgraph } from '../gateway/supergraph/compose.ts';
import type { Config } from '../mesh/core/config.ts';
import { openSigner } from './context-signer.ts';
import { domainFolders } from './domains.ts';
import { withMeshPolicies } from './governance.ts';
import { openRemote } from './remote.ts';

export interface MeshSchemas {
  readonly subgraphs: readonly ComposedSubgraph[];
  /** Those of this mesh where it composes its own domains. */
  readonly policy: Config['policy'];
  /** Whether they are the domains of this mesh. */
  readonly isOwn: boolean;
}

/** Those that the configuration names or, where it names none, the domains of this mesh. */
export async function readMeshSchemas(config: Config): Promise<MeshSchemas> {
  const remote = await readRemote(config);
  if (remote.length > 0) return { subgraphs: remote, policy: config.policy, isOwn: false };
  return { subgraphs: await readDomains(), policy: withMeshPolicies(config.policy), isOwn: true };
}

async function readRemote(config: Config): Promise<readonly ComposedSubgraph[]> {
  const signer = openSigner(config);
  return Promise.all(
    Object.entries(config.subgraphs).map(async ([name, subgraph]) => {
      const { sdl, origin, close } = await openRemote(name, subgraph, { config, signer });
      await close();
      return { name, sdl, origin, url: subgraph.routingUrl };
    }),
  );
}

async function readDomains(): Promise<readonly ComposedSubgraph[]> {
  return Promise.all(
    domainFolders().map(async (folder) => {
      const file = join(folder, 'schema.graphql');
      return { name: basename(folder), sdl: await readFile(file, 'utf8'), origin: relative('', file) };
    }),
  );
}
