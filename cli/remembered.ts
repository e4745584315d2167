/** Schemas of subgraphs as they were last seen, kept in the data folder: their rules bind the rest while they are away. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';

/** Keeps a subgraph's SDL. Throws `STORE_UNAVAILABLE`. */
export function rememberSdl({ data }: Pick<Config, 'data'>, name: string, sdl: string): void {
  const file = fileOf(data, name);
  try {
    if (existsSync(file) && readFileSync(file, 'utf8') === sdl) return;
    mkdirSync(join(data, 'subgraphs'), { recursive: true });
    // It is whole or not there, whenever the process ends.
    writeFileSync(`${file}.new`, sdl);
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot keep the schema of subgraph "${name}" in "${file}"`,
      found: messageOf(cause),
      fix: 'Let the data folder be written to.',
      cause,
    });
  }
}

/** The SDL that was kept last, and where it is; `null` when the subgraph was never there. */
export function recallSdl(
  { data }: Pick<Config, 'data'>,
  name: string,
): { readonly sdl: string; readonly origin: string } | null {
  const origin = fileOf(data, name);
  return existsSync(origin) ? { sdl: readFileSync(origin, 'utf8'), origin } : null;
}

/** A subgraph's name is a file's name too: `weft.schema.json` sees to that. */
function fileOf(data: string, name: string): string {
  return join(data, 'subgraphs', `${name}.graphql`);
}
