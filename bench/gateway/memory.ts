/**
 * `npm run bench:memory`: whether the gateway's memory stays where it is while operations keep changing. Every request
 * brings a document that nobody has sent before, so caches of documents and plans turn over all the time; half of them
 * bring an identity of their own as well. Between two stretches of load all garbage is collected, then memory is read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../mesh/core/clock.ts';
import { isWeftError, messageOf, WeftError } from '../../mesh/core/error.ts';
import type { Json } from '../../mesh/core/json.ts';
import { pinLoad, startGateway, type Gateway } from './gateway.ts';
import { openInspector, type Inspector } from './inspector.ts';
import type { Verdict } from './judge.ts';
import { nextIdentity } from './load.ts';
import { createOperations } from './operations.ts';
import { formatMachine, writeSection } from './results.ts';
import { weft } from './targets.ts';
import { startUpstream } from './upstream.ts';

const minutesDefault = 10;
const columns = ['minute', 'requests', 'heap MB', 'buffers MB', 'RSS MB'] as const;

/** One look at the gateway's memory, right after its garbage was collected. */
interface Look {
  readonly minute: number;
  readonly heapMb: number;
  readonly bufferMb: number;
  readonly rssMb: number;
  readonly answered: number;
}

const usage = `Usage: npm run bench:memory -- [--minutes N]

  --minutes N   how long operations change once the caches are full: 1 to 60, default ${minutesDefault}
  --help

RESULTS.md is written by a run of the default length or more.
Exit status: 0 flat · 1 memory grew, or an answer was wrong · 2 usage · 3 no gateway, no port.`;

const lanes = 16;
const lookSeconds = 30;
/** A short run looks more often, so that there is something to fit a line to. */
const looksMin = 12;
/** Operations before the clock starts: more than the gateway's caches hold. */
const fillOperations = 10_000;
/** The first third of the looks does not count; over the other two, what a fitted line may rise. */
const heapGrowthMbMax = 8;
const rssGrowthMbMax = 32;
/** What a collection gives back to the system takes a moment to be gone. */
const settleMs = 500;

process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));
try {
  const minutes = readMinutes(process.argv.slice(2));
  if (minutes === undefined) console.log(usage);
  else process.exitCode = await run(minutes);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = isWeftError(error) ? error.kind.exit : 1;
}

async function run(minutes: number): Promise<number> {
  const pinned = pinLoad();
  await using _upstream = await startUpstream();
  const options = { sharing: 'nothing', recording: '', pinned, inspected: true } as const;
  await using gateway = await startGateway(weft, options);
  using inspector = await openInspector(gateway.inspectorAddress ?? '');
  const next = createOperations();
  console.error(`Filling the caches with ${fillOperations} operations`);
  await drive(gateway, next, (sent) => sent < fillOperations);
  console.log(columns.join('  '));
  const looks = await watch({ gateway, inspector, next, minutes });
  const judged = looks.slice(Math.floor(looks.length / 3));
  const verdicts = [
    judgeGrowth('heap', judged, { figure: ({ heapMb, bufferMb }) => heapMb + bufferMb, max: heapGrowthMbMax }),
    judgeGrowth('RSS', judged, { figure: ({ rssMb }) => rssMb, max: rssGrowthMbMax }),
  ];
  for (const { sentence } of verdicts) console.log(sentence);
  if (minutes >= minutesDefault) writeSection('Memory', formatMemory(looks, verdicts));
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

function formatMemory(looks: readonly Look[], verdicts: readonly Verdict[]): string {
  const rows = looks.map((look) => `| ${cellsOf(look).join(' | ')} |`);
  return `Written by \`npm run bench:memory\`: no document comes twice, every other request has an identity of its own, and
garbage is collected before each look.

| ${columns.join(' | ')} |
|${'---:|'.repeat(columns.length)}
${rows.join('\n')}

${verdicts.map(({ sentence }) => `- ${sentence}\n`).join('')}
| setting | |
|---|---|
${formatMachine(new Date(systemClock.now()))}
`;
}

interface Watched {
  readonly gateway: Gateway;
  readonly inspector: Inspector;
  /** Gives the next request's body. */
  readonly next: () => string;
  readonly minutes: number;
}

async function watch({ gateway, inspector, next, minutes }: Watched): Promise<readonly Look[]> {
  const looks: Look[] = [];
  const stretchMs = Math.min(lookSeconds, (minutes * 60) / looksMin) * 1_000;
  const start = systemClock.monotonic();
  let answered = 0;
  while (systemClock.monotonic() < start + minutes * 60_000) {
    const until = systemClock.monotonic() + stretchMs;
    answered += await drive(gateway, next, () => systemClock.monotonic() < until);
    const look = {
      ...(await lookAt(gateway, inspector)),
      minute: (systemClock.monotonic() - start) / 60_000,
      answered,
    };
    looks.push(look);
    console.log(formatLook(look));
  }
  return looks;
}

/** Sends over all lanes for as long as it is told to, and gives the number of requests. */
async function drive(gateway: Gateway, next: () => string, more: (sent: number) => boolean): Promise<number> {
  let sent = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (more(sent)) {
        sent++;
        await ask(gateway, next());
      }
    }),
  );
  return sent;
}

