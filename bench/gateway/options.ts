/** The command line of the benchmark, checked. */
import { parseArgs } from 'node:util';
import { messageOf, WeftError } from '../../mesh/core/error.ts';
import { baseline, targets, type Target } from './targets.ts';
import { workloads, type Workload } from './workloads.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly workloads: readonly Workload[];
  /** The baseline is always among them. */
  readonly targets: readonly Target[];
  /** The run is the whole benchmark, so its results are worth keeping. */
  readonly whole: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: npm run bench:gateway -- [options]

  --rounds N       windows per target and workload: 1 to 20, default 5
  --seconds N      length of a window: 1 to 30, default 4
  --connections N  keep-alive connections: 1 to 200, default 50
  --workload LIST  of ${workloads.map(({ id }) => id).join(', ')}; or wide, small, tiny for both
  --only LIST      targets beside ${baseline.name}: ${targets
    .slice(1)
    .map(({ name }) => name)
    .join(', ')}
  --help

RESULTS.md is written by a run without --connections, --workload and --only.
Exit status: 0 done · 1 a bar was missed or an answer was wrong · 2 usage · 3 no peers, no gateway, no port.`;

/** Reads the arguments; `undefined` when help is asked for. Throws `USAGE_INVALID`. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const values = parseFlags(args);
  if (values.help) return undefined;
  const only = choose('--only', values.only, (word) => targets.filter(({ name }) => name === word)) ?? targets;
  return {
    rounds: numberOf('--rounds', values.rounds, { default: 5, max: 20 }),
    seconds: numberOf('--seconds', values.seconds, { default: 4, max: 30 }),
    connections: numberOf('--connections', values.connections, { default: 50, max: 200 }),
    workloads: choose('--workload', values.workload, workloadsNamed) ?? workloads,
    targets: targets.filter((target) => target === baseline || only.includes(target)),
    whole: values.only === undefined && values.workload === undefined && values.connections === undefined,
  };
}

interface Flags {
  readonly rounds?: string;
  readonly seconds?: string;
  readonly connections?: string;
  readonly workload?: string;
  readonly only?: string;
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
