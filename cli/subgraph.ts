/** `weft subgraph DOMAIN`: one domain alone, as a Federation 2 subgraph over HTTP. */
import { join } from 'node:path';
import { systemClock } from '../mesh/core/clock.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { openLog } from '../mesh/events/open.ts';
import { serveSubgraph } from '../mesh/runtime/serve.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { domainFolder, domainNames } from './domains.ts';
import { suggest } from './suggest.ts';
import { untilStopped } from './stop.ts';

export const command = defineCommand({
  description: 'Serves one domain of this mesh. Its processes cannot ask other domains. Stops on SIGTERM or SIGINT.',
  operands: ['DOMAIN'],
  flags: commonFlags,
  async run({ flags: { config: file, ...flags }, operands: [name = ''], output }) {
    const startedAt = systemClock.monotonic();
    const config = readConfig({ file, flags, readEnvironment });
    const folder = domainFolder(name);
    if (folder === null) throw noSuchDomain(name);
    const log = await openLog(join(config.data, `${name}.db`));
    const served = await serveSubgraph({
      folder,
      host: config.host,
      port: config.port,
      log,
      variables: config.domains[name]?.variables ?? {},
      clock: systemClock,
      writeLine: output.note,
    });
    output.ready(
      [
        ['subgraph', served.url],
        ['log', log.location],
      ],
      systemClock.monotonic() - startedAt,
    );
    await untilStopped();
    await served.close();
    await log.close();
    return 0;
  },
});

function noSuchDomain(name: string): WeftError {
  const names = domainNames();
  const near = suggest(name, names);
  return new WeftError('USAGE_INVALID', {
    action: `Cannot serve domain "${name}"`,
    found: 'no folder of that name in subgraphs/',
    wanted: `one of ${names.map((known) => `"${known}"`).join(', ')}`,
    ...(near === undefined ? {} : { fix: near }),
  });
}
