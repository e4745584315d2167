/** `bench/RESULTS.md`: one section for each benchmark, written anew by its whole run and left alone by the others. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { readPeerVersions } from './install.ts';

const file = new URL('../RESULTS.md', import.meta.url);

/** Puts a benchmark's text in the place of what it said last time. */
export function writeSection(title: string, text: string): void {
  const [head = '', ...sections] = readFileSync(file, 'utf8').split(/^(?=## )/m);
  const own = `## ${title}\n\n${text.trim()}\n`;
  const at = sections.findIndex((section) => section.startsWith(`## ${title}\n`));
  const all = at < 0 ? [...sections, own] : sections.with(at, own);
  writeFileSync(file, [head, ...all].map((section) => section.trim()).join('\n\n') + '\n');
}

/** The rows of a section's table that say what it was made on: day, machine, versions. */
export function formatMachine(when: Date): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version: weft } = JSON.parse(manifest) as { version: string };
  const versions = Object.entries({ node: process.versions.node, weft, ...readPeerVersions() });
  return `| date | ${when.toISOString().slice(0, 10)} |
| machine | ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()} |
| versions | ${versions.map(([name, version]) => `${name} ${version}`).join(', ')} |`;
}
