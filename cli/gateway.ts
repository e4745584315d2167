/** `weft gateway`: the gateway alone, before subgraphs behind HTTP, whoever composed them. */
import { readFile } from 'node:fs/promises';
import { readSupergraph } from '../gateway/supergraph/supergraph.ts';
import { systemClock } from '../mesh/core/clock.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { connectSubgraph } from './connect.ts';
import { openFront } from './front.ts';
import { untilStopped } from './stop.ts';

const { config, host, port } = commonFlags;

export const command = defineCommand({
  description: 'Runs the gateway before the subgraphs that a supergraph names. Stops on SIGTERM or SIGINT.',
  flags: {
    supergraph: {
      kind: 'text',
      value: 'FILE',
      required: true,
      description: 'supergraph SDL, composed by `weft compose` or elsewhere',
    },
    config,
    host,
    port,
  },
  async run({ flags, output }) {
    const startedAt = systemClock.monotonic();
    const settings = readConfig({ file: flags.config, flags: { host: flags.host, port: flags.port }, readEnvironment });
    const supergraph = readSupergraph(await readSdl(flags.supergraph));
    const subgraphs = new Map(
      supergraph.planner.subgraphs.map(({ name, url }) => [
        name,
        connectSubgraph({ name, sdl: '', url, config: settings }),
      ]),
    );
    const front = await openFront({
      config: settings,
      supergraph,
      subgraphs,
      examples: [],
      mockUsers: [],
      log: null,
      parts: {},
      output,
    });
    output.ready(
      [
        ['gateway', `${front.url}/graphql`],
        ['page', `${front.url}/`],
        ['subgraphs', [...subgraphs.keys()].join(', ')],
      ],
      systemClock.monotonic() - startedAt,
    );
    await untilStopped();
    await front.close();
    await Promise.all([...subgraphs.values()].map((subgraph) => subgraph.close()));
    return 0;
  },
});

async function readSdl(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read supergraph "${file}"`,
      found: 'no file that can be read',
      wanted: 'a supergraph SDL',
      fix: 'Give its path with --supergraph.',
      cause,
    });
  }
}
