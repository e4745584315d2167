/**
 * A process that appends without pause, to be killed. Each line that it reads is a call to make again: the ids of events
 * that the process before it sent and got no answer for. It writes `sent ID…` before a call and `stored ID=OFFSET…` after
 * its acknowledgement.
 */
import { readFileSync, writeSync } from 'node:fs';

import type { MeshEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';
import { openSqliteLog } from '../../mesh/events/sqlite.ts';
import { dataEvent } from '../events/event.ts';

const writers = 4;
const [, , path = ''] = process.argv;
const again = readFileSync(0, 'utf8').split('\n').filter(Boolean);

const log = await openSqliteLog({ path });
await Promise.all(again.map((line) => append(line.split(' ').map((id) => dataEvent({ id })))));
await Promise.all(Array.from({ length: writers }, (_, writer) => appendForEver(writer)));

async function appendForEver(writer: number): Promise<never> {
  for (let round = 0; ; round++) {
    const count = ((round + writer) % 3) + 1;
    await append(Array.from({ length: count }, () => dataEvent({ id: createId(), source: `writer:${writer}` })));
  }
}

async function append(events: readonly MeshEvent[]): Promise<void> {
  say(`sent ${events.map((event) => event.id).join(' ')}`);
  const offsets = await log.append(events);
  say(`stored ${events.map((event, index) => `${event.id}=${offsets[index]}`).join(' ')}`);
}

/** At once and whole: what was said before the kill must arrive. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
