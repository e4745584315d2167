/** Domains written into temporary folders, and hosts of them with a real log, for the tests of this room. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { ExecutionFinished, MeshEvent } from '../../mesh/core/event.ts';
import type { MeshQuery, Subgraph, SubgraphRequest, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import type { EventLog } from '../../mesh/events/log.ts';
import { openLog } from '../../mesh/events/open.ts';
import { type Host, type HostOptions, openHost } from '../../mesh/runtime/host.ts';

/** Where fixture domains import the sdk from. */
export const sdk = pathToFileURL(join(import.meta.dirname, '../../mesh/sdk/index.ts')).href;

const links = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  @link(url: "https://weft.dev/weft/v1.0", import: ["@dataProduct", "@process", "@event", "@derivedFrom"])
`;

/** A temporary folder that is gone when the test is over. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-runtime-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files into a new temporary folder. */
export function writeFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** A domain's folder: `body` defines `processes` (a list), and may define what else `domain` takes as `more`. */
export function writeDomain(
  t: TestContext,
  {
    name = 'trial',
    schema,
    body,
    files = {},
  }: { name?: string; schema: string; body: string; files?: Record<string, string> },
): string {
  const domain = `import { aggregator, csv, defineDomain, defineProcess, logic, onEvent, parquet, schedule } from '${sdk}';
void [aggregator, csv, defineProcess, logic, onEvent, parquet, schedule];
let more = {};
${body}
export default defineDomain({ name: '${name}', owner: 'Team', description: 'A trial.', processes, ...more });
`;
  return writeFolder(t, { 'domain.ts': domain, 'schema.graphql': links + schema, ...files });
}

export interface Stage {
  readonly host: Host;
  readonly log: EventLog;
  readonly lines: readonly string[];
  /** Asks the first domain. */
  ask(query: string, variables?: object): Promise<SubgraphResponse>;
  /** Closes the host, and gives what is in the log of a type. */
  closed(type: string): Promise<readonly MeshEvent[]>;
}

/** Opens a host of folders, closed when the test is over. */
export async function openStage(
  t: TestContext,
  folders: readonly string[],
  options: Partial<HostOptions> = {},
): Promise<Stage> {
  const log = options.log ?? (await openLog(join(temporaryFolder(t), 'log.db')));
  const lines: string[] = [];
  const noMesh: MeshQuery = async () => ({ data: null, errors: [{ message: 'no mesh' }], coordinates: [] });
  const opened = openHost({
    folders,
    log,
    store: null,
    meshQuery: noMesh,
    writeLine: (line) => lines.push(line),
    ...options,
  });
  t.after(async () => {
    await opened.then(
      (host) => host.close(),
      () => undefined,
    );
    if (options.log === undefined) await log.close();
  });
  const host = await opened;
  const [first] = host.subgraphs;
  if (first === undefined) throw new RangeError('A stage needs a domain');
  return {
    host,
    log,
    lines,
    ask: (query, variables) => askSubgraph(first, query, variables),
    async closed(type) {
      await host.close();
      return log.read({ filter: { types: [type] } });
    },
  };
}

/** Asks a subgraph as the anonymous subject; gives the answer as JSON would carry it. */
export async function askSubgraph(
  subgraph: Subgraph,
  query: string,
  variables: object = {},
): Promise<SubgraphResponse> {
  const response = await subgraph.fetch(requestOf(query, variables), new AbortController().signal);
  return JSON.parse(JSON.stringify(response)) as SubgraphResponse;
}

/** A request as the gateway makes it. */
export function requestOf(query: string, variables: object = {}): SubgraphRequest {
  return {
    operationKind: 'query',
    query,
    queryJson: JSON.stringify(query),
    variablesJson: JSON.stringify(variables),
    headers: {},
    subject: anonymous,
  };
}

/** The payload of an execution's record. */
export function finishedOf(event: MeshEvent | undefined): ExecutionFinished {
  if (event?.type !== 'weft.execution.finished') throw new RangeError('No record of an execution');
  return event.payload as unknown as ExecutionFinished;
}

/** Waits until something is so, for at most ten seconds. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not become so within ten seconds');
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** A domain of parks: root fields, entities and a field in batches, two products. */
export const parks = {
  schema: `
type Query {
  park(id: ID!): Park @process(name: "park")
  twice(n: Int!): Int! @process(name: "twice")
  worst: Park! @process(name: "park") @dataProduct(name: "theWorst", freshness: "PT1H") @derivedFrom(coordinates: ["Park.size"])
}
"A place with trees."
type Park @key(fields: "id") @process(name: "parks") @dataProduct(owner: "Rangers") {
  id: ID!
  name: String!
  size: Int
  near(first: Int = 2): [Park!]! @process(name: "near")
}
`,
  body: `
const one = (name, run) => defineProcess({ name, logics: [], aggregator: aggregator('answer', run) });
const processes = [
  one('park', ({ input, result }) => result.finalize({ id: input.args.id ?? '0', name: 'Park ' + input.args.id })),
  one('parks', ({ input, result }) => result.finalize(input.references.map(({ id }) => id === 'none' ? null : { id, name: 'Park ' + id, size: input.references.length }))),
  one('near', ({ input, result }) => result.finalize(input.parents.map(({ id }) => Array.from({ length: input.args.first }, (_, n) => ({ id: id + n, name: 'by ' + id }))))),
  one('twice', ({ input, result, session, execution, subject, variables, logic }) => {
    if (input.args.n < 0) throw new Error('secret reason');
    result.finalize(input.args.n * variables.factor);
  }),
];
more = { variables: { factor: 2 } };
`,
};
