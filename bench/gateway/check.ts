/** What has to hold before anything is measured: right answers, and identities where they belong and nowhere else. */
import { writeFileSync } from 'node:fs';
import { isJsonObject, type Json } from '../../mesh/core/json.ts';
import type { Gateway } from './gateway.ts';
import type { LoadRequest } from './load.ts';
import { partsOf } from './parts.ts';
import type { Upstream } from './upstream.ts';
import type { Workload } from './workloads.ts';

const identity = 'Bearer check';

/** What one gateway answered to each body of a workload. */
export interface Checked {
  /** The bodies with the length that this gateway's answers have. */
  readonly requests: readonly LoadRequest[];
  /** The answers with all keys sorted. */
  readonly answers: readonly string[];
}

/** Asks each body once and compares with what the first gateway answered. Throws at the first difference. */
export async function checkAnswers(
  gateway: Gateway,
  workload: Workload,
  wanted: Checked | undefined,
): Promise<Checked> {
  const requests: LoadRequest[] = [];
  const answers: string[] = [];
  for (const [index, body] of workload.bodies.entries()) {
    const text = await ask(gateway, workload, body);
    const answer = JSON.parse(text) as Json;
    if (!isJsonObject(answer) || answer['errors'] !== undefined)
      throw new Error(`${wrong(gateway, workload)}: ${text.slice(0, 400)}`);
    const sorted = JSON.stringify(sortKeys(answer['data'] ?? null));
    const other = wanted?.answers[index];
    if (gateway.target.exact && other !== undefined && other !== sorted) {
      throw new Error(`${wrong(gateway, workload)}: body ${index} has another answer. ${differenceOf(other, sorted)}`);
    }
    requests.push({ body, answerBytes: Buffer.byteLength(text) });
    answers.push(sorted);
  }
  return { requests, answers };
}

/**
 * Asks once more and looks at what reaches the subgraphs: each call carries the caller's identity, or none does. What
 * was seen is written to a file as the floor reads it.
 */
export async function checkUpstream(
  gateway: Gateway,
  workload: Workload,
  { upstream, file }: { upstream: Upstream; file: string },
): Promise<void> {
  await upstream.ask('record');
  const text = await ask(gateway, workload, workload.bodies[0] ?? '');
  const { recorded } = await upstream.ask('take');
  const expected = workload.sharing === 'nothing' ? identity : undefined;
  const odd = recorded.find((call) => call.authorization !== expected);
  if (odd !== undefined || recorded.length === 0) {
    throw new Error(
      `${wrong(gateway, workload)}: a subgraph got authorization "${odd?.authorization}", wanted "${expected}".`,
    );
  }
  writeFileSync(file, JSON.stringify({ calls: recorded, answer: JSON.parse(text) }));
}

/** What has to be answered where the caller sees parts of what was answered without rules. */
export function seenOf(whole: Checked, { rules }: Workload): Checked {
  if (rules?.seen !== 'parts') return whole;
  const answers = whole.answers.map((text) => JSON.stringify(sortKeys(partsOf(JSON.parse(text) as Json))));
  return { ...whole, answers };
}

/** Asks as nobody, which has to be denied something: rules that bind nobody would cost nothing. */
export async function checkRules(gateway: Gateway, workload: Workload): Promise<void> {
  const text = await ask(gateway, { ...workload, headers: {}, sharing: 'calls' }, workload.bodies[0] ?? '');
  const answer = JSON.parse(text) as Json;
  if (!isJsonObject(answer) || !Array.isArray(answer['errors']))
    throw new Error(`${wrong(gateway, workload)}: nobody in particular was denied nothing.`);
}

async function ask(gateway: Gateway, workload: Workload, body: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${gateway.port}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...workload.headers,
      ...(workload.sharing === 'nothing' && { authorization: identity }),
    },
    body,
  });
  return response.text();
}

function wrong(gateway: Gateway, workload: Workload): string {
  return `Cannot measure "${gateway.target.name}" on ${workload.title}`;
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sortKeys(value[key] ?? null)]));
}

function differenceOf(wanted: string, found: string): string {
  let at = 0;
  while (wanted[at] === found[at]) at++;
  const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  return `Found …${around(found)}…, wanted …${around(wanted)}….`;
}
