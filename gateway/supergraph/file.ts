/**
 * A supergraph in a file that is watched. Editors and deployments write files in place, piece by piece, or put another
 * file, folder or link in their place; so it is the folder that is watched, what matters is whether the file looks
 * different, and it is read once it has been at rest for a while.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { limits } from '../../mesh/core/limits.ts';
import { type Bell, createBell } from './bell.ts';
import { type Reading, type SupergraphSource, failure, failureOf } from './reading.ts';

export function createFileSource(path: string): SupergraphSource {
  return {
    location: path,
    async *read(signal) {
      const bell = createBell();
      const watcher = watchFolder(dirname(path), bell);
      try {
        let stamp = await stampOf(path);
        let last: Reading | null = null;
        while (!signal.aborted) {
          const reading: Reading = await readOnce(path);
          const after = await stampOf(path);
          // What changed as it was read may be half of one and half of the other.
          if (after === stamp) {
            if (!isSame(reading, last)) yield reading;
            last = reading;
            await untilChanged(path, stamp, { bell, signal });
          }
          stamp = await settledStamp(path, signal);
        }
      } finally {
        watcher?.close();
      }
    },
  };
}

/** Where the system cannot watch, there is still the look now and then. */
function watchFolder(folder: string, bell: Bell): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, bell.ring).on('error', bell.ring);
  } catch {
    return null;
  }
}

async function readOnce(path: string): Promise<Reading> {
  try {
    const { size } = await stat(path);
    if (size > limits.supergraphBytesMax) return failure(path, `${size} bytes`);
    return { kind: 'text', sdl: await readFile(path, 'utf8') };
  } catch (error) {
    return failureOf(path, error);
  }
}

function isSame(one: Reading, other: Reading | null): boolean {
  if (one.kind === 'text') return other?.kind === 'text' && one.sdl === other.sdl;
  return other?.kind === 'failure' && one.error.message === other.error.message;
}

interface Watching {
  readonly bell: Bell;
  readonly signal: AbortSignal;
}

/** Resolves when the file looks different from what it was. */
async function untilChanged(path: string, stamp: string, { bell, signal }: Watching): Promise<void> {
  for (;;) {
    await bell.wait(limits.supergraphLookMs, signal);
    if (signal.aborted || (await stampOf(path)) !== stamp) return;
    // Other files of the folder may change all the time.
    await createBell().wait(limits.supergraphSettleMs, signal);
  }
}

/** How the file looks once it has not changed for a while. */
async function settledStamp(path: string, signal: AbortSignal): Promise<string> {
  let stamp = await stampOf(path);
  for (let before = ''; before !== stamp && !signal.aborted;) {
    before = stamp;
    await createBell().wait(limits.supergraphSettleMs, signal);
    stamp = await stampOf(path);
  }
  return stamp;
}

/** What tells one content of the file from the next without reading it. */
async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'none';
  }
}
