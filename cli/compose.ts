/** `weft compose`: prints the supergraph that the subgraphs compose to. */
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { ComposedSubgraph } from '../gateway/supergraph/compose.ts';
import { type Config, readEnvironment } from '../mesh/core/config.ts';
import { commonFlags, defineCommand } from './command.ts';
import { composeMesh } from './composition.ts';
import { readConfig } from './config.ts';
import { domainFolders } from './domains.ts';
import { readGovernance, withMeshPolicies } from './governance.ts';
import { openRemote } from './remote.ts';

export const command = defineCommand({
  description:
    'Prints the supergraph SDL of the subgraphs that the configuration names or, where it names none, of the domains of this mesh. It carries all rules.',
  flags: { config: commonFlags.config },
  async run({ flags, output }) {
    const config = readConfig({ file: flags.config, readEnvironment });
    const remote = await readRemote(config);
    const policy = remote.length > 0 ? config.policy : withMeshPolicies(config.policy);
    const { sdl } = composeMesh(remote.length > 0 ? remote : await readDomains(), {
      classes: readGovernance(policy).classes,
      note: output.note,
    });
    output.result({ text: sdl, json: { supergraph: sdl } });
    return 0;
  },
});

async function readRemote(config: Config): Promise<readonly ComposedSubgraph[]> {
  return Promise.all(
    Object.entries(config.subgraphs).map(async ([name, subgraph]) => {
      const { sdl, origin, close } = await openRemote(name, subgraph, config);
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
