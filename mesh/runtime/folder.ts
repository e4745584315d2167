/** A domain's folder, loaded: its workers, what it declares, its agents. Not yet connected with the other domains. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Agents, type AgentsOptions, openAgents } from '../agents/agents.ts';
import { WeftError } from '../core/error.ts';
import type { Domain } from '../sdk/index.ts';
import { type Declarations, readDeclarations } from './declarations.ts';
import { hashFolder, revisionsOf } from './deploy.ts';
import { loadDomain } from './manifest.ts';
import type { Manifest } from './message.ts';
import { type Pool, openPool } from './pool.ts';

export interface LoadedFolder {
  readonly manifest: Manifest;
  readonly pool: Pool;
  readonly agents: Agents;
  readonly declarations: Declarations;
  /** The SDL as its owner wrote it, and its file. */
  readonly sdl: string;
  readonly file: string;
  readonly revisions: ReadonlyMap<string, string>;
  /** Its code in this process, when it has inline processes; else `null`. */
  readonly inline: Domain | null;
}

const root = join(import.meta.dirname, '../..');

/** Loads a folder. Throws `DOMAIN_INVALID` and `PROCESS_INVALID`; then nothing of it is left running. */
export async function loadFolder(folder: string, agents: Omit<AgentsOptions, 'sql'>): Promise<LoadedFolder> {
  const pool = openPool(folder);
  try {
    const file = join(folder, 'schema.graphql');
    const [manifest, sdl, sources] = await Promise.all([pool.manifest, readSchema(file), hashFolder(folder)]);
    const definitions = await readFile(join(root, 'schema/mesh.graphql'), 'utf8');
    const { datasets } = manifest;
    return {
      manifest,
      pool,
      sdl,
      file,
      declarations: readDeclarations(sdl, file, definitions),
      revisions: revisionsOf(manifest, sources),
      inline: manifest.processes.some((process) => process.inline) ? await loadDomain(folder) : null,
      agents: await openAgents({ ...agents, sql: { folder, packages: join(root, 'node_modules'), datasets } }),
    };
  } catch (thrown) {
    await pool.close();
    throw thrown;
  }
}

async function readSchema(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot read schema "${file}"`,
      found: 'no file that can be read',
      wanted: 'the SDL of the domain',
      fix: 'Write it beside domain.ts.',
      at: { file },
      cause,
    });
  }
}
