/** Subgraphs behind HTTP that the configuration names, with their SDL from a file or from themselves. */
import { readFile } from 'node:fs/promises';
import type { HttpSubgraph } from '../gateway/execute/http.ts';
import type { Config, SubgraphConfig } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import { anonymous } from '../mesh/core/subject.ts';
import { type ConnectOptions, connectSubgraph } from './connect.ts';

/** Connects to one. Throws `CONFIG_INVALID` when its schema file cannot be read, `SUBGRAPH_…` when it does not give its SDL. */
export async function openRemote(
  name: string,
  subgraph: SubgraphConfig,
  { config, signer }: Pick<ConnectOptions, 'signer'> & { readonly config: Config },
): Promise<HttpSubgraph> {
  const options = { name, url: subgraph.routingUrl, config, signer };
  if (subgraph.schemaFile !== null) {
    const remote = connectSubgraph({ ...options, sdl: await readSchema(name, subgraph.schemaFile) });
    return { ...remote, origin: subgraph.schemaFile };
  }
  const remote = connectSubgraph({ ...options, sdl: '' });
  try {
    return { ...remote, sdl: await askSdl(remote) };
  } catch (error) {
    await remote.close();
    throw error;
  }
}

async function readSchema(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read the schema of subgraph "${name}"`,
      found: messageOf(cause),
      wanted: 'a file with its SDL',
      fix: `Mend \`subgraphs.${name}.schema.file\`.`,
      at: { file },
      cause,
    });
  }
}

/** Federation: a subgraph gives its SDL as `_service { sdl }`. */
async function askSdl(remote: HttpSubgraph): Promise<string> {
  const query = '{_service{sdl}}';
  const request = {
    operationKind: 'query',
    query,
    queryJson: JSON.stringify(query),
    variablesJson: '{}',
    headers: {},
    subject: anonymous,
  } as const;
  const { data } = await remote.fetch(request, new AbortController().signal);
  const service = data?.['_service'] as { readonly sdl?: unknown } | null | undefined;
  if (typeof service?.sdl === 'string') return service.sdl;
  throw new WeftError('SUBGRAPH_INVALID_RESPONSE', {
    action: `Cannot ask subgraph "${remote.name}" for its schema`,
    found: 'no SDL in its answer to `{ _service { sdl } }`',
    wanted: 'a Federation 2 subgraph',
    fix: 'Give its SDL as `schema.file` instead.',
  });
}
