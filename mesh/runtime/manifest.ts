/** A domain's folder as its code declares it: loads `domain.ts`, and says where it is wrong when it cannot. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type SourceLocation, WeftError, frameOf, isWeftError, messageOf } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import type { Domain, Process } from '../sdk/index.ts';
import type { Manifest, ProcessManifest } from './message.ts';

/** Imports FOLDER/domain.ts. Throws `DOMAIN_INVALID`, or what a `define…` of the domain threw. */
export async function loadDomain(folder: string): Promise<Domain> {
  const file = join(folder, 'domain.ts');
  const module: { readonly default?: unknown } = await import(pathToFileURL(file).href).catch(
    async (thrown: unknown) => {
      if (isWeftError(thrown)) throw thrown;
      throw await loadError(file, thrown);
    },
  );
  if (isDomain(module.default)) return module.default;
  throw new WeftError('DOMAIN_INVALID', {
    action: `Cannot load domain "${file}"`,
    found: module.default === undefined ? 'no default export' : 'a default export that is no domain',
    wanted: 'export default defineDomain({ … })',
    at: { file },
  });
}

/** The domain without its code. */
export function manifestOf(domain: Domain): Manifest {
  const { name, owner, description, datasets = {}, variables = {}, mockUsers = [], at } = domain;
  return {
    name,
    owner,
    description,
    datasets,
    variables,
    mockUsers,
    processes: domain.processes.map(manifestOfProcess),
    at,
  };
}

function manifestOfProcess(process: Process): ProcessManifest {
  return {
    name: process.name,
    logics: process.logics.map((logic) => logic.name),
    aggregator: process.aggregator.name,
    timeoutMs: process.timeoutMs ?? limits.executionTimeoutMs,
    retry: process.retry ?? 0,
    triggers: process.triggers ?? [],
    variables: process.variables ?? {},
    inline: process.inline ?? false,
    at: process.at,
  };
}

function isDomain(value: unknown): value is Domain {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'domain';
}

async function loadError(file: string, thrown: unknown): Promise<WeftError> {
  const at = await locate(thrown);
  return new WeftError('DOMAIN_INVALID', {
    action: `Cannot load domain "${file}"`,
    found: `${thrown instanceof Error ? thrown.name : typeof thrown}: ${messageOf(thrown).split('\n')[0]}`,
    wanted: 'a module that loads',
    at: at ?? { file },
    cause: thrown,
  });
}

/** The place that a stack names: its first line `FILE:LINE` for code that does not parse or link, else the first frame. */
async function locate(thrown: unknown): Promise<SourceLocation | null> {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const match = /(file:\/\/[^\s()]+?|\/[^\s()]+?):(\d+)(?::(\d+))?\)?$/m.exec(stack);
  if (match?.[1] === undefined) return null;
  const file = match[1].startsWith('file:') ? fileURLToPath(match[1]) : match[1];
  const line = Number(match[2]);
  const text = await readFile(file, 'utf8').catch(() => null);
  const column = Number(match[3] ?? 1);
  return { file, line, ...(text === null ? {} : { frame: frameOf(text, line, column) }) };
}
