/**
 * What `npm test` runs, and CI with it: the checks, one Neo4j for the whole run if this machine can start one, then every
 * test file. Words after `npm test --` narrow the files to those whose paths contain one of them, and leave out the checks.
 * With `WEFT_REQUIRE_ALL` set, a skipped suite fails the run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

import { startNeo4j } from './support/neo4j/server.ts';

const root = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

process.exitCode = await main();

async function main(): Promise<number> {
  const files = globSync('test/**/*.test.ts', { cwd: root }).filter(isWanted).toSorted();
  if (files.length === 0) {
    console.error(`Cannot run tests: found no file test/**/*.test.ts whose path contains ${words.join(' or ')}.`);
    return 2;
  }
  // The server takes as long to start as the checks take to run.
  const starting = files.some(wantsNeo4j) ? provideNeo4j() : Promise.resolve(null);
  try {
    const checked = words.length > 0 ? 0 : await runChecks();
    const server = await starting;
    if (checked !== 0 || stop.signal.aborted) return checked || 130;
    if (server !== null) process.env['WEFT_NEO4J_URL'] = server.url;
    return await runTests(files);
  } finally {
    await (await starting)?.stop();
  }
}

function isWanted(file: string): boolean {
  return words.length === 0 || words.some((word) => file.includes(word));
}

function wantsNeo4j(file: string): boolean {
  return /neo4j/i.test(readFileSync(join(root, file), 'utf8'));
}

/** `null` when one is given, or when this machine cannot start one: suites that want it then skip by name. */
async function provideNeo4j(): ReturnType<typeof startNeo4j> {
  return process.env['WEFT_NEO4J_URL'] ? null : startNeo4j();
}

async function runChecks(): Promise<number> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const checks = spawn(npm, ['run', '--silent', 'check'], { cwd: root, stdio: 'inherit', signal: stop.signal });
  checks.on('error', () => {});
  const [code] = await once(checks, 'close');
  return typeof code === 'number' ? code : 130;
}

/** Runs the files and answers with the exit status. The runner's counts come last. */
async function runTests(files: readonly string[]): Promise<number> {
  const counts: string[] = [];
  const skipped: string[] = [];
  let failed = false;
  const events = run({
    files: files.map((file) => join(root, file)),
    cwd: root,
    concurrency: Math.min(availableParallelism(), 4),
    // A file that hangs must not hold the run for ever.
    timeout: 600_000,
    signal: stop.signal,
  });
  events.on('test:fail', () => (failed = true));
  events.on('test:pass', ({ name, file, skip }) => {
    if (skip === undefined || skip === false) return;
    const reason = typeof skip === 'string' && skip !== '' ? `: ${skip}` : '';
    skipped.push(`${file === undefined ? '' : `${relative(root, file)} `}"${name}"${reason}`);
  });
  // Counts of a single file carry its name; those of the run do not.
  events.on('test:diagnostic', ({ message, file }) => {
    if (file === undefined && /^\w+ [\d.]+$/.test(message)) counts.push(message);
  });
  for await (const text of events.pipe(new spec())) process.stdout.write(text);

  if (stop.signal.aborted) return 130;
  const lacking = skipped.length > 0 && process.env['WEFT_REQUIRE_ALL'] !== undefined;
  if (skipped.length > 0) {
    const heading = lacking ? 'Skipped, which fails a run with WEFT_REQUIRE_ALL:' : 'Skipped on this machine:';
    console.log(`\n${[heading, ...skipped].join('\n  ')}`);
  }
  // After failures or skips the counts are far above.
  if (failed || skipped.length > 0) console.log(`\n${counts.map((count) => `ℹ ${count}`).join('\n')}`);
  return failed || lacking ? 1 : 0;
}
