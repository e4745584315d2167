/** The example mesh on a log and a lineage store of its own, asked without a socket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { domainFolders, platformDomains } from '../../cli/domains.ts';
import { createMeshQuery } from '../../gateway/server/mesh.ts';
import { composeSubgraphs } from '../../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../../mesh/core/definitions.ts';
import { type SchemaSightOf, blind } from '../../mesh/core/schema-sight.ts';
import type { MeshQuery, Subgraph } from '../../mesh/core/subgraph.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openLog } from '../../mesh/events/open.ts';
import { openStore } from '../../mesh/lineage/open.ts';
import { startProjector } from '../../mesh/lineage/project.ts';
import { openHost } from '../../mesh/runtime/host.ts';
import { createTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';

export interface TestMesh extends TestGateway, AsyncDisposable {
  /** What stands behind the gateway. */
  readonly subgraphs: readonly Subgraph[];
  /** Begins the replay. */
  start(): void;
  /** Resolves once the lineage holds all that is in the log, and in it an execution of that process. */
  settle(process?: string): Promise<void>;
}

/** Opens every domain under `subgraphs/`. The policy `adult` is that of the example policies. */
export async function openTestMesh(): Promise<TestMesh> {
  await using parts = new AsyncDisposableStack();
  const data = parts.adopt(mkdtempSync(join(tmpdir(), 'weft-mesh-')), (folder) => rmSync(folder, { recursive: true }));
  const log = parts.adopt(await openLog(join(data, 'log.db')), (one) => one.close());
  const store = parts.adopt(await openStore(join(data, 'lineage.db')), (one) => one.close());
  const projector = parts.adopt(startProjector({ log, store }), (one) => one.close());
  const late: { ask: MeshQuery; sightOf: SchemaSightOf } = {
    ask: () => Promise.reject(new Error('The gateway does not stand yet.')),
    sightOf: () => blind,
  };
  const host = parts.adopt(
    await openHost({
      folders: domainFolders(),
      log,
      store,
      meshQuery: (request, signal) => late.ask(request, signal),
      sightOf: (subject) => late.sightOf(subject),
      platformDomains,
      writeLine: () => {},
    }),
    (one) => one.close(),
  );
  const gateway = createTestGateway(host.subgraphs, {
    supergraph: composeSubgraphs(host.subgraphs, { definitions: meshDefinitions() }).sdl,
    policies: new Map([['adult', (subject) => Number(subject.claims['age']) >= 18]]),
  });
  late.ask = createMeshQuery(gateway.pipeline);
  late.sightOf = gateway.pipeline.sightOf;
  const opened = parts.move();
  return {
    ...gateway,
    subgraphs: host.subgraphs,
    start: host.start,
    async settle(process) {
      if (process !== undefined) await firstRecord(log, process);
      await projector.caughtUp(await log.end());
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Records are written behind the answer's back: waits for the first of a process. */
async function firstRecord(log: EventLog, process: string): Promise<void> {
  const filter = { types: ['weft.execution.finished'], processes: [process] };
  const found = new AbortController();
  for await (const _ of log.follow({ after: 0, filter }, found.signal)) break;
  found.abort();
}
