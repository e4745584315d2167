/** A gateway as a process of its own on a core of its own, and what the kernel says it has used. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../mesh/core/clock.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { inspectFlag, inspectorAddressIn } from './inspector.ts';
import type { Launch, Target } from './targets.ts';

const gatewayCore = '0';
const loadCore = '1';
const startMs = 30_000;
const stopMs = 5_000;
const pollMs = 50;
/** Linux counts CPU time in ticks of this length for every process (USER_HZ). */
const tickMs = 10;

export interface Usage {
  /** Time in its own code and in the kernel since the process began, all its threads. */
  readonly userMs: number;
  readonly systemMs: number;
  readonly rssBytes: number;
}

/** A running gateway; disposing of it ends the process. */
export interface Gateway extends AsyncDisposable {
  readonly target: Target;
  readonly port: number;
  /** Where it listens for an inspector; `undefined` when it was started without. */
  readonly inspectorAddress: string | undefined;
  usage(): Usage;
  /** Lets it run, or holds it where it is: while others are measured it is not to tidy up on their core. */
  hold(isHeld: boolean): void;
}

/** Moves this process, and so the subgraphs it starts, to the load's core. Says whether gateways get a core of their own. */
export function pinLoad(): boolean {
  if (availableParallelism() < 2) return false;
  return spawnSync('taskset', ['-a', '-c', '-p', loadCore, `${process.pid}`]).status === 0;
}

export interface StartOptions extends Omit<Launch, 'port' | 'flags'> {
  /** It gets a core of its own. */
  readonly pinned: boolean;
  /** It listens for an inspector. */
  readonly inspected: boolean;
}

/** Starts a gateway and waits until it answers. Throws `SERVICE_UNAVAILABLE` with its last words when it does not. */
export async function startGateway(target: Target, options: StartOptions): Promise<Gateway> {
  const port = await freePort();
  const pin = options.pinned ? ['taskset', '-c', gatewayCore] : [];
  const command = target.command({ ...options, port, flags: options.inspected ? [inspectFlag] : [] });
  const child = spawn('env', ['NODE_ENV=production', ...pin, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.on('exit', kill);
  let words = '';
  let inspectorAddress: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2_000);
    inspectorAddress ??= inspectorAddressIn(words);
  });

  const gateway: Gateway = {
    target,
    port,
    get inspectorAddress() {
      return inspectorAddress;
    },
    usage: () => readUsage(child.pid ?? 0),
    hold: (isHeld) => void child.kill(isHeld ? 'SIGSTOP' : 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      await stop(child);
      process.off('exit', kill);
    },
  };
  if (await answers(child, port)) return gateway;
  await gateway[Symbol.asyncDispose]();
  throw new WeftError('SERVICE_UNAVAILABLE', {
    action: `Cannot start gateway "${target.name}"`,
    found: child.exitCode === null ? `no answer in ${startMs} ms` : `it ended with status ${child.exitCode}`,
    fix: words.trim(),
  });
}

async function answers(child: ChildProcess, port: number): Promise<boolean> {
  const end = systemClock.monotonic() + startMs;
  while (child.exitCode === null && systemClock.monotonic() < end) {
    await sleep(pollMs);
    const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    }).catch(() => undefined);
    await answer?.bytes();
    if (answer?.ok) return true;
  }
  return false;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  child.kill('SIGCONT');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
}

function readUsage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold spaces and brackets; utime and stime are the 12th and 13th fields after it (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    userMs: Number(fields[11]) * tickMs,
    systemMs: Number(fields[12]) * tickMs,
    rssBytes: Number(resident) * 1024,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
