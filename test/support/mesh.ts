/** The whole mesh as its users start it: `weft start` in a process of its own, on a free port, over real data. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Life } from './life.ts';
import type { Answer } from './gateway.ts';

export interface RunningMesh {
  readonly url: string;
  /** Folder of its stores. */
  readonly data: string;
  /** What it has written to stderr so far. */
  readonly output: () => string;
  ask(query: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Ends it as an operator does; its exit status. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
}

export interface MeshOptions {
  /** Default: a new folder, removed with the test. */
  readonly data?: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '../..');
const entry = join(root, 'cli/weft.js');

/** A folder that goes with the test. */
export async function temporaryFolder(context: Life): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the mesh and waits until it says that it is ready. */
export async function startMesh(context: TestContext, options: MeshOptions = {}): Promise<RunningMesh> {
  const data = options.data ?? (await temporaryFolder(context));
  const { child, output, exited } = runWeft(
    ['start', '--port', '0', '--data', data, ...(options.arguments ?? [])],
    options,
  );
  context.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  const url = await readyUrl(child, output, exited);
  return {
    url,
    data,
    output,
    async ask(query, headers = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return (await response.json()) as Answer;
    },
    async stop() {
      child.kill('SIGTERM');
      return (await exited).status;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exited: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Runs `weft` with these words. */
export function runWeft(
  words: readonly string[],
  {
    environment = {},
    file = entry,
    cwd = root,
  }: { environment?: Readonly<Record<string, string>>; file?: string; cwd?: string } = {},
): Run {
  const env = { ...process.env, WEFT_NEO4J_URL: '', ...environment };
  const child = spawn(process.execPath, [file, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = once(child, 'close').then(([status]) => ({ status: status as number | null, stdout, stderr }));
  return { child, output: () => stderr, exited };
}

/** Runs a verb that serves, in a folder and until the test ends; it has to end well. */
export async function serveWeft(
  context: TestContext,
  words: readonly string[],
  cwd: string,
): Promise<Pick<RunningMesh, 'url' | 'output' | 'stop'>> {
  const { child, output, exited } = runWeft(words, { cwd });
  context.after(async () => {
    child.kill('SIGTERM');
    assert.equal((await exited).status, 0);
  });
  return {
    url: await readyUrl(child, output, exited),
    output,
    async stop() {
      child.kill('SIGTERM');
      return (await exited).status;
    },
  };
}

async function readyUrl(child: ChildProcess, output: () => string, exited: Run['exited']): Promise<string> {
  while (!/^Ready in \d+ ms$/m.test(output())) {
    if (child.stderr === null) throw new Error('The mesh has no stderr.');
    const ended = await Promise.race([once(child.stderr, 'data').then(() => false), exited.then(() => true)]);
    if (ended) throw new Error(`The mesh did not start:\n${output()}`);
  }
  const url = /http:\/\/\S+(?=\/graphql)/.exec(output())?.[0];
  if (url === undefined) throw new Error(`The mesh did not say where it is:\n${output()}`);
  return url;
}
