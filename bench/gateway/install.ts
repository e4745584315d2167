/** Puts the peers where the benchmark alone sees them: `peers/` is copied to `.peers/` and installed there from its lockfile. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WeftError } from '../../mesh/core/error.ts';

/** The folder of this benchmark; others give their own. */
const here = new URL('.', import.meta.url);

/** Brings a benchmark's `.peers/` up to date; asks npm only when the lockfile has changed since the last time. */
export function installPeers(bench: URL = here): void {
  const source = fileURLToPath(new URL('peers/', bench));
  const home = fileURLToPath(new URL('.peers/', bench));
  const installed = `${home}node_modules/.installed-lock.json`;
  mkdirSync(home, { recursive: true });
  cpSync(source, home, { recursive: true });
  const lock = readFileSync(`${source}package-lock.json`, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return;

  console.error(`Installing the peers into ${home}`);
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (npm.status !== 0) {
    throw new WeftError('SERVICE_UNAVAILABLE', {
      action: 'Cannot install the peers of the benchmark',
      found: npm.error === undefined ? `npm ci ended with status ${npm.status}` : `no npm (${npm.error.message})`,
      fix: 'It needs npm and its registry once; the peers stay in the folder of the benchmark, in .peers.',
    });
  }
  writeFileSync(installed, lock);
}

/** The pinned versions of the peers' own dependencies, by package name. */
export function readPeerVersions(bench: URL = here): Readonly<Record<string, string>> {
  const manifest = JSON.parse(readFileSync(new URL('peers/package.json', bench), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return manifest.dependencies;
}
