/**
 * The house rules: who may import whom, what is named in one place only, sizes, names, comments. Each rule is a function
 * from sources to complaints; it is run on the house, which it must find clean, and on a bad sample, which it must not.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix } from 'node:path';
import { describe, test } from 'node:test';

/** Text by path from the root of the house. */
type Sources = ReadonlyMap<string, string>;
type Rule = (sources: Sources) => readonly string[];

const root = join(import.meta.dirname, '..');
const rooms = ['cli', 'gateway', 'mesh', 'subgraphs', 'studio', 'test', 'bench'];
const house: Sources = readAll(rooms.map((room) => `${room}/**/*.{ts,tsx,js,java}`));
/** Beside them what else is committed and written by hand. */
const papers: Sources = readAll([
  '*.{md,json,yml,ts}',
  'Dockerfile',
  '.ci/*',
  '{docs,schema}/**/*.*',
  'subgraphs/**/*.graphql',
]);

function readAll(patterns: readonly string[]): Sources {
  const paths = globSync(patterns, { cwd: root, exclude: ['**/node_modules', 'package-lock.json', '**/.peers'] });
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')]));
}

/** Asserts that the house keeps a rule, and that the rule finds each of the complaints in a bad sample. */
function holds(rule: Rule, sample: Readonly<Record<string, string>>, complaints: readonly string[]): void {
  assert.deepEqual(rule(house), []);
  assert.deepEqual(rule(new Map(Object.entries(sample))), complaints);
}

describe('imports', () => {
  test('go down the floors, types included', () => {
    holds(
      (sources) =>
        importsOf(sources)
          .filter(({ from, to }) => isOurs(to) && !mayImport(from, to))
          .map(({ from, to }) => `${from} imports ${to}`),
      {
        'mesh/core/id.ts': "import type { EventLog } from '../events/log.ts';",
        'mesh/events/log.ts': "import { a } from '../core/id.ts';\nexport { b } from '../sdk/index.ts';",
        'gateway/plan/plan.ts': "import { a } from '../server/http.ts';\nimport { b } from '../../mesh/sdk/index.ts';",
        'subgraphs/flights/domain.ts':
          "import { a } from '../../mesh/sdk/index.ts';\nawait import('../airports/domain.ts');",
        'mesh/runtime/host.ts': "import type {\n  Gateway,\n} from '../../gateway/server/operation.ts';",
        'cli/start.ts': "import '../test/support/a.ts';",
        'studio/app.ts': "import { a } from '../mesh/core/id.ts';",
      },
      [
        'mesh/core/id.ts imports mesh/events/log.ts',
        'mesh/events/log.ts imports mesh/sdk/index.ts',
        'gateway/plan/plan.ts imports mesh/sdk/index.ts',
        'subgraphs/flights/domain.ts imports subgraphs/airports/domain.ts',
        'mesh/runtime/host.ts imports gateway/server/operation.ts',
        'cli/start.ts imports test/support/a.ts',
        'studio/app.ts imports mesh/core/id.ts',
      ],
    );
  });

  test('make no circle among files', () => {
    holds(
      (sources) => circlesIn(importsOf(sources).filter(({ to }) => isOurs(to))),
      {
        'gateway/plan/a.ts': "import { b } from './b.ts';",
        'gateway/plan/b.ts': "import type { c } from './c.ts';",
        'gateway/plan/c.ts': "export * from './a.ts';",
      },
      ['gateway/plan/a.ts → gateway/plan/b.ts → gateway/plan/c.ts → gateway/plan/a.ts'],
    );
  });

  test('make no circle among folders', () => {
    const folders = (sources: Sources) =>
      importsOf(sources)
        .filter(({ from, to }) => isOurs(to) && !isExempt(from) && dirname(from) !== dirname(to))
        .map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }));
    holds(
      (sources) => circlesIn(folders(sources)),
      {
        'gateway/plan/a.ts': "import { b } from '../execute/b.ts';",
        'gateway/execute/c.ts': "import { d } from '../plan/d.ts';",
      },
      ['gateway/plan → gateway/execute → gateway/plan'],
    );
  });

  test('name a package in one file', () => {
    holds(
      packagesNamedTwice,
      {
        'gateway/server/ws.ts': "import { WebSocketServer } from 'ws';\nimport { parse } from 'graphql';",
        'gateway/server/sse.ts':
          "import type { WebSocket } from 'ws';\nimport { print } from 'graphql/language/printer.js';",
        'gateway/plan/a.ts': "import { a } from '@apollo/query-planner';",
        'gateway/plan/b.ts': "const { b } = await import('@apollo/query-planner/dist/b.js');",
        'test/ws.test.ts': "import { WebSocket } from 'ws';",
      },
      [
        '@apollo/query-planner is named in gateway/plan/a.ts, gateway/plan/b.ts',
        'ws is named in gateway/server/sse.ts, gateway/server/ws.ts',
      ],
    );
  });

  test('leave mesh/core without packages', () => {
    holds(
      (sources) =>
        importsOf(sources)
          .filter(({ from, to }) => from.startsWith('mesh/core/') && !isOurs(to))
          .map(({ from, to }) => `${from} imports ${to}`),
      { 'mesh/core/id.ts': "import { v7 } from 'uuid';\nimport { randomBytes } from 'node:crypto';" },
      ['mesh/core/id.ts imports uuid'],
    );
  });
});

