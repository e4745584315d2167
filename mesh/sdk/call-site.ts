/** Where in an author's file a `define…` was called, so that what is wrong with it can be shown there. */
import { fileURLToPath } from 'node:url';

/** File and line of the code that called `callee`. */
export function callSite(callee: (...values: never[]) => unknown): { file: string; line: number } {
  const trace: { stack?: string } = {};
  Error.captureStackTrace(trace, callee);
  const match = /(?:\()?((?:file:\/\/)?[^\s()]+):(\d+):\d+\)?$/m.exec(trace.stack ?? '');
  const file = match?.[1] ?? 'unknown';
  return { file: file.startsWith('file://') ? fileURLToPath(file) : file, line: Number(match?.[2] ?? 0) };
}
