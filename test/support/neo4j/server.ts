/**
 * The Neo4j server that tests talk to: the one at WEFT_NEO4J_URL, else one of our own from Maven artifacts. The runner
 * starts one for the whole run and names it in WEFT_NEO4J_URL; a test file that is run alone starts its own.
 */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { readEnvironment } from '../../../mesh/core/config.ts';

export interface Neo4jServer {
  /** `bolt://127.0.0.1:PORT`. Suites keep apart with `?space=NAME`. */
  readonly url: string;
  /** Ends the server if it is ours, and removes its data. */
  stop(): Promise<void>;
}

const folder = import.meta.dirname;
const jars = join(folder, 'lib');
const startedWithinMs = 120_000;
const javaOptions = [
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  ...['java.nio', 'java.io', 'sun.nio.ch'].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
];

/** A server, or `null` where there is none: no WEFT_NEO4J_URL, and no JDK or Maven on the PATH. Throws when one cannot be started. */
export async function startNeo4j(): Promise<Neo4jServer | null> {
  const url = readEnvironment('WEFT_NEO4J_URL');
  if (url !== undefined) return { url, stop: async () => {} };
  // Start.java is compiled as it starts, so a runtime without a compiler does not do.
  const found = await Promise.all(['java', 'javac', 'mvn'].map(isOnPath));
  if (!found.every(Boolean)) return null;
  await resolveJars();
  return await startServer();
}

async function isOnPath(program: string): Promise<boolean> {
  const places = (readEnvironment('PATH') ?? '').split(delimiter);
  const looks = places.map((place) => access(join(place, program), constants.X_OK));
  return (await Promise.allSettled(looks)).some((look) => look.status === 'fulfilled');
}

/** Brings the jars once. They are gathered beside their place and moved there whole, so that two runs at once do no harm. */
async function resolveJars(): Promise<void> {
  if (await isThere(jars)) return;
  const gathered = await mkdtemp(join(folder, 'lib.'));
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${gathered}`];
    await promisify(execFile)('mvn', ['-q', '-B', ...goal], { cwd: folder });
    await rename(gathered, jars);
  } catch (error) {
    if (!(await isThere(jars))) throw error;
  } finally {
    await rm(gathered, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function startServer(): Promise<Neo4jServer> {
  const data = await mkdtemp(join(tmpdir(), 'weft-neo4j-'));
  const port = await freePort();
  const java = spawn('java', [...javaOptions, '-cp', join(jars, '*'), 'Start.java', data, String(port)], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    if (java.exitCode === null && java.signalCode === null) {
      java.kill('SIGKILL');
      await once(java, 'exit');
    }
    await rm(data, { recursive: true, force: true });
  };
  try {
    await ready(java);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `bolt://127.0.0.1:${port}`, stop };
}

async function ready(java: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  const said: string[] = [];
  java.stderr.on('data', (text) => said.push(String(text)));
  const lines = createInterface({ input: java.stdout });
  const outcome = await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(startedWithinMs) }).then(([line]) => String(line)),
    once(java, 'exit').then(([status]) => `exit ${status}`),
  ]);
  if (outcome !== 'READY') throw new Error(`Cannot start Neo4j for tests: ${outcome}.\n${said.join('')}`);
  // What it says from here on is of no interest, but a full pipe would stop it.
  java.stdout.resume();
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('Cannot find a free port for Neo4j.');
  return address.port;
}