describe('one place', () => {
  test('reads the environment', () => {
    holds(
      outside('mesh/core/config.ts', /\bprocess\.env\b/),
      { 'cli/a.ts': 'const port = process.env.PORT; // not process.env.HOST' },
      ['cli/a.ts:1 process.env'],
    );
  });

  test('knows the time and rolls the dice', () => {
    holds(
      outside(
        'mesh/core/clock.ts',
        /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bhrtime\b|\brandomUUID\b/,
      ),
      {
        'mesh/agents/a.ts':
          "/** Date.now */\nconst text = 'new Date';\nconst now = new Date();\nconst die = Math.random();",
      },
      ['mesh/agents/a.ts:3 new Date()', 'mesh/agents/a.ts:4 Math.random'],
    );
  });
});

describe('sizes', () => {
  test('of files stay within 400 lines', () => {
    holds(
      each((path, text) => (linesOf(text).length > 400 ? [`${path} has ${linesOf(text).length} lines`] : [])),
      { 'cli/long.ts': '\n'.repeat(401) },
      ['cli/long.ts has 402 lines'],
    );
  });

  test('of functions, their depth and their parameters are held by the linter', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-tidy-'));
    try {
      const nested = 'if (a) { '.repeat(6) + 'return 1;' + ' }'.repeat(6);
      const bad = [
        `export function long(a: any, b: 1, c: 1, d: 1) {\n${nested}\n${'a += 1;\n'.repeat(80)}return b! + c + d;\n}`,
        '// @ts-ignore\nexport const wrong: number = "text";\nconsole.log(wrong);',
      ];
      writeFileSync(join(folder, 'bad.ts'), bad.join('\n'));
      const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
      const words = [oxlint, '--config', join(root, '.oxlintrc.json'), '--format', 'unix', 'bad.ts'];
      const { stdout, status } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
      assert.notEqual(status, 0);
      for (const rule of [
        'max-lines-per-function',
        'max-depth',
        'max-params',
        'no-explicit-any',
        'no-non-null-assertion',
      ]) {
        assert.ok(stdout.includes(rule), `oxlint finds ${rule} in:\n${stdout}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('names', () => {
  test('of files are words in kebab-case that say what is in them', () => {
    const vague = /^(utils?|helpers?|commons?|types?|managers?|base|impl|misc|shared)$/;
    holds(
      each((path) => {
        const [name = ''] = basename(path).split('.');
        // A Java class is named as its file.
        const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || path.endsWith('.java');
        return isKebab && !name.split('-').some((word) => vague.test(word)) ? [] : [path];
      }),
      { 'cli/utils.ts': '', 'mesh/core/event-types.ts': '', 'cli/readConfig.ts': '', 'cli/call-site.ts': '' },
      ['cli/utils.ts', 'mesh/core/event-types.ts', 'cli/readConfig.ts'],
    );
  });
});

describe('comments', () => {
  test('open every file', () => {
    holds(
      each((path, text) => (/^(#!.*\n)?\s*(\/\*|\/\/)/.test(text) ? [] : [path])),
      { 'cli/a.ts': 'export {};\n/** Late. */', 'cli/b.ts': '#!/usr/bin/env node\n// In time.' },
      ['cli/a.ts'],
    );
  });

  test('stand above every function, class and value that leaves its file', () => {
    holds(
      undocumented,
      {
        'mesh/core/a.ts':
          '/** Covers the export that follows it. */\nimport { b } from "b";\nexport function a() {}\nexport async function b() {}',
        'gateway/b.ts': '/** File. */\n/** A. */\nexport const a = 1;\nexport abstract class B {}\nexport type C = 1;',
        'test/c.ts': '/** File. */\nexport const a = 1;\nexport const b = 2;',
      },
      ['mesh/core/a.ts:4 b', 'gateway/b.ts:4 B'],
    );
  });

  test('promise nothing and silence nothing', () => {
    const words = /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck|expect-error)|\b(?:oxlint|eslint)-disable(?!.* -- )/;
    const rule: Rule = each((path, text) => (path === 'test/tidy.test.ts' ? [] : matchesIn(path, text, words)));
    holds(
      rule,
      { 'cli/a.ts': '// TODO: later\n// @ts-ignore\n// oxlint-disable-next-line no-console -- the runner prints' },
      ['cli/a.ts:1 TODO', 'cli/a.ts:2 @ts-ignore'],
    );
    assert.deepEqual(rule(papers), []);
  });

  test('and code name no folder of the machine they were written on', () => {
    const folders = /(?<![\w.~$}])\/(?:work|root|Users|home\/(?!runner\b)\w+)\//;
    const rule: Rule = each((path, text) => (path === 'test/tidy.test.ts' ? [] : matchesIn(path, text, folders)));
    holds(rule, { 'cli/a.ts': "open('/root/weft.db'); open('./work/a'); open('/home/me/x');" }, ['cli/a.ts:1 /root/']);
    assert.deepEqual(rule(papers), []);
  });
});

interface Import {
  readonly from: string;
  /** A path from the root for our files, else a module's name. */
  readonly to: string;
}

/** Every import, export from and dynamic import, of modules that Node does not bring along. */
function importsOf(sources: Sources): readonly Import[] {
  const statements =
    /^(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"\n]+)['"]|^import\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm;
  return Array.from(sources).flatMap(([from, text]) =>
    Array.from(withoutComments(text).matchAll(statements), ([, a, b, c]) => a ?? b ?? c ?? '')
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
      .map((name) => ({ from, to: name.startsWith('.') ? posix.join(posix.dirname(from), name) : name })),
  );
}

/** The rooms that a room may import, beside itself. Those not listed may import nothing of ours. */
const below: Readonly<Record<string, readonly string[]>> = {
  'mesh/policy': ['mesh/core'],
  'mesh/events': ['mesh/core'],
  'mesh/sdk': ['mesh/core'],
  'mesh/identity': ['mesh/core'],
  'mesh/lineage': ['mesh/core', 'mesh/events'],
  'mesh/agents': ['mesh/core', 'mesh/events', 'mesh/lineage', 'mesh/sdk'],
  'mesh/runtime': ['mesh'],
  gateway: ['mesh/core', 'mesh/events', 'mesh/policy', 'mesh/identity'],
  subgraphs: ['mesh/sdk'],
  cli: ['gateway', 'mesh', 'subgraphs', 'package.json', 'weft.schema.json'],
};

function isOurs(path: string): boolean {
  return rooms.includes(path.split('/')[0] ?? '') || path.endsWith('.json');
}

function isExempt(path: string): boolean {
  return path.startsWith('test/') || path.startsWith('bench/');
}

function mayImport(from: string, to: string): boolean {
  const room = roomOf(from);
  if (isExempt(from) || to.startsWith(`${room}/`)) return true;
  const allowed = below[room] ?? below[room.split('/')[0] ?? ''] ?? [];
  return allowed.some((other) => to === other || to.startsWith(`${other}/`));
}

/** `mesh/core`, `subgraphs/flights`, `gateway`: in the mesh and among domains every folder is a room of its own. */
function roomOf(path: string): string {
  const [first = '', second] = path.split('/');
  return first === 'mesh' || first === 'subgraphs' ? `${first}/${second}` : first;
}

function packagesNamedTwice(sources: Sources): readonly string[] {
  const files = new Map<string, Set<string>>();
  for (const { from, to } of importsOf(sources)) {
    if (isOurs(to) || isExempt(from)) continue;
    const name = to.split('/', to.startsWith('@') ? 2 : 1).join('/');
    files.set(name, (files.get(name) ?? new Set()).add(from));
  }
  return Array.from(files)
    .filter(([name, from]) => from.size > 1 && name !== 'graphql')
    .map(([name, from]) => `${name} is named in ${[...from].toSorted().join(', ')}`)
    .toSorted();
}

/** One circle for each import that closes one, from wherever the search came upon it. */
function circlesIn(imports: readonly Import[]): readonly string[] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    if (trail.includes(node)) circles.push([...trail.slice(trail.indexOf(node)), node].join(' → '));
    if (trail.includes(node) || done.has(node)) return;
    for (const to of new Set(next.get(node)?.map((edge) => edge.to))) visit(to, [...trail, node]);
    done.add(node);
  };
  for (const node of next.keys()) visit(node, []);
  return circles;
}

/** Exports without a docstring right above; a file's opening comment is that of its first export, types need none. */
function undocumented(sources: Sources): readonly string[] {
  return each((path, text) => {
    if (!/^(mesh|gateway|cli)\/.*\.ts$/.test(path)) return [];
    const lines = linesOf(text);
    const exported = lines.flatMap((line, index) => {
      const [, name] = /^export (?:(?:async|abstract|default) )*(?:function\*?|const|class) (\w+)/.exec(line) ?? [];
      return name === undefined ? [] : [{ name, index }];
    });
    return exported
      .filter(({ index }, order) => order > 0 && !/\*\/\s*$/.test(lines[index - 1] ?? ''))
      .map(({ name, index }) => `${path}:${index + 1} ${name}`);
  })(sources);
}

function each(complaintsOf: (path: string, text: string) => readonly string[]): Rule {
  return (sources) => Array.from(sources).flatMap(([path, text]) => complaintsOf(path, text));
}

/** Complaints about code that matches, in any file but one and those that tests and benchmarks are made of. */
function outside(place: string, pattern: RegExp): Rule {
  return each((path, text) =>
    path === place || isExempt(path) ? [] : matchesIn(path, withoutComments(text), pattern),
  );
}

/** `FILE:LINE MATCH`, the first of each line. */
function matchesIn(path: string, text: string, pattern: RegExp): readonly string[] {
  return linesOf(text).flatMap((line, index) => {
    const [match] = pattern.exec(line) ?? [];
    return match === undefined ? [] : [`${path}:${index + 1} ${match}`];
  });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n');
}

/** The code with its comments blanked, lines kept; strings and regular expressions, where `//` is no comment, stay. */
function withoutComments(text: string): string {
  const tokens =
    /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[=(,:[!&|?{};\n]\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  return text.replaceAll(tokens, (token, comment?: string) =>
    comment === undefined ? token : token.replaceAll(/[^\n]/g, ' '),
  );
}
