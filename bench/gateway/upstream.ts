/** The subgraphs as the benchmark sees them: a process that it starts and asks for its counts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WeftError } from '../../mesh/core/error.ts';
import type { UpstreamCommand, UpstreamCounts } from './subgraphs/serve.ts';

export interface Upstream extends AsyncDisposable {
  /** What reached the subgraphs since the last time; `record` keeps the next requests in full. */
  ask(command: UpstreamCommand): Promise<UpstreamCounts>;
}

/** Starts the subgraphs on the ports that the supergraph names. Throws `PORT_IN_USE` when one is taken. */
export async function startUpstream(): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL('subgraphs/serve.ts', import.meta.url)));
  const ask = async (command: UpstreamCommand): Promise<UpstreamCounts> => {
    child.send(command);
    const [counts] = (await once(child, 'message')) as [UpstreamCounts];
    return counts;
  };
  const gone = once(child, 'exit').then(() => undefined);
  // The first message says that all ports are open.
  if ((await Promise.race([once(child, 'message'), gone])) === undefined) {
    throw new WeftError('PORT_IN_USE', {
      action: "Cannot start the benchmark's subgraphs",
      fix: 'Free the ports that bench/gateway/supergraph.graphql names; one benchmark runs at a time.',
    });
  }
  return {
    ask,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}
