/** Whether plans are right: the project's federation tests and random operations, with each planner in turn. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Tally } from './fuzz.ts';
import { swapped } from './shapes.ts';

export type PlannerName = 'apollo' | 'hive';

export interface Trial {
  readonly passed: number;
  /** Names of the tests that failed. */
  readonly failed: readonly string[];
  readonly tally: Tally;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs everything with one planner. */
export async function tryPlanner(name: PlannerName, models: number): Promise<Trial> {
  const words = name === 'hive' ? swapped : [];
  return { ...(await runTests(words)), tally: runFuzz(words, models) };
}

async function runTests(words: readonly string[]): Promise<Pick<Trial, 'passed' | 'failed'>> {
  const files = globSync('test/gateway/federation/*.test.ts', { cwd: root }).map((file) => join(root, file));
  const failed: string[] = [];
  let passed = 0;
  for await (const event of run({ files, execArgv: [...words], concurrency: 1 })) {
    if (event.type === 'test:pass' && isTest(event.data.name)) passed += 1;
    if (event.type === 'test:fail' && isTest(event.data.name)) failed.push(event.data.name);
  }
  return { passed, failed };
}

/** A file that holds a failed test is reported as one itself. */
function isTest(name: string): boolean {
  return !name.endsWith('.ts');
}

function runFuzz(words: readonly string[], models: number): Tally {
  const script = fileURLToPath(new URL('fuzz.ts', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [...words, script, String(models)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Random operations could not be tried: ${stderr}`);
  return JSON.parse(stdout) as Tally;
}
