/** One workload on all targets: start, check, warm up, then rounds in which each target has its window in turn. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkAnswers, checkRules, checkUpstream, seenOf, type Checked } from './check.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { nextIdentity, runLoad, type LoadRequest } from './load.ts';
import { profile } from './profile.ts';
import { weftWithRules, type Target } from './targets.ts';
import type { Upstream } from './upstream.ts';
import type { Workload } from './workloads.ts';

export interface Plan {
  readonly targets: readonly Target[];
  readonly upstream: Upstream;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  /** Gateways have a core of their own. */
  readonly pinned: boolean;
  /** Each target has one more window under V8's profiler, and what it saw goes into this folder. */
  readonly profileFolder: string | undefined;
  /** What Weft is configured with in place of the file that goes with the workload. */
  readonly config?: string;
}

/** One window of one target. */
export interface Sample {
  /** The gateway's user and system time divided by the requests it answered: the figure. */
  readonly cpuMs: number;
  /** The two parts of it. */
  readonly userMs: number;
  readonly systemMs: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly callsPerRequest: number;
  readonly rssBytes: number;
  /** Share of the window that the gateway was on a CPU; well below 1 when the load's core was the limit. */
  readonly busy: number;
}

export interface Series {
  readonly target: Target;
  /** One sample a round. */
  readonly samples: readonly Sample[];
}

const warmUpSeconds = 3;
/** V8 takes the time that a process was held for idleness, and gives back memory and compiled code: load brings that back. */
const leadInSeconds = 3;
/** What a slow target left under way would otherwise reach the subgraphs in the next one's window. */
const restMs = 1_500;

/** Measures one workload. The series are in the order of the plan's targets. */
export async function measure(workload: Workload, plan: Plan): Promise<readonly Series[]> {
  await using running = new AsyncDisposableStack();
  const lanes = await openLanes(workload, plan, running);
  // Warm is what load made warm, also for one connection alone.
  const warmUp: Workload = { ...workload, connections: plan.connections };
  for (const lane of lanes) await inTurn(lane, () => sample(lane, warmUp, { ...plan, seconds: warmUpSeconds }));
  for (let round = 0; round < plan.rounds; round++) {
    // Every other round goes backwards, so that no target always follows the same one.
    for (const lane of round % 2 === 0 ? lanes : lanes.toReversed())
      lane.samples.push(await inTurn(lane, () => sample(lane, workload, plan)));
  }
  for (const lane of lanes) await inTurn(lane, () => profileLane(lane, workload, plan));
  return lanes.map(({ gateway, samples }) => ({ target: gateway.target, samples }));
}

interface Lane {
  readonly gateway: Gateway;
  readonly requests: readonly LoadRequest[];
  readonly samples: Sample[];
}

/** The others are held meanwhile. */
async function inTurn<Result>({ gateway }: Lane, work: () => Promise<Result>): Promise<Result> {
  gateway.hold(false);
  try {
    return await work();
  } finally {
    gateway.hold(true);
  }
}

/** Starts every target that the workload is for, and checks it before the next one starts. */
async function openLanes(
  workload: Workload,
  { targets, upstream, pinned, profileFolder, config }: Plan,
  running: AsyncDisposableStack,
): Promise<readonly Lane[]> {
  const lanes: Lane[] = [];
  const recording = fileURLToPath(new URL('.peers/recording.json', import.meta.url));
  let first: Checked | undefined;
  for (const target of targets) {
    if (workload.without?.includes(target.name)) continue;
    const options = { sharing: workload.sharing, recording, config, pinned, inspected: profileFolder !== undefined };
    const gateway = running.use(await startGateway(target, options));
    const isRuled = target === weftWithRules;
    const checked = await checkAnswers(gateway, workload, isRuled ? first && seenOf(first, workload) : first);
    first ??= checked;
    if (isRuled) await checkRules(gateway, workload);
    await checkUpstream(gateway, workload, { upstream, file: recording });
    gateway.hold(true);
    lanes.push({ gateway, requests: checked.requests, samples: [] });
  }
  return lanes;
}

async function profileLane(lane: Lane, workload: Workload, plan: Plan): Promise<void> {
  const { target, inspectorAddress: address } = lane.gateway;
  const folder = plan.profileFolder;
  if (folder === undefined || address === undefined) return;
  await profile({ address, folder, workload, target }, () => sample(lane, workload, plan));
}

async function sample({ gateway, requests }: Lane, workload: Workload, plan: Plan): Promise<Sample> {
  await sleep(restMs);
  const load = {
    port: gateway.port,
    connections: workload.connections ?? plan.connections,
    seconds: plan.seconds,
    requests,
    headers: headersOf(workload),
  };
  await runLoad({ ...load, seconds: leadInSeconds });
  await plan.upstream.ask('take');
  const before = gateway.usage();
  const result = await runLoad(load);
  const after = gateway.usage();
  const { calls } = await plan.upstream.ask('take');
  const userMs = after.userMs - before.userMs;
  const systemMs = after.systemMs - before.systemMs;
  return {
    cpuMs: (userMs + systemMs) / result.answered,
    userMs: userMs / result.answered,
    systemMs: systemMs / result.answered,
    requestsPerSecond: (result.answered * 1_000) / result.elapsedMs,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    callsPerRequest: calls / result.answered,
    rssBytes: after.rssBytes,
    busy: (userMs + systemMs) / result.elapsedMs,
  };
}

function headersOf({ headers = {}, sharing }: Workload): () => Readonly<Record<string, string>> {
  return () => (sharing === 'nothing' ? { ...headers, authorization: nextIdentity() } : headers);
}
