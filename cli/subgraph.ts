/** `weft subgraph DOMAIN`: one domain alone, as a Federation 2 subgraph over HTTP. */
import { join } from 'node:path';
import { systemClock } from '../mesh/core/clock.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { openLog } from '../mesh/events/open.ts';
import { contextKeysPath } from '../mesh/identity/context.ts';
import type { Callers } from '../mesh/runtime/admit.ts';
import { serveSubgraph } from '../mesh/runtime/serve.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { domainFolder, domainNames } from './domains.ts';
import { suggest } from './suggest.ts';
import { untilStopped } from './stop.ts';

export const command = defineCommand({
  description:
    'Serves one domain of this mesh, to the gateway alone. Its processes cannot ask other domains. Stops on SIGTERM or SIGINT.',
  operands: ['DOMAIN'],
  flags: {
    ...commonFlags,
    gateway: {
      kind: 'text',
      value: 'URL',
      description: 'the gateway that may ask it, by whose keys it knows that it does; by default gateway.jwks',
    },
    dev: { kind: 'switch', description: 'answers everybody, as nobody in particular: for development only' },
  },
  async run({ flags: { config: file, gateway, dev, ...flags }, operands: [name = ''], output }) {
    const startedAt = systemClock.monotonic();
    const config = readConfig({ file, flags, readEnvironment });
    const folder = domainFolder(name);
    if (folder === null) throw noSuchDomain(name);
    const callers = dev ? 'everybody' : { jwks: gateway === undefined ? config.gateway.jwks : keysOf(gateway) };
    const log = await openLog(join(config.data, `${name}.db`));
    const served = await serveSubgraph({
      folder,
      host: config.host,
      port: config.port,
      log,
      variables: config.domains[name]?.variables ?? {},
      clock: systemClock,
      writeLine: output.note,
      callers,
    });
    output.note(noteOn(callers));
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

/** Where a gateway publishes its keys. What is no address is refused where it is used. */
function keysOf(gateway: string): string {
  return URL.parse(contextKeysPath, gateway)?.href ?? gateway;
}

function noteOn(callers: Callers): string {
  if (callers === 'everybody')
    return 'Open for development: whoever reaches this port is answered, as nobody in particular.';
  if (callers.jwks !== null) return `Answers the gateway alone, whose keys are at ${callers.jwks}`;
  return 'Answers nobody: name the gateway with --gateway URL or gateway.jwks, or open it for development with --dev.';
}

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
