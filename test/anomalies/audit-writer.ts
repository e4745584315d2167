/** A gateway that denies all the time, each request under the next number, until it is killed: `node audit-writer.ts FOLDER`. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccessRecorder } from '../../gateway/policy/access.ts';
import { openChain } from '../../mesh/events/chain.ts';
import { openLog } from '../../mesh/events/open.ts';
import { auditSecret, denial } from '../support/audit.ts';

const [folder = ''] = process.argv.slice(2);
const log = await openLog(join(folder, 'log.db'));
const chain = await openChain({ log, folder: join(folder, 'audit'), secret: auditSecret });
const recorder = createAccessRecorder({
  async append(events) {
    await chain.append(events);
    // Said once they are stored: they must be there after the kill.
    process.stdout.write(`stored ${chain.id} ${events.map(({ id }) => id).join(' ')}\n`);
  },
});
for (let count = 0; ; count++) {
  recorder.record(denial(`q${process.pid}.${count}`));
  if (count % 50 === 0) await sleep(1);
}
