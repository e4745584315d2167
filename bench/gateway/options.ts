/** The command line of the benchmark, checked. */
import { parseArgs } from 'node:util';
import { messageOf, WeftError } from '../../mesh/core/error.ts';
import { barConnections } from './judge.ts';
import { baseline, targets, weft, type Target } from './targets.ts';
import { workloads, type Workload } from './workloads.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly workloads: readonly Workload[];
  /** The baseline is among them unless it was left out. */
  readonly targets: readonly Target[];
  /** Where `--profile` wants its files. */
  readonly profileFolder: string | undefined;
  /** The run is the whole benchmark, so its results are worth keeping. */
  readonly whole: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npm run bench:gateway -- [options]

  --rounds N       windows per target and workload: 1 to 20, default 5
  --seconds N      length of a window: 1 to 30, default 4
  --connections N  keep-alive connections: 1 to 200, default ${barConnections}
  --workload LIST  of ${workloads.map(({ id }) => id).join(', ')};
                   or wide, small, tiny for all of that shape
  --only LIST      targets beside ${baseline.name}: ${targets
    .slice(1)
    .map(({ name }) => name)
    .join(', ')}
  --no-baseline    leaves ${baseline.name} out, and so the ratios and the bars that are ratios
  --profile FOLDER one more window for each target under V8's profiler: prints the functions that took most and
                   writes WORKLOAD-TARGET.cpuprofile there. Implies --no-baseline; --only defaults to ${weft.name}
  --help

RESULTS.md is written by a run without --connections, --workload, --only, --no-baseline and --profile.
Exit status: 0 done · 1 a bar was missed or an answer was wrong · 2 usage · 3 no peers, no gateway, no port.`;

/** Reads the arguments; `undefined` when help is asked for. Throws `USAGE_INVALID`. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parseFlags(args);
  if (values.help) return undefined;
  const narrow = [values.connections, values.workload, values.only, values['no-baseline'], values.profile];
  return {
    rounds: numberOf('--rounds', values.rounds, { default: 5, max: 20 }),
    seconds: numberOf('--seconds', values.seconds, { default: 4, max: 30 }),
    connections: numberOf('--connections', values.connections, { default: barConnections, max: 200 }),
    workloads: choose('--workload', values.workload, workloadsNamed) ?? workloads,
    targets: targetsOf(values),
    profileFolder: values.profile,
    whole: narrow.every((flag) => flag === undefined),
  };
}

function targetsOf({ only, profile, 'no-baseline': noBaseline }: Flags): readonly Target[] {
  const named = choose('--only', only, (word) => targets.filter(({ name }) => name === word));
  const chosen = named ?? (profile === undefined ? targets : [weft]);
  const withBaseline = profile === undefined && !noBaseline;
  return targets.filter((target) =>
    target === baseline ? withBaseline || (named?.includes(target) ?? false) : chosen.includes(target),
  );
}

interface Flags {
  readonly rounds?: string;
  readonly seconds?: string;
  readonly connections?: string;
  readonly workload?: string;
  readonly only?: string;
  readonly 'no-baseline'?: boolean;
  readonly profile?: string;
  readonly help?: boolean;
}

function parseFlags(args: readonly string[]): Flags {
  const text = { type: 'string' } as const;
  const options = {
    rounds: text,
    seconds: text,
    connections: text,
    workload: text,
    only: text,
    'no-baseline': { type: 'boolean' },
    profile: text,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new WeftError('USAGE_INVALID', {
      action: 'Cannot read the arguments',
      found: messageOf(cause),
      fix: usage,
      cause,
    });
  }
}

function workloadsNamed(word: string): readonly Workload[] {
  return workloads.filter(({ id }) => id === word || id.startsWith(`${word}-`));
}

function choose<T>(
  flag: string,
  list: string | undefined,
  find: (word: string) => readonly T[],
): readonly T[] | undefined {
  return list?.split(',').flatMap((word) => {
    const found = find(word.trim());
    if (found.length > 0) return found;
    throw new WeftError('USAGE_INVALID', {
      action: `Cannot use ${flag} "${word}": there is none of that name`,
      fix: usage,
    });
  });
}

function numberOf(flag: string, text: string | undefined, bounds: { default: number; max: number }): number {
  const value = Number(text ?? bounds.default);
  if (Number.isInteger(value) && value >= 1 && value <= bounds.max) return value;
  throw new WeftError('USAGE_INVALID', {
    action: `Cannot use ${flag} "${text}"`,
    wanted: `a whole number from 1 to ${bounds.max}`,
    fix: usage,
  });
}
