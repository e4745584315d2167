/**
 * The gateways that are measured, and how each is started. A new peer is one file in `peers/` (or a package with a
 * command of its own) and one line here.
 */
import { fileURLToPath } from 'node:url';
import type { Sharing } from './workloads.ts';

/** What a gateway is started with. */
export interface Launch {
  readonly port: number;
  /** What the gateway may share; with `nothing` it forwards the caller's `authorization` to the subgraphs. */
  readonly sharing: Sharing;
  /** A file with one request's upstream calls and its answer, as they were recorded from the target before. */
  readonly recording: string;
  /** A configuration for Weft in place of the one that goes with the sharing. */
  readonly config?: string | undefined;
  /** Flags for the gateway's Node beside those that all have. */
  readonly flags: readonly string[];
}

export interface Target {
  /** As `--only` names it. */
  readonly name: string;
  readonly title: string;
  /** Answers GraphQL, so its answers have to equal those of the others. */
  readonly exact: boolean;
  /** The command that serves `POST /graphql` on the port until SIGTERM. */
  command(launch: Launch): readonly string[];
}

/** What every Node gateway runs with. */
export const nodeFlags = [
  '--max-semi-space-size=128',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=300',
] as const;

const weftConfigs: Readonly<Record<Sharing, string>> = {
  calls: pathOf('weft/a.yaml'),
  nothing: pathOf('weft/b.yaml'),
  answers: pathOf('weft/same.yaml'),
};

const supergraph = pathOf('supergraph.graphql');

/** What all others are compared with. */
export const baseline: Target = {
  name: 'apollo',
  title: 'Apollo Server + @apollo/gateway',
  exact: true,
  command: ({ port, sharing, flags }) => node(flags, '.peers/apollo.mjs', supergraph, `${port}`, ...forwarded(sharing)),
};

/** What the bars are for. */
export const weft: Target = {
  name: 'weft',
  title: 'Weft',
  exact: true,
  command: (launch) => weftCommand(launch, supergraph),
};

/** Weft with rules on what the wide query reads; only the workload that compares it with Weft without has it. */
export const weftWithRules: Target = {
  name: 'weft+rules',
  title: 'Weft with rules of six kinds on the operation',
  exact: true,
  command: (launch) => weftCommand(launch, pathOf('supergraph-with-rules.graphql')),
};

/** What else runs on Node; its planner is native. Its own defaults but for the listed settings: `peers/hive/`. */
const hive: Target = {
  name: 'hive',
  title: '@graphql-hive/gateway with @graphql-hive/router-runtime',
  exact: true,
  command: ({ port, sharing, flags }) =>
    node(
      flags,
      '.peers/node_modules/@graphql-hive/gateway/dist/bin.js',
      'supergraph',
      supergraph,
      '--hive-router-runtime',
      '--config-path',
      pathOf(`.peers/hive/${sharing}.mjs`),
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
    ),
};

const floor: Target = {
  name: 'floor',
  title: 'floor: the same upstream calls, no GraphQL',
  exact: false,
  command: ({ port, sharing, recording, flags }) =>
    node(flags, '.peers/floor.mjs', recording, `${port}`, ...forwarded(sharing)),
};

/** In the order in which they are started; the floor repeats what was recorded from the one before it. */
export const targets: readonly Target[] = [baseline, hive, weft, floor];

function weftCommand(launch: Launch, file: string): readonly string[] {
  const config = launch.config ?? weftConfigs[launch.sharing];
  const gateway = ['gateway', '--supergraph', file, '--port', `${launch.port}`, '--config', config];
  return node(launch.flags, '../../cli/weft.ts', ...gateway);
}

/** The headers that go to the subgraphs, as the peers' scripts take them. */
function forwarded(sharing: Sharing): readonly string[] {
  return sharing === 'nothing' ? ['authorization'] : [];
}

function node(flags: readonly string[], script: string, ...rest: readonly string[]): readonly string[] {
  return [process.execPath, ...nodeFlags, ...flags, pathOf(script), ...rest];
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
