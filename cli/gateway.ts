/** `weft gateway`: the gateway alone, before subgraphs behind HTTP, whoever composed them. */
import { LiveSupergraph } from '../gateway/server/live.ts';
import { createSource } from '../gateway/supergraph/source.ts';
import { systemClock } from '../mesh/core/clock.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { openLog } from '../mesh/events/open.ts';
import { logFile } from './audit-trail.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { openSigner } from './context-signer.ts';
import { connectSubgraph } from './connect.ts';
import { openFront } from './front.ts';
import { untilStopped } from './stop.ts';

const { config, host, port } = commonFlags;

export const command = defineCommand({
  description:
    'Runs the gateway before the subgraphs that a supergraph names, and takes up a new supergraph as it serves. ' +
    'Stops on SIGTERM or SIGINT.',
  flags: {
    supergraph: {
      kind: 'text',
      value: 'FILE|URL',
      required: true,
      description: 'supergraph SDL, composed by `weft compose` or elsewhere; a file is watched, a URL polled',
    },
    config,
    data: {
      kind: 'text',
      value: 'FOLDER',
      description: 'records what policy decides in a log there; by default nothing is recorded',
    },
    host,
    port,
  },
  async run({ flags, output }) {
    const startedAt = systemClock.monotonic();
    const settings = readConfig({
      file: flags.config,
      flags: { host: flags.host, port: flags.port, data: flags.data },
      readEnvironment,
    });
    const signer = openSigner(settings);
    const source = createSource(flags.supergraph, settings.supergraph);
    await using parts = new AsyncDisposableStack();
    const live = parts.adopt(
      new LiveSupergraph({
        source,
        connect: (address) => connectSubgraph({ ...address, sdl: '', config: settings, signer }),
        note: output.note,
      }),
      (one) => one.close(),
    );
    const first = await live.first();
    const log = flags.data === undefined ? null : parts.adopt(await openLog(logFile(settings)), (one) => one.close());
    const front = parts.adopt(
      await openFront({
        ...first,
        config: settings,
        renew: () => live.again(),
        supergraphTrouble: async () => live.trouble(),
        examples: [],
        mockUsers: [],
        log,
        parts: log === null ? {} : { log: () => log.end().then(() => null) },
        signer,
        output,
      }),
      (one) => one.close(),
    );
    live.follow(front);
    output.ready(
      [
        ['gateway', `${front.url}/graphql`],
        ['page', `${front.url}/`],
        ['supergraph', source.location],
        ...(log === null ? [] : [['log', log.location] as const]),
        ['subgraphs', [...first.subgraphs.keys()].join(', ')],
      ],
      systemClock.monotonic() - startedAt,
    );
    await untilStopped();
    return 0;
  },
});
