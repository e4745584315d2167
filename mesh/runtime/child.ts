/** One worker as its host sees it: a child process that is loading, then takes orders, until it ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { WeftError } from '../core/error.ts';
import { limits } from '../core/limits.ts';
import { type FromWorker, type Manifest, type ToWorker, errorOf } from './message.ts';

export interface ChildOptions {
  readonly folder: string;
  /** Called for all that the worker says once it is ready. */
  receive(message: Exclude<FromWorker, { kind: 'ready' | 'refused' }>): void;
  /** Called once, after the process is gone: of itself, by its own fault, or through `kill`. */
  ended(how: string): void;
}

export interface Child {
  /** What the domain declares, once it is loaded. Throws `DOMAIN_INVALID`, or what the domain's code threw. */
  readonly loaded: Promise<Manifest>;
  send(message: ToWorker): void;
  kill(): void;
  /** Megabytes of memory it holds; 0 where the system does not tell. */
  residentMb(): number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

const root = join(import.meta.dirname, '../..');
/** Where packages are: not below Weft itself where it is part of a workspace. Permissions are asked for paths without links. */
const packages = realpathSync(dirname(dirname(findPackageJSON('graphql', import.meta.url) ?? root)));

/** Starts a worker for the domain in a folder. It may read that folder, Weft and packages; nothing else on this machine. */
export function startChild({ folder, receive, ended }: ChildOptions): Child {
  const readable = [join(root, 'mesh'), join(root, 'node_modules'), packages, join(root, 'package.json'), folder];
  const child = fork(join(import.meta.dirname, 'worker.ts'), [folder], {
    env: {},
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      `--max-old-space-size=${limits.workerMemoryMb}`,
    ],
  });
  const gone = Promise.withResolvers<void>();
  const loaded = Promise.withResolvers<Manifest>();
  loaded.promise.catch(() => undefined);
  const complaint = lastWordsOf(child);
  const slow = setTimeout(() => {
    loaded.reject(notLoaded(folder, `nothing after ${limits.workerStartMs} ms`));
    child.kill('SIGKILL');
  }, limits.workerStartMs);

  child.on('message', (messages) => {
    // Our own worker module writes this channel; the domain's code has no hold of it.
    for (const message of messages as readonly FromWorker[]) {
      if (message.kind === 'ready') loaded.resolve(message.manifest);
      else if (message.kind === 'refused') loaded.reject(errorOf(message.fault, 'DOMAIN_INVALID'));
      else receive(message);
      if (message.kind === 'ready' || message.kind === 'refused') clearTimeout(slow);
    }
  });
  child.on('error', (cause) => loaded.reject(notLoaded(folder, 'a process that does not start', cause)));
  child.once('exit', (code, signal) => {
    clearTimeout(slow);
    const how = [signal === null ? `exit status ${code}` : `signal ${signal}`, complaint()].filter(Boolean).join(': ');
    loaded.reject(notLoaded(folder, how));
    ended(how);
    gone.resolve();
  });
  return {
    loaded: loaded.promise,
    gone: gone.promise,
    send: batched(child),
    kill: () => void child.kill('SIGKILL'),
    residentMb: () => residentMbOf(child.pid),
  };
}

/** Sends what one turn of the event loop has to say as one message. */
function batched(child: ChildProcess): (message: ToWorker) => void {
  let batch: ToWorker[] = [];
  return (message) => {
    if (batch.push(message) > 1) return;
    queueMicrotask(() => {
      const messages = batch;
      batch = [];
      // To a process that has just ended nothing can be said; its end is told by `exit`.
      if (child.connected) child.send(messages, () => undefined);
    });
  };
}

/** Linux: the second number of `statm` counts resident pages of 4 KiB. */
function residentMbOf(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / 256;
  } catch {
    return 0;
  }
}

/** The last line a process wrote on stderr that reads like an error. */
function lastWordsOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-8_192);
  });
  return () => /^(?:FATAL ERROR|\w*Error)\b.*$/m.exec(text)?.[0] ?? '';
}

function notLoaded(folder: string, found: string, cause?: unknown): WeftError {
  const file = join(folder, 'domain.ts');
  return new WeftError('DOMAIN_INVALID', {
    action: `Cannot load domain "${file}"`,
    found: `a worker that ended while loading it (${found})`,
    wanted: 'a module that loads',
    at: { file },
    cause,
  });
}
