/** The domains of this mesh: every folder of `subgraphs/` that declares one. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../subgraphs', import.meta.url));

/** Domains that are granted the platform's own agents: they are the mesh's, not a team's. */
export const platformDomains: readonly string[] = ['discovery'];

/** Folders with a `domain.ts`, by name. */
export function domainFolders(): readonly string[] {
  return readdirSync(root)
    .toSorted()
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, 'domain.ts')));
}

/** Names of the folders. */
export function domainNames(): readonly string[] {
  return domainFolders().map((folder) => basename(folder));
}

/** Folder of one domain; `null` when there is none of that name. */
export function domainFolder(name: string): string | null {
  return domainFolders().find((folder) => basename(folder) === name) ?? null;
}
