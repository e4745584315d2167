/**
 * Heads of the chains of audit: up to where each has been stored, in a small file of its own beside the log. Records that
 * were cut off the end of the log are missed by it. While a gateway writes a chain, no other one can take that chain: it
 * holds a lock that the system lets go when its process ends, however it ends.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import { hashOf, isSame } from './seal.ts';

/** The last record of a chain that is known to be stored. */
export interface Head {
  readonly chain: string;
  /** -1 before the first. */
  readonly position: number;
  readonly hash: string;
  /** Of the record, or of the log's end when the chain began. */
  readonly offset: number;
}

export interface Claim {
  release(): void;
}

const chainName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.head$/;

/** Ids of the chains that have a head, the oldest first. */
export function chainsIn(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return readdirSync(folder)
    .flatMap((name) => chainName.exec(name)?.[1] ?? [])
    .toSorted();
}

/** A chain's head; `null` when it is not one that was written under the secret. */
export function readHead(folder: string, chain: string, secret: string): Head | null {
  try {
    const said: unknown = JSON.parse(readFileSync(fileOf(folder, chain), 'utf8'));
    if (!isJsonObject(said)) return null;
    const { position, hash, offset, seal } = said;
    if (typeof position !== 'number' || typeof hash !== 'string') return null;
    if (typeof offset !== 'number' || typeof seal !== 'string') return null;
    const head = { chain, position, hash, offset };
    return isSame(seal, sealOf(head, secret)) ? head : null;
  } catch {
    return null;
  }
}

/** Puts a head in the place of the one before: whole, or not at all. */
export function writeHead(folder: string, head: Head, secret: string): void {
  const file = fileOf(folder, head.chain);
  const { position, hash, offset } = head;
  const text = `${JSON.stringify({ position, hash, offset, seal: sealOf(head, secret) })}\n`;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Takes a chain for this process; `null` while somebody else has it. The lock is SQLite's on an empty database. */
export function claimChain(folder: string, chain: string): Claim | null {
  const lock = new DatabaseSync(join(folder, `${chain}.lock`), { timeout: limits.auditClaimMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    const busy = 5;
    if (error instanceof Error && 'errcode' in error && error.errcode === busy) return null;
    throw error;
  }
}

function fileOf(folder: string, chain: string): string {
  return join(folder, `${chain}.head`);
}

function sealOf({ chain, position, hash, offset }: Head, secret: string): string {
  return hashOf(JSON.stringify(['weft audit head 1', chain, position, hash, offset]), secret);
}
