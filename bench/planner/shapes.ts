/** What is planned: the operations of the gateway's benchmark, and those that the project's own federation tests ask. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DocumentNode, Kind, parse } from 'graphql';
import { normaliseOperation } from '../../gateway/plan/normalise.ts';
import { workloads } from '../gateway/workloads.ts';
import type { RecordedShape } from './stand-in/recorder.ts';

export interface Shape {
  /** The workload, or the file of tests. */
  readonly name: string;
  readonly supergraph: string;
  readonly document: DocumentNode;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** wide, small and tiny, in the form in which the gateway plans them. */
export function benchShapes(): readonly Shape[] {
  const supergraph = readFileSync(new URL('../gateway/supergraph.graphql', import.meta.url), 'utf8');
  return workloads
    .filter(({ id }) => id.endsWith('-a'))
    .map(({ id, bodies }) => {
      const { query } = JSON.parse(bodies[0] ?? '{}') as { query: string };
      return { name: id.replace('-a', ''), supergraph, document: normalForm(query) };
    });
}

function normalForm(query: string): DocumentNode {
  const document = parse(query, { noLocation: true });
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error(`A workload has no operation: ${query}`);
  return { kind: Kind.DOCUMENT, definitions: [normaliseOperation(operation, document, {})] };
}

/** Runs the federation tests and gives each operation that they had planned once. */
export function recordedShapes(): readonly Shape[] {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-planner-'));
  try {
    const tests = globSync('test/gateway/federation/*.test.ts', { cwd: root }).toSorted();
    const env = { ...process.env, BENCH_PLANNER: 'recorder', BENCH_PLANNER_RECORDS: folder };
    spawnSync(process.execPath, [...swapped, '--test', ...tests], { cwd: root, env, stdio: 'ignore' });
    const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
    return [...new Set(lines)].toSorted().map((line) => {
      const { from, supergraph, operation } = JSON.parse(line) as RecordedShape;
      return { name: from, supergraph, document: parse(operation, { noLocation: true }) };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Words before a file that have our planner swapped while it runs. */
export const swapped = ['--import', new URL('swap.ts', import.meta.url).href];
