/** Deployment records: what is deployed now, written to the log only where it differs from what was deployed last. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import type { DomainDeployed, MeshEvent, ProcessDeployed, ProductDeployed, RecordPayloads } from '../core/event.ts';
import { createId } from '../core/id.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';
import type { EventLog } from '../events/log.ts';
import type { Declarations } from './declarations.ts';
import type { Manifest } from './message.ts';

/** What one domain deploys. */
export interface Deployment {
  readonly domain: DomainDeployed;
  readonly products: readonly ProductDeployed[];
  readonly processes: readonly ProcessDeployed[];
}

type DeployedType = Extract<keyof RecordPayloads, `${string}.deployed`>;

const deployedTypes: readonly DeployedType[] = [
  'weft.domain.deployed',
  'weft.product.deployed',
  'weft.process.deployed',
];

/** Appends the records of what changed. Those of a domain and its processes come before its products. */
export async function recordDeployments(
  deployments: readonly Deployment[],
  log: EventLog,
  clock: Clock,
): Promise<void> {
  const events = deployments.flatMap((deployment) => eventsOf(deployment, clock));
  const last = await lastDeployed(events.map(keyOf), log);
  const changed = events.filter((event) => last.get(keyOf(event)) !== canonical(event.payload));
  for (let from = 0; from < changed.length; from += limits.logBatchMax) {
    await log.append(changed.slice(from, from + limits.logBatchMax));
  }
}

/** A hash over all that a domain is made of: every source file in its folder, by path and text. */
export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((file) => /\.(?:[cm]?[jt]s|json|graphql)$/.test(file)).toSorted()) {
    hash.update(JSON.stringify([name, await readFile(join(folder, name), 'utf8')]));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Revisions of a domain's processes: what a process runs may stand in any file of its domain, so any change is one of each. */
export function revisionsOf(manifest: Manifest, sources: string): ReadonlyMap<string, string> {
  return new Map(
    manifest.processes.map((process) => {
      const hash = createHash('sha256').update(JSON.stringify([sources, process.name]));
      return [process.name, hash.digest('hex').slice(0, 12)];
    }),
  );
}

/** What a domain deploys, its products apart. */
export function describeDomain(
  manifest: Manifest,
  declarations: Declarations,
  revisions: ReadonlyMap<string, string>,
): Omit<Deployment, 'products'> {
  const { name, owner, description, processes } = manifest;
  const hash = createHash('sha256').update(JSON.stringify([name, owner, description, [...revisions]]));
  const answersOf = (process: string): readonly string[] =>
    declarations.all.flatMap((declaration) => (declaration.process?.name === process ? declaration.coordinate : []));
  return {
    domain: { name, owner, description, revision: hash.digest('hex').slice(0, 12) },
    processes: processes.map((process) => {
      const schedule = process.triggers.find(({ kind }) => kind === 'schedule');
      return {
        name: process.name,
        revision: revisions.get(process.name) ?? '',
        logics: process.logics,
        aggregator: process.aggregator,
        answers: answersOf(process.name),
        labels: process.triggers.flatMap((trigger) => (trigger.kind === 'event' ? trigger.label : [])),
        schedule: schedule?.kind === 'schedule' ? `every ${schedule.everyMs} ms` : null,
      };
    }),
  };
}

function eventsOf({ domain, processes, products }: Deployment, clock: Clock): readonly MeshEvent[] {
  const event = (type: DeployedType, payload: DomainDeployed | ProcessDeployed | ProductDeployed): MeshEvent => ({
    id: createId(clock),
    time: new Date(clock.now()).toISOString(),
    type,
    label: type,
    source: domain.name,
    target: type === 'weft.domain.deployed' ? '' : payload.name,
    domain: domain.name,
    product: type === 'weft.product.deployed' ? payload.name : null,
    process: type === 'weft.process.deployed' ? payload.name : null,
    revision: 'revision' in payload ? payload.revision : domain.revision,
    logic: null,
    executionId: null,
    sequence: null,
    subject: null,
    classification: [],
    traceparent: null,
    payload: { ...payload } as unknown as JsonObject,
  });
  return [
    event('weft.domain.deployed', domain),
    ...processes.map((process) => event('weft.process.deployed', process)),
    ...products.map((product) => event('weft.product.deployed', product)),
  ];
}

/** The payloads deployed last, by key: reads the log backwards until each wanted one is found or there is no more. */
async function lastDeployed(wanted: readonly string[], log: EventLog): Promise<ReadonlyMap<string, string>> {
  const missing = new Set(wanted);
  const last = new Map<string, string>();
  const filter = { types: deployedTypes };
  for (let before: number | undefined; missing.size > 0;) {
    const events = await log.read({ filter, descending: true, ...(before === undefined ? {} : { before }) });
    for (const event of events) {
      if (missing.delete(keyOf(event))) last.set(keyOf(event), canonical(event.payload));
    }
    before = events.at(-1)?.offset;
    if (before === undefined) break;
  }
  return last;
}

function keyOf({ type, domain, payload }: MeshEvent): string {
  return JSON.stringify([type, domain, payload['name']]);
}

/** JSON text with keys in order, so that equal values have equal texts. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