/** Every other request is somebody's of whom the gateway has never heard. */
async function ask({ port }: Gateway, body: string): Promise<void> {
  const identity = nextIdentity();
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(/[02468]$/.test(identity) && { authorization: identity }),
    },
    body,
  });
  const text = await response.text();
  if (response.status !== 200 || !text.startsWith('{"data":{') || text.includes('"errors":'))
    throw new Error(`Cannot go on: ${body} was answered with ${response.status} ${text.slice(0, 400)}.`);
}

async function lookAt(gateway: Gateway, inspector: Inspector): Promise<Pick<Look, 'heapMb' | 'bufferMb' | 'rssMb'>> {
  // The second collection takes what finalizers of the first let go.
  for (let round = 0; round < 2; round++) await inspector.ask('HeapProfiler.collectGarbage');
  await sleep(settleMs);
  const { result } = await inspector.ask('Runtime.evaluate', {
    expression: 'process.memoryUsage()',
    returnByValue: true,
  });
  const { heapUsed, external } = (result as { value: Record<string, number> }).value;
  return { heapMb: inMb(heapUsed), bufferMb: inMb(external), rssMb: inMb(gateway.usage().rssBytes) };
}

function inMb(bytes: Json | undefined): number {
  return Number(bytes) / 2 ** 20;
}

function formatLook(look: Look): string {
  return cellsOf(look)
    .map((cell, column) => cell.padStart(columns[column]?.length ?? 0))
    .join('  ');
}

function cellsOf({ minute, answered, heapMb, bufferMb, rssMb }: Look): readonly string[] {
  return [minute.toFixed(1), `${answered}`, heapMb.toFixed(1), bufferMb.toFixed(1), rssMb.toFixed(1)];
}

/** Says what a line through the looks rises from the first to the last of them. */
function judgeGrowth(
  name: string,
  looks: readonly Look[],
  { figure, max }: { readonly figure: (look: Look) => number; readonly max: number },
): Verdict {
  const span = (looks.at(-1)?.minute ?? 0) - (looks[0]?.minute ?? 0);
  const growth = slopeOf(looks.map((look) => [look.minute, figure(look)])) * span;
  const met = growth <= max;
  const said = `${name}: ${growth.toFixed(1)} MB more over the last ${span.toFixed(1)} minutes`;
  return { met, sentence: `${said}, the bar is at most ${max} MB: ${met ? 'met' : 'MISSED'}.` };
}

/** The least-squares line's rise per unit; 0 for fewer than two points. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

function readMinutes(args: readonly string[]): number | undefined {
  const flags = { minutes: { type: 'string', default: `${minutesDefault}` }, help: { type: 'boolean' } } as const;
  const { minutes, help } = parseFlags(() => parseArgs({ args: [...args], options: flags }).values);
  const value = Number(minutes);
  if (help) return undefined;
  if (Number.isInteger(value) && value >= 1 && value <= 60) return value;
  throw new WeftError('USAGE_INVALID', {
    action: `Cannot use --minutes "${minutes}"`,
    wanted: 'a whole number from 1 to 60',
    fix: usage,
  });
}

function parseFlags<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const found = messageOf(cause);
    throw new WeftError('USAGE_INVALID', { action: 'Cannot read the arguments', found, fix: usage, cause });
  }
}
