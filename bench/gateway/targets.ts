/**
 * The gateways that are measured, and how each is started. A new peer is one file in `peers/` (or a package with a
 * command of its own) and one line here.
 */
import { fileURLToPath } from 'node:url';

/** What a gateway is started with. */
export interface Launch {
  readonly port: number;
  /** Forwards the caller's `authorization` to the subgraphs. */
  readonly forwarded: boolean;
  /** A file with one request's upstream calls and its answer, as they were recorded from the target before. */
  readonly recording: string;
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
export const nodeFlags = ['--max-semi-space-size=128'] as const;

const supergraph = pathOf('supergraph.graphql');

/** What all others are compared with. */
export const baseline: Target = {
  name: 'apollo',
  title: 'Apollo Server + @apollo/gateway',
  exact: true,
  command: ({ port, forwarded }) =>
    node('.peers/apollo.mjs', supergraph, `${port}`, ...(forwarded ? ['authorization'] : [])),
};

/** What the bars are for. */
export const weft: Target = {
  name: 'weft',
  title: 'Weft',
  exact: true,
  command: ({ port, forwarded }) =>
    node(
      '../../cli/weft.ts',
      'gateway',
      '--supergraph',
      supergraph,
      '--port',
      `${port}`,
      ...(forwarded ? ['--config', pathOf('weft.yaml')] : []),
    ),
};

const floor: Target = {
  name: 'floor',
  title: 'floor: the same upstream calls, no GraphQL',
  exact: false,
  command: ({ port, forwarded, recording }) =>
    node('.peers/floor.mjs', recording, `${port}`, ...(forwarded ? ['authorization'] : [])),
};

/** In the order in which they are started; the floor repeats what was recorded from the one before it. */
export const targets: readonly Target[] = [baseline, weft, floor];

function node(script: string, ...rest: readonly string[]): readonly string[] {
  return [process.execPath, ...nodeFlags, pathOf(script), ...rest];
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
