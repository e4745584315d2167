/** `--profile FOLDER`: where a gateway spends its time, over one window under load, as V8 sees it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openInspector } from './inspector.ts';
import type { Target } from './targets.ts';
import type { Workload } from './workloads.ts';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileOptions {
  /** Where the process listens for an inspector. */
  readonly address: string;
  readonly folder: string;
  readonly workload: Workload;
  readonly target: Target;
}

const linesShown = 25;
const samplingUs = 500;

/** Runs `work` under the profiler, writes `WORKLOAD-TARGET.cpuprofile` and prints the functions that took most. */
export async function profile<T>(
  { address, folder, workload, target }: ProfileOptions,
  work: () => Promise<T>,
): Promise<T> {
  using inspector = await openInspector(address);
  await inspector.ask('Profiler.enable');
  await inspector.ask('Profiler.setSamplingInterval', { interval: samplingUs });
  await inspector.ask('Profiler.start');
  const result = await work();
  const { profile: taken } = await inspector.ask('Profiler.stop');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${workload.id}-${target.name}.cpuprofile`);
  writeFileSync(file, JSON.stringify(taken));
  // The protocol says that this is the profile's shape.
  console.log(`${file}\n${formatTop(taken as unknown as CpuProfile)}\n`);
  return result;
}

/** The functions by the time spent in themselves; waiting is left out. */
function formatTop({ nodes, samples, timeDeltas }: CpuProfile): string {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const place = url === '' ? '' : ` ${url.replace(/^.*\/(?=(?:[^/]+\/){2}[^/]+$)/, '')}:${lineNumber + 1}`;
      return [id, `${functionName === '' ? '(anonymous)' : functionName}${place}`];
    }),
  );
  const spentUs = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name !== '(idle)') spentUs.set(name, (spentUs.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const total = spentUs.values().reduce((sum, us) => sum + us, 0);
  return Array.from(spentUs)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, linesShown)
    .map(([name, us]) => `${((us / total) * 100).toFixed(1).padStart(6)} %  ${name}`)
    .join('\n');
}
