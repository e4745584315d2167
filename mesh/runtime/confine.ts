/**
 * Takes from a worker, before its domain is loaded, what Node's permission flags leave open: sockets, `node:sqlite`
 * (which writes files past those flags), signals to other processes, and the channel to the host. This keeps honest
 * code to its agents; the flags are what holds against the rest.
 */
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { WeftError } from '../core/error.ts';

/** Modules of Node that compute and reach nothing. */
const open = new Set([
  'assert',
  'async_hooks',
  'buffer',
  'crypto',
  'events',
  'fs',
  'os',
  'path',
  'perf_hooks',
  'punycode',
  'querystring',
  'stream',
  'string_decoder',
  'timers',
  'url',
  'util',
  'zlib',
]);

/** Closes this process in. Cannot be undone. */
export function confine(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.startsWith('node:')) assertOpen(found.url.slice('node:'.length));
      return found;
    },
  });
  remove(globalThis, ['fetch', 'WebSocket', 'EventSource']);
  remove(process, ['kill', '_kill', 'send', 'disconnect', 'binding', '_linkedBinding', 'dlopen', 'getBuiltinModule']);
  // Permissions are asked for paths: what writes to an open descriptor could garble the channel to the host.
  remove(
    fs,
    Object.keys(fs).filter((name) => /write|append/i.test(name)),
  );
  syncBuiltinESMExports();
}

function remove(from: object, names: readonly string[]): void {
  for (const name of names) Reflect.deleteProperty(from, name);
}

function assertOpen(name: string): void {
  if (open.has(name.split('/')[0] ?? name)) return;
  throw new WeftError('AGENT_DENIED', {
    action: `Cannot import "node:${name}"`,
    found: 'a module that reaches out of the worker',
    wanted: 'the agents that a logic is handed: sql, mesh, events',
  });
}
