/** Picks the log's adapter by its address. A new adapter is a file beside `sqlite.ts` and a line here. */
import { WeftError } from '../core/error.ts';
import type { EventLog } from './log.ts';
import { openSqliteLog } from './sqlite.ts';

/** Opens the log at `sqlite:PATH`, or at a path alone. Throws `CONFIG_INVALID` for any other address, else what the adapter throws. */
export async function openLog(address: string): Promise<EventLog> {
  // One letter and a colon is a drive of Windows.
  const [, scheme = 'sqlite', path = ''] = /^(?:([a-z][a-z0-9+.-]+):)?(.*)$/is.exec(address) ?? [];
  if (scheme === 'sqlite' && path !== '') return openSqliteLog({ path });
  throw new WeftError('CONFIG_INVALID', {
    action: `Cannot open the log "${address}"`,
    found: path === '' ? 'no path' : `the scheme "${scheme}"`,
    wanted: '"sqlite:PATH" or a path',
  });
}
